package io.tidetable.node.pipeline;

import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.status.TableState;
import io.tidetable.model.status.TableVerification;
import io.tidetable.node.copy.LayoutColumn;
import io.tidetable.node.copy.LayoutReader;
import io.tidetable.node.copy.SnapshotHolder;
import io.tidetable.node.copy.TableLayout;
import io.tidetable.node.copy.TableLock;
import io.tidetable.node.lane.LaneTable;
import io.tidetable.node.strategy.KeySample;
import io.tidetable.node.strategy.TableScope;
import io.tidetable.node.verify.KeyRange;
import io.tidetable.node.verify.Scope;
import io.tidetable.node.verify.TableComparison;
import io.tidetable.node.verify.TableVerdict;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Compares a table with its source while both are written to: its lanes are led to a snapshot of
 * the source, and go on once a snapshot of the destination stands there. What is compared then has
 * to be equal.
 */
final class LiveVerification {
    private static final Duration LIMIT = Duration.ofMinutes(10);
    private static final long PAUSE_MILLIS = 20;
    private static final int EXAMPLES = 20;
    private static final String LOCK_NOT_AVAILABLE = "55P03";

    private final DestinationSide side;
    private final LedLanes led;

    LiveVerification(DestinationSide side, LedLanes led) {
        this.side = side;
        this.led = led;
    }

    /** Compares one table, and mends it where that is asked for. */
    TableVerification verify(LaneTable table, boolean repair) throws InterruptedException {
        DestinationContext context = side.context();
        Instant begun = context.steady().instant();
        try {
            awaitStreaming(table);
            if (table.scope() instanceof TableScope.AsOfRefresh) {
                return verifyRefresh(table, repair, begun);
            }
            TableVerdict verdict = compare(table);
            if (!verdict.equal()) {
                // A difference counts only if it is there at a second place in time as well.
                verdict = compare(table);
            }
            long repaired = 0;
            if (!verdict.equal() && repair) {
                repaired = verdict.missing() + verdict.extra() + verdict.different();
                side.work().merge(table);
                awaitStreaming(table);
            }
            return new TableVerification(
                    table.table(),
                    verdict.sourceRows(),
                    verdict.destinationRows(),
                    verdict.missing(),
                    verdict.extra(),
                    verdict.different(),
                    verdict.differences().stream().map(Object::toString).toList(),
                    repaired,
                    Duration.between(begun, context.steady().instant()),
                    null);
        } catch (SQLException e) {
            return problem(
                    table.table(), begun, "TT-530 it could not be compared: " + e.getMessage());
        } catch (TidetableException e) {
            return problem(table.table(), begun, e.line());
        }
    }

    /**
     * A table whose changes are not carried is to be what it was as of its refresh: the source has
     * moved on, so the rows are compared with the checksums that it had then.
     */
    private TableVerification verifyRefresh(LaneTable table, boolean repair, Instant begun)
            throws SQLException, InterruptedException {
        RefreshComparison.Verdict verdict = RefreshComparison.of(side.context(), table);
        long repaired = 0;
        if (!verdict.equal() && repair) {
            repaired = Math.max(1, Math.abs(verdict.then() - verdict.now()));
            side.work().merge(table);
            awaitStreaming(table);
        }
        long missing = Math.max(0, verdict.then() - verdict.now());
        long extra = Math.max(0, verdict.now() - verdict.then());
        return new TableVerification(
                table.table(),
                verdict.then(),
                verdict.now(),
                missing,
                extra,
                verdict.equal() || missing + extra > 0 ? 0 : 1,
                verdict.equal()
                        ? List.of()
                        : List.of("rows are not those as of the refresh at " + verdict.asOf()),
                repaired,
                Duration.between(begun, side.context().steady().instant()),
                null);
    }

    private TableVerification problem(TableId table, Instant begun, String why) {
        Duration took = Duration.between(begun, side.context().steady().instant());
        return new TableVerification(table, 0, 0, 0, 0, 0, List.of(), 0, took, why);
    }

    private static void awaitStreaming(LaneTable table) throws InterruptedException {
        while (!isStreaming(table)) {
            TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        }
    }

    /**
     * Whether its changes are applied and it is complete.
     *
     * @throws TidetableException TT-531 when it will not be by itself
     */
    private static boolean isStreaming(LaneTable table) {
        return switch (table.state()) {
            case STREAMING -> true;
            case PAUSED, FAILED ->
                    throw new TidetableException(
                            "TT-531",
                            "it is %s at the destination%s; resume it, then verify again"
                                    .formatted(
                                            table.state().name().toLowerCase(java.util.Locale.ROOT),
                                            table.message() == null
                                                    ? ""
                                                    : " (" + table.message() + ")"));
            case WAITING, COPYING, CATCHING_UP, MERGING -> false;
        };
    }

    private TableVerdict compare(LaneTable table) throws SQLException, InterruptedException {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (System.nanoTime() < deadline) {
            TableVerdict verdict = tryCompare(table);
            if (verdict != null) {
                return verdict;
            }
        }
        throw new TidetableException(
                "TT-533",
                "it was truncated or rewritten at the source whenever it was looked at, for %d minutes; verify it again when that is over"
                        .formatted(LIMIT.toMinutes()));
    }

    private @Nullable TableVerdict tryCompare(LaneTable laneTable)
            throws SQLException, InterruptedException {
        DestinationContext context = side.context();
        TableId table = laneTable.table();
        TableScope scope = laneTable.scope();
        try (Connection destination = context.connect("tidetable verify");
                SnapshotHolder snapshot = leadTo(laneTable, destination);
                Connection reader = snapshot.openReader("tidetable verify")) {
            snapshot.join(reader);
            if (!TableLock.lock(reader, table)) {
                return null;
            }
            if (!scope.equals(laneTable.scope())) {
                // Its strategy was switched meanwhile.
                return null;
            }
            TableLayout whole =
                    new LayoutReader(context.binaryRule()).read(reader, destination, table);
            TableLayout layout =
                    whole.blanking(
                            scope.blanks(
                                    whole.columns().stream().map(LayoutColumn::name).toList()));
            TableComparison comparison = new TableComparison(EXAMPLES, context.steady());
            return comparison.compare(layout, rows(scope), reader, destination);
        }
    }

    /** Of a sampled table, only rows of the sample are to be equal. */
    private static Scope rows(TableScope scope) {
        String sampled =
                scope instanceof TableScope.Sampled(KeySample sample) ? sample.sql() : null;
        return new Scope(KeyRange.ALL, scope.condition(), sampled);
    }

    /**
     * Leads the lanes to a snapshot of the source and opens the destination's session there.
     *
     * @return the source's snapshot; the lanes go on already
     */
    private SnapshotHolder leadTo(LaneTable table, Connection destination)
            throws SQLException, InterruptedException {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (System.nanoTime() < deadline) {
            SnapshotHolder snapshot =
                    isStreaming(table)
                            ? led.lead(table, LIMIT, _ -> openSnapshot(destination, table))
                            : null;
            if (snapshot != null) {
                return snapshot;
            }
            TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        }
        throw new TidetableException(
                "TT-532",
                "its lane could not be led to a snapshot of the source within %d minutes, or it was to be merged each time; look at its state and backlog with 'tidetable status' and verify again"
                        .formatted(LIMIT.toMinutes()));
    }

    /**
     * Whether the destination's snapshot was had, with the lock that keeps the table as it is, and
     * without a merge: what waits for one is known to differ until then, and what is in the middle
     * of one is of no place in the stream.
     */
    private static boolean openSnapshot(Connection destination, LaneTable table)
            throws SQLException {
        if (isToBeMerged(table)) {
            return false;
        }
        boolean opened = openSnapshot(destination, table.table());
        if (opened && isToBeMerged(table)) {
            destination.rollback();
            return false;
        }
        return opened;
    }

    private static boolean isToBeMerged(LaneTable table) {
        return table.needsMerge() || table.state() != TableState.STREAMING;
    }

    private static boolean openSnapshot(Connection destination, TableId table) throws SQLException {
        destination.setAutoCommit(false);
        try (Statement statement = destination.createStatement()) {
            statement.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
            statement.execute("SET LOCAL lock_timeout = 1000");
            if (TableLock.lock(destination, table)) {
                return true;
            }
            destination.rollback();
            return false;
        } catch (SQLException e) {
            destination.rollback();
            if (LOCK_NOT_AVAILABLE.equals(e.getSQLState())) {
                return false;
            }
            throw e;
        }
    }
}
