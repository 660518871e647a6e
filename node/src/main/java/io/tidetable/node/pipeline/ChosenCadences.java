package io.tidetable.node.pipeline;

import io.tidetable.model.TableId;
import io.tidetable.model.schema.Strategy;
import io.tidetable.node.lane.LaneTable;
import io.tidetable.node.strategy.AutomaticCadence;
import io.tidetable.node.strategy.LearnedCosts;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How often the tables of a destination are refreshed whose cadence is chosen by costs. For one
 * thread.
 */
final class ChosenCadences {
    private static final Logger LOG = LoggerFactory.getLogger(ChosenCadences.class);

    private final LearnedCosts anyTable;
    private final Map<TableId, AutomaticCadence> chosen = new HashMap<>();
    private volatile ToLongFunction<LaneTable> received = _ -> 0;

    /**
     * None yet.
     *
     * @param anyTable what a change costs, for tables of which none was seen
     */
    ChosenCadences(LearnedCosts anyTable) {
        this.anyTable = anyTable;
    }

    /** From now on this tells how many changes of a table have come so far. */
    void counting(ToLongFunction<LaneTable> changes) {
        received = changes;
    }

    /** Looks at a table, at even intervals. */
    void look(LaneTable table, Instant now) {
        if (!(table.strategy().current()
                        instanceof Strategy.Full(Duration until, boolean automatic))
                || !automatic) {
            chosen.remove(table.table());
            table.cadence(null);
            return;
        }
        AutomaticCadence cadence =
                chosen.computeIfAbsent(table.table(), _ -> new AutomaticCadence(until));
        Duration before = cadence.current().cadence();
        boolean changed =
                cadence.look(
                        new AutomaticCadence.Costs(
                                orNull(table.costs().refresh()), costOfChange(table)),
                        received.applyAsLong(table),
                        now,
                        table.freshness());
        AutomaticCadence.Choice choice = cadence.current();
        table.cadence(choice);
        if (changed && !choice.cadence().equals(before)) {
            LOG.info(
                    "table {} is refreshed every {} s from now on, every {} s before: {}",
                    table.table(),
                    choice.cadence().toMillis() / 1000.0,
                    before.toMillis() / 1000.0,
                    choice.reason());
        }
    }

    private @Nullable Double costOfChange(LaneTable table) {
        OptionalDouble own = table.costs().change();
        return orNull(own.isPresent() ? own : anyTable.change());
    }

    private static @Nullable Double orNull(OptionalDouble cost) {
        return cost.isPresent() ? (Double) cost.getAsDouble() : null;
    }

    /** From one refresh of the table to the next. */
    static Duration of(LaneTable table, Strategy.Full full) {
        AutomaticCadence.Choice choice = table.cadence();
        return full.automatic() && choice != null ? choice.cadence() : full.cadence();
    }
}
