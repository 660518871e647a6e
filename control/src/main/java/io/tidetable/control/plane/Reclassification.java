package io.tidetable.control.plane;

import java.time.Duration;

/**
 * When tables are classified anew while they are replicated. A table changes its class only where
 * that would be so with every rate a fifth lower or higher as well, was so at several looks in a
 * row, and nothing was changed for a while: what hovers around a limit stays as it is.
 *
 * @param automatic false for never by itself: classes follow rules and settings only
 * @param interval between two looks at the figures
 * @param looks in a row that must say the same; the last but one announces it
 */
public record Reclassification(boolean automatic, Duration interval, int looks) {
    public static final Reclassification USUAL =
            new Reclassification(true, Duration.ofMinutes(1), 3);

    /** Nothing changes by itself. */
    public static final Reclassification NEVER =
            new Reclassification(false, Duration.ofMinutes(1), 3);

    private static final int LONGEST_ROW = 60;
    private static final int REST_IN_LOOKS = 10;

    public Reclassification {
        if (!interval.isPositive()) {
            throw new IllegalArgumentException("looks are some time apart, got " + interval);
        }
        if (looks < 2 || looks > LONGEST_ROW) {
            throw new IllegalArgumentException(
                    "2 to %d looks in a row, got %d".formatted(LONGEST_ROW, looks));
        }
    }

    /** How long a table that was changed by itself is left alone. */
    Duration rest() {
        return interval.multipliedBy(REST_IN_LOOKS);
    }
}
