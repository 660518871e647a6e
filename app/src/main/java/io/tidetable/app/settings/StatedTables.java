package io.tidetable.app.settings;

import io.tidetable.control.classify.Stated;
import io.tidetable.model.Consistency;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.model.schema.Strategy;
import io.tidetable.node.catalog.TablePattern;
import io.tidetable.node.catalog.TableSelection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What an entry of {@code tables} says by itself of the tables that it names; null where it is
 * silent.
 *
 * @param where the entry, for people
 */
public record StatedTables(
        String pattern,
        boolean include,
        String where,
        @Nullable Consistency consistency,
        @Nullable Integer priority,
        @Nullable Track track,
        @Nullable Strategy strategy,
        List<String> tags) {
    public StatedTables {
        tags = List.copyOf(tags);
    }

    /**
     * What entries say of any table: the last that matches decides, as it does about whether the
     * table is replicated; tags add up. Empty for a table that is left out.
     */
    public static Function<TableId, Optional<Stated>> of(List<StatedTables> entries) {
        List<Matcher> matchers =
                entries.stream()
                        .map(it -> new Matcher(TablePattern.parse(it.pattern()), it))
                        .toList();
        TableSelection selection =
                TableSelection.ofRules(
                        matchers.stream()
                                .map(it ->
                                        new TableSelection.Rule(it.pattern(), it.entry().include()))
                                .toList());
        return table ->
                selection.selects(table) ? Optional.of(stated(matchers, table)) : Optional.empty();
    }

    private static Stated stated(List<Matcher> matchers, TableId table) {
        Stated deciding = Stated.NOTHING;
        Set<String> tags = new HashSet<>();
        for (Matcher matcher : matchers) {
            StatedTables it = matcher.entry();
            if (it.include() && matcher.pattern().matches(table)) {
                tags.addAll(it.tags());
                deciding =
                        new Stated(
                                it.where(),
                                it.consistency(),
                                it.priority(),
                                it.track(),
                                it.strategy(),
                                tags);
            }
        }
        return deciding;
    }

    private record Matcher(TablePattern pattern, StatedTables entry) {}
}
