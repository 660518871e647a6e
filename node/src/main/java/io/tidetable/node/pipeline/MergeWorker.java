package io.tidetable.node.pipeline;

import io.tidetable.model.TableId;
import io.tidetable.model.TableShape;
import io.tidetable.model.TidetableException;
import io.tidetable.model.status.TableState;
import io.tidetable.node.apply.Progress;
import io.tidetable.node.apply.Quarantine;
import io.tidetable.node.capture.Fence;
import io.tidetable.node.catalog.ShapeEvolution;
import io.tidetable.node.catalog.ShapePolicy;
import io.tidetable.node.copy.ChunkCopier;
import io.tidetable.node.copy.CopyPace;
import io.tidetable.node.copy.LayoutReader;
import io.tidetable.node.copy.SnapshotHolder;
import io.tidetable.node.copy.TableCopy;
import io.tidetable.node.copy.TableLayout;
import io.tidetable.node.copy.TableLock;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.journal.JournalGapException;
import io.tidetable.node.lane.CopyBoundary;
import io.tidetable.node.lane.Lane;
import io.tidetable.node.lane.LaneTable;
import io.tidetable.node.merge.DiffMerge;
import io.tidetable.node.merge.MergeResult;
import io.tidetable.node.strategy.TableStrategy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a table at the destination equal to the source by a diff-merge, while its lanes are held:
 * after it the table is what a snapshot of the source saw, and its changes go on from there.
 */
final class MergeWorker {
    private static final Logger LOG = LoggerFactory.getLogger(MergeWorker.class);

    /** Rows written before they are committed. */
    private static final int BATCH_ROWS = 10_000;

    /** Time between two snapshots while something applied is not visible at the source yet. */
    private static final long VISIBILITY_PAUSE_MILLIS = 50;

    /** Time between two looks whether the source sends all that a merge is to bring. */
    private static final long PUBLICATION_PAUSE_MILLIS = 50;

    /** How long a change of a table waits for its readers before it is tried again. */
    private static final Duration LOCK_PATIENCE = Duration.ofSeconds(2);

    /** SQLSTATEs of a table or a namespace that does not exist. */
    private static final Set<String> NOT_THERE = Set.of("42P01", "3F000");

    private static final String STILL_OURS =
            "SELECT epoch FROM tidetable.progress WHERE pipeline = ? AND lane = ? FOR SHARE";

    private final DestinationContext context;
    private final ApplierSession session;
    private final LaneControl lanes;

    MergeWorker(DestinationContext context, ApplierSession session, LaneControl lanes) {
        this.context = context;
        this.session = session;
        this.lanes = lanes;
    }

    Work.Outcome merge(LaneTable table, boolean afterGap) throws InterruptedException {
        List<Lane> held = lanes.lanesOf(table.table());
        boolean asked = table.state() == TableState.MERGING;
        try {
            // Before anything is held: it may last as long as a transaction at the source.
            if (asked && !context.pushDown().isReady(context, table)) {
                return Work.Outcome.retryAfter(PUBLICATION_PAUSE_MILLIS);
            }
        } catch (SQLException e) {
            return Work.Outcome.retryAfter(
                    context.health()
                            .failed(
                                    work(table),
                                    "TT-520 the merge of %s failed: %s"
                                            .formatted(table.table(), e.getMessage()),
                                    e));
        } catch (TidetableException e) {
            fail(table, e);
            return Work.Outcome.NOTHING;
        }
        held.forEach(Lane::lock);
        try {
            if (table.state() != TableState.MERGING) {
                context.health().succeeded(work(table));
                return Work.Outcome.NOTHING;
            }
            if (!asked || !held.equals(lanes.lanesOf(table.table()))) {
                return Work.Outcome.retryAfter(PUBLICATION_PAUSE_MILLIS);
            }
            mergeHeld(table, held, afterGap);
            context.health().succeeded(work(table));
        } catch (SQLException e) {
            session.breakConnections();
            context.distrust();
            held.forEach(Lane::forget);
            return Work.Outcome.retryAfter(
                    context.health()
                            .failed(
                                    work(table),
                                    "TT-520 the merge of %s failed: %s"
                                            .formatted(table.table(), e.getMessage()),
                                    e));
        } catch (TidetableException e) {
            fail(table, e);
            return Work.Outcome.NOTHING;
        } finally {
            held.forEach(Lane::unlock);
        }
        lanes.wake(table.table());
        return Work.Outcome.NOTHING;
    }

    private void fail(LaneTable table, TidetableException why) {
        context.health().succeeded(work(table));
        table.become(TableState.FAILED, why.line());
        LOG.error("table {} stopped: {}", table.table(), why.line());
    }

    private static String work(LaneTable table) {
        return "merge " + table.table();
    }

    private void mergeHeld(LaneTable table, List<Lane> held, boolean afterGap)
            throws SQLException, InterruptedException {
        List<Progress> owned = new ArrayList<>();
        boolean skipped = afterGap;
        for (Lane lane : held) {
            GiantTransaction giant = context.giants().remove(lane.id());
            if (giant != null) {
                giant.abandon();
            }
            try {
                owned.add(session.progressOf(lane));
            } catch (JournalGapException e) {
                lanes.skipToEnd(lane, table, e.line());
                skipped = true;
                owned.add(session.progressOf(lane));
            }
        }
        if (skipped) {
            awaitOpenTransactions();
        }
        while (!mergeUnder(snapshotOfAllApplied(held), table, owned)) {
            LOG.info(
                    "table {} was truncated or rewritten meanwhile, looked at anew", table.table());
        }
    }

    /**
     * Merges the table as the snapshot saw it, which is closed then.
     *
     * @return false when the snapshot is of no use for the table
     */
    private boolean mergeUnder(SnapshotHolder taken, LaneTable table, List<Progress> owned)
            throws SQLException, InterruptedException {
        try (SnapshotHolder snapshot = taken;
                Connection reader = snapshot.openReader("tidetable merge");
                Connection destination = context.connect("tidetable merge")) {
            snapshot.join(reader);
            if (!lock(reader, table.table())) {
                return false;
            }
            context.faults().reach(FaultPoint.MERGE_LOCKED);
            long begun = System.nanoTime();
            Instant takenAt = context.clock().instant();
            TableShape shape = evolve(table.table());
            StrategyMerge strategy =
                    StrategyMerge.begin(context, table.table(), reader, snapshot.snapshot());
            if (!context.pushDown().carries(table.table(), strategy.scope())) {
                throw new SQLException("more of it is needed now than the source sends");
            }
            context.faults().reach(FaultPoint.STRATEGY_RESOLVED);
            TableLayout layout =
                    strategy.layout(
                            new LayoutReader(context.binaryRule())
                                    .read(reader, destination, table.table()));
            ChunkCopier.silenceTriggers(destination);
            destination.setAutoCommit(false);
            DiffMerge.Merged merged =
                    new DiffMerge(BATCH_ROWS, CopyPace.UNLIMITED, context.faults())
                            .mergeAll(
                                    layout,
                                    strategy.rows(),
                                    reader,
                                    destination,
                                    connection -> commit(connection, owned));
            MergeResult result = merged.result();
            // A copy that was given up may have left it without its further indexes; they are made
            // by another session, which must not wait for this one.
            commit(destination, owned);
            context.faults().reach(FaultPoint.STRATEGY_MERGED);
            lanes.complete(table.table());
            strategy.tighten();
            Quarantine.settle(destination, context.pipeline(), table.table());
            context.tables().merged(destination, table.table(), snapshot.snapshot());
            TableStrategy settled = strategy.settle(destination, layout, merged, takenAt);
            commit(destination, owned);
            context.faults().reach(FaultPoint.STRATEGY_SETTLED);
            table.strategy(settled);
            table.costs().refreshed(System.nanoTime() - begun);
            table.needsMerge(false);
            if (shape != null) {
                table.shape(shape);
            }
            table.boundary(
                    new CopyBoundary(snapshot.snapshot(), snapshot.snapshot().horizon(), false));
            table.become(TableState.CATCHING_UP, null);
            LOG.info(
                    "table {} merged: strategy={} compared={} inserted={} updated={} deleted={}",
                    table.table(),
                    settled.current().label(),
                    result.compared(),
                    result.inserted(),
                    result.updated(),
                    result.deleted());
            return true;
        }
    }

    private static boolean lock(Connection reader, TableId table) throws SQLException {
        try {
            return TableLock.lock(reader, table);
        } catch (SQLException e) {
            if (NOT_THERE.contains(String.valueOf(e.getSQLState()))) {
                throw TableCopy.gone(table);
            }
            throw e;
        }
    }

    /**
     * Rows of the source's present shape are about to come, though no change told of it yet.
     * Reading its catalog may need a lock for which a TRUNCATE queues that waits for this merge:
     * after a while the merge lets it pass and begins anew.
     */
    private @Nullable TableShape evolve(TableId table) throws SQLException {
        try (Connection source = context.source().connect("tidetable evolve");
                Statement session = source.createStatement();
                Connection destination = context.connect("tidetable evolve")) {
            session.execute("SET lock_timeout = " + LOCK_PATIENCE.toMillis());
            TableShape shape =
                    new ShapeEvolution(
                                    source,
                                    destination,
                                    context.pipeline(),
                                    ShapePolicy.EVOLVE,
                                    LOCK_PATIENCE)
                            .evolveToSource(table);
            context.types().refresh();
            return shape;
        }
    }

    /** What the lanes skipped may not be visible yet to a snapshot that is taken too early. */
    private void awaitOpenTransactions() throws SQLException, InterruptedException {
        try (Connection source = context.source().connect("tidetable fence")) {
            new Fence(
                            Duration.ofMillis(20),
                            Duration.ofSeconds(5),
                            waiting -> LOG.info("a merge waits for {}", waiting.blockers()))
                    .awaitSlot(source);
        }
    }

    /** Commits only while the lanes are still ours. */
    private void commit(Connection destination, List<Progress> owned) throws SQLException {
        for (Progress progress : owned) {
            try (PreparedStatement statement = destination.prepareStatement(STILL_OURS)) {
                statement.setString(1, progress.pipeline());
                statement.setString(2, progress.lane().name());
                try (ResultSet row = statement.executeQuery()) {
                    if (!row.next() || row.getLong(1) != progress.epoch()) {
                        throw new TidetableException(
                                "TT-450",
                                "lane %s was taken over by another node; its merge was rolled back"
                                        .formatted(progress.lane()));
                    }
                }
            }
        }
        destination.commit();
    }

    /** A snapshot that sees everything the lanes have applied; the source may be a little late. */
    private SnapshotHolder snapshotOfAllApplied(List<Lane> held)
            throws SQLException, InterruptedException {
        while (true) {
            SnapshotHolder holder =
                    SnapshotHolder.take(context.source(), "tidetable snapshot", context.steady());
            if (held.stream().allMatch(lane -> lane.allAppliedVisibleIn(holder.snapshot()))) {
                return holder;
            }
            holder.close();
            TimeUnit.MILLISECONDS.sleep(VISIBILITY_PAUSE_MILLIS);
        }
    }
}
