package io.tidetable.node.apply;

import io.tidetable.model.Position;
import io.tidetable.model.TableId;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.journal.ChangeKind;
import io.tidetable.node.journal.TransactionPart;
import io.tidetable.node.pgoutput.TupleReader;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One giant source transaction on its way to a destination. Its slices are folded and put into
 * staging tables there, each in a commit of its own, so that other lanes come in between and
 * nothing is held back by a long transaction; then one destination transaction applies them
 * set-wise with the lane's progress, and readers see all of it at once.
 *
 * <p>What must keep the source's order row by row (key changes, tables without comparable keys) is
 * read from the transaction again at the end. Lives on one connection: after any exception, and
 * after a restart, the transaction is staged anew from its beginning. {@link #close} drops what was
 * staged.
 */
public final class StagedTransaction implements AutoCloseable {
    /** Segments up to this many changes are not worth a COPY where a key change ends them. */
    private static final int SMALL_SEGMENT = 64;

    private final PostgresApplier applier;
    private final Session session;
    private final Progress expected;
    private final TransactionPart part;
    private final ApplyMode mode;
    private final ChangeStream changes;
    private final StagedSegments segments;
    private final Tally counted = new Tally();
    private final TupleReader reader = new TupleReader();
    private PackedBytes packedBytes = new PackedBytes();
    private final Map<TableId, TableSteps> tables = new LinkedHashMap<>();
    private @Nullable QuarantineChains chains;
    private boolean walkAgain;
    private boolean staged;

    /** What is to be done for one table, in order. */
    private static final class TableSteps {
        private final List<Todo> todo = new ArrayList<>();
        private @Nullable FoldSegment open;
        private long openFrom;

        /** What is open instead, as long as nothing unusual came. */
        private @Nullable PackedTable packed;

        private boolean unusual;
    }

    /** A statement over staged rows, or changes that are taken from the transaction again. */
    private sealed interface Todo {
        record Staged(StagedSegments.Step step) implements Todo {}

        /** The table's changes from one ordinal to another, one by one. */
        final class InOrder implements Todo {
            private final long from;
            private long to;

            InOrder(long from, long to) {
                this.from = from;
                this.to = to;
            }
        }
    }

    StagedTransaction(
            PostgresApplier applier, Progress expected, TransactionPart part, ApplyMode mode) {
        this.applier = applier;
        this.session = applier.session();
        this.expected = expected;
        this.part = part;
        this.mode = mode;
        this.changes = new ChangeStream(session.planner(), part);
        this.segments =
                new StagedSegments(
                        session,
                        StagedNames.prefix(expected.pipeline(), expected.lane())
                                + expected.epoch()
                                + "_");
    }

    /** Whether a transaction is too large to be folded in one go. */
    public static boolean isNeeded(TransactionPart part, ApplySettings settings) {
        return part.bytes() > settings.foldBytes().bytes();
    }

    /**
     * Stages one slice more.
     *
     * @return whether there is another one
     */
    public boolean stageNextSlice() {
        applier.requireUsable();
        if (staged) {
            return false;
        }
        try {
            new LaneTransaction(session, applier.faults(), expected).begin();
            prepare();
            staged = !slice();
            for (TableSteps steps : tables.values()) {
                close(steps);
            }
            session.commit();
            applier.faults().reach(FaultPoint.SLICE_STAGED);
            return !staged;
        } catch (SQLException e) {
            applier.rollback();
            throw applier.failure(expected.lane(), List.of(part), e);
        } catch (RuntimeException | Error e) {
            applier.rollback();
            throw e;
        }
    }

    private void prepare() throws SQLException {
        if (chains == null) {
            dropLeftovers(
                    session.connection(), StagedNames.prefix(expected.pipeline(), expected.lane()));
            chains =
                    expected.quarantineRevision() == 0
                            ? new QuarantineChains()
                            : new QuarantineWriter(
                                            session.connection(),
                                            expected.pipeline(),
                                            expected.lane())
                                    .load();
        }
    }

    /** Takes changes up to the bounds of a slice; false at the end of the transaction. */
    private boolean slice() throws SQLException {
        ApplySettings settings = session.settings();
        long rows = 0;
        long bytes = 0;
        packedBytes = new PackedBytes();
        while (rows < settings.foldRows() && bytes < settings.foldBytes().bytes()) {
            if (!changes.advance()) {
                return false;
            }
            ByteBuffer payload = changes.payload();
            counted.count(changes.kind(), payload.remaining());
            rows++;
            bytes += payload.remaining();
            TablePlan plan = changes.plan();
            TableSteps steps = tables.computeIfAbsent(plan.table(), _ -> new TableSteps());
            if (!pack(steps, plan, payload)) {
                take(steps, changes.change());
            }
        }
        return true;
    }

    /** Takes the change that is at hand in; false where it, and what follows, needs more care. */
    private boolean pack(TableSteps steps, TablePlan plan, ByteBuffer payload) throws SQLException {
        if (steps.unusual) {
            return false;
        }
        PackedTable packed = steps.packed;
        if (packed == null || packed.plan() != plan) {
            close(steps);
            QuarantineChains known = chains;
            if (mode != ApplyMode.NORMAL
                    || !plan.isPackable()
                    || (known != null && known.concern(plan.table()))) {
                steps.unusual = true;
                return false;
            }
            packed = new PackedTable(plan, packedBytes);
            steps.packed = packed;
        }
        if (!packed.take(changes.kind(), reader, payload)) {
            steps.unusual = true;
            close(steps);
            return false;
        }
        return true;
    }

    private void take(TableSteps steps, RowChange change) throws SQLException {
        TablePlan plan = change.plan();
        boolean inOrder =
                change.kind() == ChangeKind.TRUNCATE
                        || !plan.foldable()
                        || change.changesKey()
                        || joinsQuarantine(change);
        if (inOrder) {
            inOrder(steps, change);
            return;
        }
        FoldSegment segment = steps.open;
        if (segment == null || segment.plan() != plan || !segment.take(change)) {
            close(steps);
            segment = new FoldSegment(plan);
            steps.open = segment;
            steps.openFrom = change.ordinal();
            segment.take(change);
        }
    }

    private boolean joinsQuarantine(RowChange change) {
        QuarantineChains known = chains;
        // A table with any quarantined row goes in order: its chains may grow on the way.
        return known != null && known.concern(change.plan().table());
    }

    private void inOrder(TableSteps steps, RowChange change) throws SQLException {
        walkAgain = true;
        long from = change.ordinal();
        FoldSegment segment = steps.open;
        if (segment != null && segment.changes() <= SMALL_SEGMENT) {
            from = steps.openFrom;
            steps.open = null;
        } else {
            close(steps);
        }
        if (!steps.todo.isEmpty() && steps.todo.getLast() instanceof Todo.InOrder run) {
            run.to = change.ordinal();
        } else {
            steps.todo.add(new Todo.InOrder(from, change.ordinal()));
        }
    }

    private void close(TableSteps steps) throws SQLException {
        PackedTable packed = steps.packed;
        if (packed != null) {
            steps.packed = null;
            for (StagedSegments.Step step : segments.stage(packed, counted)) {
                steps.todo.add(new Todo.Staged(step));
            }
        }
        FoldSegment segment = steps.open;
        if (segment != null) {
            steps.open = null;
            for (StagedSegments.Step step : segments.stage(segment, mode, counted)) {
                steps.todo.add(new Todo.Staged(step));
            }
        }
    }

    /**
     * Applies everything in one destination transaction.
     *
     * @param upTo the position the lane has reached then
     */
    public Applied apply(Position upTo) {
        applier.requireUsable();
        if (!staged) {
            throw new IllegalStateException("not all slices are staged");
        }
        applier.faults().reach(FaultPoint.BATCH_READ);
        LaneBatch batch = new LaneBatch(expected, List.of(part), upTo, mode);
        return applier.apply(batch, false, this::write);
    }

    private boolean write(Tally tally, QuarantineChains current, QuarantineWriter quarantine)
            throws SQLException {
        tally.countLike(counted);
        Map<TableId, Integer> done = new HashMap<>();
        boolean changed = walkAgain && writeInOrder(tally, current, quarantine, done);
        for (Map.Entry<TableId, TableSteps> table : tables.entrySet()) {
            takeStaged(table.getValue(), done.getOrDefault(table.getKey(), 0), tally);
        }
        return changed;
    }

    private boolean writeInOrder(
            Tally tally,
            QuarantineChains current,
            QuarantineWriter quarantine,
            Map<TableId, Integer> done)
            throws SQLException {
        boolean changed = false;
        RowSender sender = new RowSender(session.connection(), tally);
        OrderedWriter ordered = new OrderedWriter(sender);
        ChangeStream again = new ChangeStream(session.planner(), part);
        try {
            for (RowChange change = again.next(); change != null; change = again.next()) {
                TableId table = change.plan().table();
                TableSteps steps = tables.get(table);
                if (steps == null) {
                    throw new IllegalStateException("the transaction has changed its content");
                }
                int next = done.getOrDefault(table, 0);
                int run = runOf(steps, next, change.ordinal());
                if (run < 0) {
                    continue;
                }
                if (run > next) {
                    sender.flush();
                    takeStaged(steps, next, run, tally);
                    done.put(table, run);
                }
                if (change.kind() == ChangeKind.TRUNCATE) {
                    sender.flush();
                    if (current.concern(table)) {
                        quarantine.clear(current, table);
                        changed = true;
                    }
                    session.emptier().empty(change.plan().target(), change.payload());
                } else if (QuarantineWriter.concerns(current, change)) {
                    quarantine.add(
                            current, change, null, "an earlier change of the row is in quarantine");
                    tally.quarantined(table, 1);
                    changed = true;
                } else {
                    ordered.write(change, mode);
                }
                if (steps.todo.get(run) instanceof Todo.InOrder last
                        && last.to == change.ordinal()) {
                    done.put(table, run + 1);
                }
            }
            sender.flush();
            return changed;
        } finally {
            sender.discard();
        }
    }

    /** The next run of the table, if the change belongs to it; else -1. */
    private static int runOf(TableSteps steps, int from, long ordinal) {
        for (int i = from; i < steps.todo.size(); i++) {
            if (steps.todo.get(i) instanceof Todo.InOrder run) {
                return run.from <= ordinal && ordinal <= run.to ? i : -1;
            }
        }
        return -1;
    }

    private void takeStaged(TableSteps steps, int from, Tally tally) throws SQLException {
        takeStaged(steps, from, steps.todo.size(), tally);
    }

    private void takeStaged(TableSteps steps, int from, int to, Tally tally) throws SQLException {
        for (Todo todo : steps.todo.subList(from, to)) {
            if (todo instanceof Todo.Staged step) {
                segments.take(step.step(), tally);
            }
        }
    }

    /**
     * Drops what dead owners have left staged at a destination.
     *
     * @param destination in autocommit mode
     */
    public static void dropLeftovers(Connection destination, String pipeline) throws SQLException {
        StagedNames.drop(destination, StagedNames.prefix(pipeline));
    }

    /** Drops what is staged; does nothing more on a broken connection. */
    @Override
    public void close() {
        if (applier.isBroken()) {
            return;
        }
        try {
            applier.rollback();
            segments.drop();
        } catch (SQLException e) {
            applier.rollback();
        }
    }
}
