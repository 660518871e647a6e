package io.tidetable.node.apply;

import io.tidetable.model.TableId;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which rows of a lane have changes in quarantine. A row is known by every key it had or was to get
 * there; all of them lead to one chain, named by one of its keys, in which its changes stand in
 * order.
 */
final class QuarantineChains {
    private final Map<TableId, Map<String, String>> chains = new HashMap<>();

    QuarantineChains copy() {
        QuarantineChains copy = new QuarantineChains();
        chains.forEach((table, rows) -> copy.chains.put(table, new HashMap<>(rows)));
        return copy;
    }

    boolean isEmpty() {
        return chains.isEmpty();
    }

    void put(TableId table, String row, String chain) {
        chains.computeIfAbsent(table, _ -> new HashMap<>()).put(row, chain);
    }

    boolean concern(TableId table) {
        return chains.containsKey(table);
    }

    /** Takes all chains of a table away. */
    void clear(TableId table) {
        chains.remove(table);
    }

    /** The chains that a change of these rows would join. */
    Set<String> of(TableId table, String row, @Nullable String alsoRow) {
        Map<String, String> rows = chains.getOrDefault(table, Map.of());
        Set<String> found = new HashSet<>();
        if (rows.containsKey(row)) {
            found.add(rows.get(row));
        }
        if (alsoRow != null && rows.containsKey(alsoRow)) {
            found.add(rows.get(alsoRow));
        }
        return found;
    }

    /** Makes one chain of two. */
    void merge(TableId table, String from, String into) {
        Map<String, String> rows = chains.get(table);
        if (rows != null) {
            rows.replaceAll((_, chain) -> chain.equals(from) ? into : chain);
        }
    }
}
