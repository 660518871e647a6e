package io.tidetable.node.pipeline;

import io.tidetable.model.Consistency;
import io.tidetable.model.LaneId;
import io.tidetable.model.Position;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.status.TableState;
import io.tidetable.node.apply.Progress;
import io.tidetable.node.apply.ProgressStore;
import io.tidetable.node.catalog.SourceCatalog;
import io.tidetable.node.catalog.SpreadableKeys;
import io.tidetable.node.catalog.TableDefinition;
import io.tidetable.node.copy.SnapshotHolder;
import io.tidetable.node.destination.ReplicatedTables.Registered;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.lane.Lane;
import io.tidetable.node.lane.LaneTable;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives a table another number of lanes while it is written to. Its lanes are led to one place in
 * the change stream; there one transaction of the destination takes their progress away and writes
 * that of the others, which go on from the very same place.
 */
final class LaneSpread {
    private static final Logger LOG = LoggerFactory.getLogger(LaneSpread.class);
    private static final Duration LIMIT = Duration.ofSeconds(5);

    private final DestinationSide side;
    private final LedLanes led;

    /** Tables of which it is not known which lanes stand at the destination; they rest. */
    private final Set<TableId> unsure = ConcurrentHashMap.newKeySet();

    LaneSpread(DestinationSide side, LedLanes led) {
        this.side = side;
        this.led = led;
    }

    /**
     * Spreads a table that shares its lane with no other as it is ordered from now on.
     *
     * @param ordered by table or by key
     * @throws TidetableException TT-408 where that is not possible now, TT-113 where it is not at
     *     all
     */
    void spread(LaneTable table, Consistency ordered) throws SQLException, InterruptedException {
        if (unsure.contains(table.table())) {
            learn(table);
        }
        if (table.consistency().equals(ordered)) {
            return;
        }
        requireCalm(table);
        if (ordered instanceof Consistency.Key) {
            requireSpreadable(table.table());
        }
        Consistency before = table.consistency();
        SnapshotHolder reached = led.lead(table, LIMIT, lanes -> replace(table, ordered, lanes));
        if (reached == null) {
            throw notNow(table, "could not be led to one place in time");
        }
        reached.close();
        LOG.info(
                "table {} has consistency {} now, {} before",
                table.table(),
                ordered.label(),
                before.label());
    }

    private void requireCalm(LaneTable table) {
        if (table.state() != TableState.STREAMING) {
            throw notNow(table, "wait until it streams");
        }
        if (table.move() != null) {
            throw notNow(table, "wait until it has arrived on its other track");
        }
        if (!side.lanes().keepsUp(table.table())) {
            throw notNow(table, "are far behind");
        }
    }

    private static TidetableException notNow(LaneTable table, String why) {
        return new TidetableException(
                "TT-408",
                "the lanes of %s %s, so it stays at consistency %s for now; it is tried again"
                        .formatted(table.table(), why, table.consistency().label()));
    }

    /** Rows of equal keys in different lanes would lose their order. */
    private void requireSpreadable(TableId table) throws SQLException {
        try (Connection source = side.context().source().connect("tidetable lanes")) {
            List<String> obstacles = new ArrayList<>();
            SpreadableKeys keys = SpreadableKeys.read(source);
            for (TableDefinition definition : SourceCatalog.named(source, List.of(table))) {
                obstacles.addAll(keys.obstacles(definition));
            }
            if (!obstacles.isEmpty()) {
                throw new TidetableException(
                        "TT-113", "table %s: %s".formatted(table, obstacles.getFirst()));
            }
        }
    }

    private boolean replace(LaneTable table, Consistency ordered, List<Lane> former)
            throws SQLException {
        former.forEach(Lane::lock);
        try {
            synchronized (table) {
                if (table.state() != TableState.STREAMING
                        || former.stream().anyMatch(lane -> lane.progress() == null)) {
                    return false;
                }
                former.forEach(lane -> {
                    side.context().preparations().drop(lane.id());
                    GiantTransaction giant = side.context().giants().remove(lane.id());
                    if (giant != null) {
                        giant.abandon();
                    }
                });
                return side.lanes()
                        .replace(table, ordered, () -> handOver(table.table(), ordered, former));
            }
        } finally {
            former.forEach(Lane::unlock);
        }
    }

    private void handOver(TableId table, Consistency ordered, List<Lane> former)
            throws SQLException {
        DestinationContext context = side.context();
        List<Progress> standing = new ArrayList<>();
        former.forEach(lane -> standing.add(Objects.requireNonNull(lane.progress())));
        // Nothing of the table lies between where one of them stands and where another does.
        Position place =
                standing.stream()
                        .map(Progress::position)
                        .reduce((a, b) -> a.isAfter(b) ? a : b)
                        .orElseThrow();
        boolean committing = false;
        try (Connection connection = context.connect("tidetable lanes")) {
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                // With it, all that the former lanes have committed is on the destination's disk.
                statement.execute("SET LOCAL synchronous_commit = local");
            }
            ProgressStore store = new ProgressStore(connection, LIMIT);
            for (Progress progress : standing) {
                if (!store.end(progress)) {
                    throw new SQLException(
                            "the destination does not hold lane %s where it was remembered"
                                    .formatted(progress.lane()));
                }
            }
            if (context.tables().hasQuarantined(connection, table)) {
                throw new TidetableException(
                        "TT-408",
                        "table %s has changes in quarantine, which belong to its lanes, so those stay as they are; 'tidetable quarantine %s' shows them, to retry or to discard"
                                .formatted(table, table));
            }
            List<LaneId> next = WantedTable.ownLanes(table, ordered);
            for (LaneId lane : next) {
                store.create(
                        new Progress(
                                context.pipeline(), lane, standing.getFirst().source(), place));
            }
            context.tables().joinLane(connection, table, next.getFirst());
            context.faults().reach(FaultPoint.LANES_WRITTEN);
            committing = true;
            connection.commit();
            context.faults().reach(FaultPoint.LANES_REPLACED);
        } catch (SQLException | RuntimeException e) {
            if (committing) {
                // Which of them stand there is known to the destination alone.
                unsure.add(table);
                former.forEach(Lane::retire);
            } else if (e instanceof SQLException) {
                context.distrust();
            }
            throw e;
        }
    }

    /** Asks the destination which lanes of the table it has, and lets those work. */
    private void learn(LaneTable table) throws SQLException {
        table.leading().lock();
        List<Lane> former = side.lanes().of(table.table());
        former.forEach(Lane::lock);
        try (Connection connection = side.context().connect("tidetable lanes")) {
            Registered known = side.context().tables().one(connection, table.table());
            if (known == null) {
                throw new SQLException(table.table() + " is not registered any more");
            }
            Consistency there = orderOf(table.table(), known.lane());
            if (!side.lanes().replace(table, there, () -> {})) {
                throw notNow(table, "wait until it has arrived on its other track");
            }
            unsure.remove(table.table());
            LOG.info("table {} has consistency {}", table.table(), there.label());
        } finally {
            former.forEach(Lane::unlock);
            table.leading().unlock();
        }
    }

    private static Consistency orderOf(TableId table, LaneId first) {
        String keyed = table + "#0/";
        return first.name().startsWith(keyed)
                ? new Consistency.Key(Integer.parseInt(first.name().substring(keyed.length())))
                : new Consistency.Table();
    }
}
