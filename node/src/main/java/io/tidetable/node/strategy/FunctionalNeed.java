package io.tidetable.node.strategy;

import io.tidetable.model.schema.Strategy;
import io.tidetable.node.functional.ConditionReader;
import io.tidetable.node.functional.RowCondition;
import io.tidetable.node.functional.TableNeed;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What strategies for functions need, put together. */
public final class FunctionalNeed {
    private FunctionalNeed() {}

    /** The strategy that carries what either does. */
    public static Strategy.Functional together(
            Strategy.Functional first, Strategy.Functional second) {
        TableNeed both = of(first).with(of(second));
        TreeSet<String> functions = new TreeSet<>(first.functions());
        functions.addAll(second.functions());
        return new Strategy.Functional(
                List.copyOf(functions),
                both.columns() == null ? List.of() : List.copyOf(both.columns()),
                rows(first, both.rows()));
    }

    /** As it was written, where it is the same. */
    private static @Nullable String rows(Strategy.Functional first, RowCondition both) {
        if (both.isAlways()) {
            return null;
        }
        return both.equals(of(first).rows()) ? first.rows() : both.sql();
    }

    private static TableNeed of(Strategy.Functional strategy) {
        return new TableNeed(
                strategy.columns().isEmpty() ? null : new TreeSet<>(strategy.columns()),
                strategy.rows() == null
                        ? RowCondition.always()
                        : ConditionReader.read(strategy.rows()));
    }
}
