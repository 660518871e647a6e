package io.tidetable.forecast;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** The lengths of a series' seasons in steps, ascending: a day, a week. */
public record Seasons(List<Integer> steps) {
    private static final Seasons NONE = new Seasons(List.of());

    public Seasons {
        steps = steps.stream().sorted().distinct().toList();
        if (!steps.isEmpty() && steps.getFirst() < 2) {
            throw new IllegalArgumentException(
                    "a season has at least 2 steps, this one has " + steps.getFirst());
        }
    }

    /** No season. */
    public static Seasons none() {
        return NONE;
    }

    /** Seasons of these lengths in steps, in any order. */
    public static Seasons of(int... steps) {
        return new Seasons(Arrays.stream(steps).boxed().collect(Collectors.toList()));
    }

    /** Whether there is no season. */
    public boolean isEmpty() {
        return steps.isEmpty();
    }

    /** The shortest season in steps, 1 where there is none. */
    public int shortest() {
        return steps.isEmpty() ? 1 : steps.getFirst();
    }

    /** The longest season in steps, 1 where there is none. */
    public int longest() {
        return steps.isEmpty() ? 1 : steps.getLast();
    }

    /** Only the seasons of which a series of this length shows at least that many cycles. */
    public Seasons seenAtLeast(int cycles, int length) {
        return new Seasons(steps.stream().filter(s -> (long) s * cycles <= length).toList());
    }

    @Override
    public String toString() {
        return steps.toString();
    }
}
