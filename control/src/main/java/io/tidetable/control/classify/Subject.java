package io.tidetable.control.classify;

import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A table that is to be classified for a destination.
 *
 * @param figures by the names of {@link Figure}; what is not there counts as 0
 */
public record Subject(
        TableId table,
        DestinationId destination,
        Stated stated,
        SortedMap<String, Double> figures) {
    public Subject {
        figures = Collections.unmodifiableSortedMap(new TreeMap<>(figures));
    }

    double figure(Figure figure) {
        return figures.getOrDefault(figure.label(), 0.0);
    }
}
