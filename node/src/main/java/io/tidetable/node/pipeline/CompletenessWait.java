package io.tidetable.node.pipeline;

import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.status.TableState;
import io.tidetable.node.lane.LaneTable;
import io.tidetable.node.strategy.TableScope;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Waits until tables of a destination have everything up to a position of the source. */
final class CompletenessWait {
    private static final Logger LOG = LoggerFactory.getLogger(CompletenessWait.class);
    private static final Duration POLL = Duration.ofMillis(10);

    private final DestinationSide there;
    private final Supplier<Optional<TidetableException>> failure;

    /**
     * A wait.
     *
     * @param failure why the pipeline as a whole cannot go on
     */
    CompletenessWait(DestinationSide there, Supplier<Optional<TidetableException>> failure) {
        this.there = there;
        this.failure = failure;
    }

    /**
     * Whether the tables, all for no name, are complete up to the position within the limit.
     *
     * @throws TidetableException when the pipeline or one of the tables cannot go on; where a table
     *     could not be created, once all others are complete
     */
    boolean await(Set<TableId> tables, Lsn position, Duration limit) throws InterruptedException {
        Set<LaneTable> waiting = new HashSet<>(Destinations.chosen(there, tables));
        long deadline = System.nanoTime() + limit.toNanos();
        while (true) {
            Optional<TidetableException> why = failure.get();
            if (why.isPresent()) {
                throw why.get();
            }
            waiting.removeIf(table -> isComplete(table, position));
            for (LaneTable table : waiting) {
                refresh(table, position);
            }
            if (waiting.stream().allMatch(CompletenessWait::standsAside)) {
                refuseStanding(waiting);
                return true;
            }
            if (System.nanoTime() > deadline) {
                return false;
            }
            TimeUnit.MILLISECONDS.sleep(POLL.toMillis());
        }
    }

    /** Those that get there are waited for first: they go on without it. */
    private static boolean standsAside(LaneTable table) {
        return table.isSetAside() && table.state() == TableState.FAILED;
    }

    private static void refuseStanding(Set<LaneTable> aside) {
        aside.stream()
                .min(Comparator.comparing(LaneTable::table))
                .ifPresent(first -> {
                    throw stopped(first, aside.size());
                });
    }

    private static TidetableException stopped(LaneTable table, int tables) {
        return new TidetableException(
                "TT-403",
                "%s stopped: %s%s"
                        .formatted(
                                table.table(),
                                table.message(),
                                tables == 1 ? "" : " (and %d more)".formatted(tables - 1)));
    }

    /** A table whose changes are not carried gets to the position by a refresh alone. */
    private void refresh(LaneTable table, Lsn position) {
        Lsn asOf = table.strategy().asOf();
        if (table.scope() instanceof TableScope.AsOfRefresh
                && table.state() == TableState.STREAMING
                && (asOf == null || position.isAfter(asOf))) {
            try {
                there.work().refresh(table);
            } catch (SQLException e) {
                LOG.debug("a refresh of {} could not begin: {}", table.table(), e.getMessage());
            }
        }
    }

    private boolean isComplete(LaneTable table, Lsn position) {
        if (standsAside(table)) {
            return false;
        }
        if (table.state() == TableState.FAILED) {
            throw stopped(table, 1);
        }
        Lsn asOf = table.strategy().asOf();
        if (table.scope() instanceof TableScope.AsOfRefresh) {
            return table.state() == TableState.STREAMING
                    && asOf != null
                    && asOf.isAtOrAfter(position);
        }
        return table.state() == TableState.STREAMING
                && there.lanes().of(table.table()).stream()
                        .allMatch(lane -> lane.completeUpTo().isAtOrAfter(position));
    }
}
