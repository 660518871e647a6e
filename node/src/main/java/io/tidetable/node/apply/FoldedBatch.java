package io.tidetable.node.apply;

import io.tidetable.model.TableId;
import io.tidetable.node.journal.ChangeKind;
import io.tidetable.node.journal.TransactionPart;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Applies a batch by the net effect of its changes, table by table. Key changes and tables whose
 * keys cannot be compared by their bytes go in source order instead; a table's segments and ordered
 * runs are written in the order in which they arose.
 */
final class FoldedBatch {
    private final Session session;
    private final ApplyMode mode;
    private final Tally tally;
    private final QuarantineChains chains;
    private final QuarantineWriter quarantine;
    private final RowSender sender;
    private final FoldedWriter folded;
    private final OrderedWriter ordered;
    private final Map<TableId, Work> works = new LinkedHashMap<>();
    private long rows;
    private long bytes;
    private boolean quarantineChanged;
    private Runnable beforeWriting = () -> {};

    /** What is collected for one table and not yet written: a segment or an ordered run. */
    private static final class Work {
        private @Nullable FoldSegment segment;
        private final List<RowChange> run = new ArrayList<>();
    }

    FoldedBatch(
            Session session,
            ApplyMode mode,
            Tally tally,
            QuarantineChains chains,
            QuarantineWriter quarantine) {
        this.session = session;
        this.mode = mode;
        this.tally = tally;
        this.chains = chains;
        this.quarantine = quarantine;
        this.sender = new RowSender(session.connection(), tally);
        this.folded = new FoldedWriter(session, sender, tally);
        this.ordered = new OrderedWriter(sender);
    }

    /**
     * Writes everything.
     *
     * @param packed what was made of these transactions before; null where nothing was
     * @param writing run before the first rows are sent
     * @return whether the lane's quarantine changed
     */
    boolean apply(List<TransactionPart> parts, @Nullable PackedBatch packed, Runnable writing)
            throws SQLException {
        beforeWriting = writing;
        if (packed != null && mode == ApplyMode.NORMAL && chains.isEmpty() && packed.isOf(parts)) {
            PackedWriter writer = new PackedWriter(session, tally);
            if (writer.takes(packed)) {
                writing.run();
                writer.write(packed);
                return false;
            }
        }
        try {
            for (TransactionPart part : parts) {
                ChangeStream changes = new ChangeStream(session.planner(), part);
                for (RowChange change = changes.next(); change != null; change = changes.next()) {
                    tally.count(change);
                    take(change);
                }
            }
            writeAll();
            return quarantineChanged;
        } finally {
            sender.discard();
        }
    }

    private void take(RowChange change) throws SQLException {
        TablePlan plan = change.plan();
        if (change.kind() == ChangeKind.TRUNCATE) {
            truncate(change);
            return;
        }
        if (!chains.isEmpty() && QuarantineWriter.concerns(chains, change)) {
            quarantine.add(chains, change, null, "an earlier change of the row is in quarantine");
            tally.quarantined(plan.table(), 1);
            quarantineChanged = true;
            return;
        }
        Work work = works.computeIfAbsent(plan.table(), _ -> new Work());
        if (!plan.foldable() || change.changesKey()) {
            writeSegment(work);
            work.run.add(change);
        } else {
            writeRun(work);
            FoldSegment segment = work.segment;
            if (segment == null || segment.plan() != plan || !segment.take(change)) {
                writeSegment(work);
                segment = new FoldSegment(plan);
                work.segment = segment;
                segment.take(change);
            }
        }
        rows++;
        bytes += change.payload().remaining();
        if (rows >= session.settings().foldRows()
                || bytes >= session.settings().foldBytes().bytes()) {
            writeAll();
        }
    }

    private void truncate(RowChange change) throws SQLException {
        TableId table = change.plan().table();
        Work moot = works.remove(table);
        if (moot != null) {
            tally.folded(moot.run.size() + (moot.segment == null ? 0 : moot.segment.changes()));
        }
        if (chains.concern(table)) {
            quarantine.clear(chains, table);
            quarantineChanged = true;
        }
        session.emptier().empty(change.plan().target(), change.payload());
    }

    private void writeAll() throws SQLException {
        beforeWriting.run();
        beforeWriting = () -> {};
        for (Work work : works.values()) {
            writeSegment(work);
            writeRun(work);
        }
        works.clear();
        rows = 0;
        bytes = 0;
    }

    private void writeSegment(Work work) throws SQLException {
        FoldSegment segment = work.segment;
        if (segment != null) {
            work.segment = null;
            folded.write(segment, mode);
        }
    }

    private void writeRun(Work work) throws SQLException {
        if (work.run.isEmpty()) {
            return;
        }
        for (RowChange change : work.run) {
            ordered.write(change, mode);
        }
        sender.flush();
        work.run.clear();
    }
}
