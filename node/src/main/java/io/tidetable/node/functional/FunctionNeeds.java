package io.tidetable.node.functional;

import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.schema.Strategy;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What functions downstream need, gathered from wherever it was said: settings, calls, comments,
 * queries. Immutable.
 *
 * @param byFunction what each needs, by table
 */
public record FunctionNeeds(Map<String, Map<TableId, TableNeed>> byFunction) {
    /** No functions. */
    public static final FunctionNeeds NONE = new FunctionNeeds(Map.of());

    public FunctionNeeds {
        Map<String, Map<TableId, TableNeed>> copy = new HashMap<>();
        byFunction.forEach((name, needs) -> copy.put(name, Map.copyOf(needs)));
        byFunction = Map.copyOf(copy);
    }

    /** Both together: a function that both name needs what either says. */
    public FunctionNeeds with(FunctionNeeds other) {
        Map<String, Map<TableId, TableNeed>> both = new TreeMap<>();
        for (FunctionNeeds one : List.of(this, other)) {
            one.byFunction.forEach((name, needs) -> {
                Map<TableId, TableNeed> known = both.computeIfAbsent(name, _ -> new TreeMap<>());
                needs.forEach((table, need) -> known.merge(table, need, TableNeed::with));
            });
        }
        return new FunctionNeeds(both);
    }

    /**
     * What a function needs by its queries.
     *
     * @throws TidetableException TT-552 when one of them cannot be read
     */
    public static FunctionNeeds ofQueries(
            String function, Collection<String> queries, KnownTables known) {
        Map<TableId, TableNeed> needs = new TreeMap<>();
        List<String> unreadable = new ArrayList<>();
        for (String query : queries) {
            QueryNeeds.of(query, known)
                    .ifPresentOrElse(
                            found ->
                                    found.forEach((table, need) ->
                                            needs.merge(table, need, TableNeed::with)),
                            () -> unreadable.add(query));
        }
        if (!unreadable.isEmpty()) {
            throw new TidetableException(
                    "TT-552",
                    "what function %s needs is not known, because %d of its queries cannot be read, the first: %s; name its tables and columns yourself"
                            .formatted(function, unreadable.size(), unreadable.getFirst()));
        }
        return new FunctionNeeds(Map.of(function, needs));
    }

    /** The functions that need something of a table. */
    public SortedSet<String> functionsOf(TableId table) {
        SortedSet<String> names = new TreeSet<>();
        byFunction.forEach((name, needs) -> {
            if (needs.containsKey(table)) {
                names.add(name);
            }
        });
        return names;
    }

    /**
     * The strategy by which a table carries what all these functions need of it.
     *
     * @throws TidetableException TT-553 when none of them needs it
     */
    public Strategy.Functional strategyFor(TableId table, Set<String> functions) {
        TableNeed all = null;
        SortedSet<String> needing = new TreeSet<>();
        for (String function : functions) {
            TableNeed need = byFunction.getOrDefault(function, Map.of()).get(table);
            if (need != null) {
                all = all == null ? need : all.with(need);
                needing.add(function);
            }
        }
        if (all == null) {
            throw new TidetableException(
                    "TT-553",
                    "none of the functions %s needs table %s; name one that does, or give the table another strategy"
                            .formatted(functions, table));
        }
        SortedSet<String> columns = all.columns();
        List<String> names = columns == null ? List.of() : List.copyOf(columns);
        return new Strategy.Functional(
                List.copyOf(needing), names, all.rows().isAlways() ? null : all.rows().sql());
    }
}
