package io.tidetable.model.schema;

import java.util.Locale;

/** How much a table is read or waited for. */
public enum Temperature {
    HOT,
    WARM,
    COLD;

    /** The word in settings, rules and answers. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The temperature of that word.
     *
     * @throws IllegalArgumentException when there is none
     */
    public static Temperature parse(String label) {
        for (Temperature temperature : values()) {
            if (temperature.label().equals(label)) {
                return temperature;
            }
        }
        throw new IllegalArgumentException("takes hot, warm or cold, got '" + label + "'");
    }
}
