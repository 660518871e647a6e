package io.tidetable.model.schema;

import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a decision about a table was made on.
 *
 * @param rule the name of the rule that spoke; null when none did
 * @param figures what was measured of the table
 * @param sentences what led to it, for people
 */
public record Evidence(
        @Nullable String rule, SortedMap<String, Double> figures, List<String> sentences) {
    /** A decision that rests on nothing measured. */
    public static final Evidence NONE = new Evidence(null, Collections.emptySortedMap(), List.of());

    public Evidence {
        figures = Collections.unmodifiableSortedMap(new TreeMap<>(figures));
        sentences = List.copyOf(sentences);
    }
}
