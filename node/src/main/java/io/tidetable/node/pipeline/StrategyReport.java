package io.tidetable.node.pipeline;

import io.tidetable.model.schema.Strategy;
import io.tidetable.model.status.StrategyStatus;
import io.tidetable.node.lane.LaneTable;
import io.tidetable.node.strategy.AutomaticCadence;
import io.tidetable.node.strategy.KeySample;
import io.tidetable.node.strategy.TableScope;
import io.tidetable.node.strategy.TableStrategy;
import java.time.Duration;
import java.util.List;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/** Says what of a table is carried. Asks no server anything. */
final class StrategyReport {
    private StrategyReport() {}

    static StrategyStatus of(LaneTable table, @Nullable PushDown pushDown) {
        TableStrategy strategy = table.strategy();
        return new StrategyStatus(
                strategy.current(),
                strategy.next(),
                strategy.asOf(),
                strategy.asOfTime(),
                share(strategy.scope()),
                columns(strategy.scope()),
                strategy.scope().condition(),
                table.costs().breakEven().stream().boxed().findFirst().orElse(null),
                refreshing(table),
                pushDown == null ? null : pushDown.leftOut(table));
    }

    private static StrategyStatus.@Nullable Refreshing refreshing(LaneTable table) {
        if (!(table.strategy().current()
                instanceof Strategy.Full(Duration cadence, boolean automatic))) {
            return null;
        }
        AutomaticCadence.Choice chosen = table.cadence();
        return automatic && chosen != null
                ? new StrategyStatus.Refreshing(chosen.cadence(), chosen.reason())
                : new StrategyStatus.Refreshing(cadence, null);
    }

    private static double share(TableScope scope) {
        return switch (scope) {
            case TableScope.Everything(), TableScope.Needed _ -> 1;
            case TableScope.AsOfRefresh() -> 0;
            case TableScope.Sampled(KeySample sample) -> sample.share();
        };
    }

    private static List<String> columns(TableScope scope) {
        SortedSet<String> columns =
                scope instanceof TableScope.Needed needed ? needed.columns() : null;
        return columns == null ? List.of() : List.copyOf(columns);
    }
}
