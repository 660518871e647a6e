package io.tidetable.forecast.method;

import java.util.List;

/**
 * Something known beforehand that changes a quantity while it lasts: a holiday, a campaign, a
 * nightly load. Its past occurrences teach its effect, its future ones use it.
 *
 * @param name how the admin calls it
 * @param steps when it takes place, in steps from the start of the series, the future included
 */
public record Event(String name, List<Integer> steps) {
    public Event {
        steps = List.copyOf(steps);
    }
}
