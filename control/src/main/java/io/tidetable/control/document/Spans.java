package io.tidetable.control.document;

import java.time.Duration;

/** Durations as numbers of seconds. */
final class Spans {
    private static final double LONGEST = Duration.ofDays(3650).toSeconds();

    private Spans() {}

    static double seconds(Duration duration) {
        return duration.toMillis() / 1000.0;
    }

    static Duration duration(String name, double seconds) {
        if (!(seconds >= 0 && seconds <= LONGEST)) {
            throw new IllegalArgumentException(
                    "%s takes seconds from 0 to %.0f, got %s".formatted(name, LONGEST, seconds));
        }
        return Duration.ofMillis(Math.round(seconds * 1000));
    }
}
