package io.tidetable.control.classify;

import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import java.util.Collections;
import java.util.Map;
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

    /** The same with other figures where those are given. */
    public Subject with(Map<String, Double> others) {
        SortedMap<String, Double> all = new TreeMap<>(figures);
        all.putAll(others);
        return new Subject(table, destination, stated, all);
    }

    /** The same with a share of every rate. */
    public Subject withRates(double share) {
        SortedMap<String, Double> all = new TreeMap<>(figures);
        for (Figure figure : Figure.values()) {
            if (figure.isRate()) {
                all.computeIfPresent(figure.label(), (_, rate) -> rate * share);
            }
        }
        return new Subject(table, destination, stated, all);
    }

    double figure(Figure figure) {
        return figures.getOrDefault(figure.label(), 0.0);
    }
}
