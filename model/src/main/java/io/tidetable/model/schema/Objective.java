package io.tidetable.model.schema;

import java.time.Duration;

/**
 * What readers are promised of a table.
 *
 * @param freshness how old its rows may be at the destination, 100 ms to 31 days
 */
public record Objective(Duration freshness) {
    public Objective {
        if (freshness.compareTo(Duration.ofMillis(100)) < 0
                || freshness.compareTo(Duration.ofDays(31)) > 0) {
            throw new IllegalArgumentException(
                    "a freshness is 0.1 s to 31 days, got " + freshness.toMillis() / 1000.0 + " s");
        }
    }

    /** What readers of tables of that temperature are promised where nobody says otherwise. */
    public static Objective usual(Temperature temperature) {
        return switch (temperature) {
            case HOT -> ofSeconds(2);
            case WARM -> ofSeconds(10);
            case COLD -> ofSeconds(300);
        };
    }

    public static Objective ofSeconds(double seconds) {
        return new Objective(Duration.ofMillis(Math.round(seconds * 1000)));
    }

    /** The freshness in seconds. */
    public double seconds() {
        return freshness.toMillis() / 1000.0;
    }
}
