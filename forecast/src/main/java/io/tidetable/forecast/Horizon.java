package io.tidetable.forecast;

/** How many steps a forecast reaches ahead. */
public record Horizon(int steps) {
    public Horizon {
        if (steps < 1) {
            throw new IllegalArgumentException(
                    "a horizon has at least one step, this one has " + steps);
        }
    }

    /** A horizon of so many steps. */
    public static Horizon of(int steps) {
        return new Horizon(steps);
    }
}
