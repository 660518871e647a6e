package io.tidetable.model.schema;

import java.util.Locale;

/** How fast a table's rows change. */
public enum ChangeFrequency {
    HIGH,
    MEDIUM,
    LOW;

    /** The word in settings, rules and answers. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The frequency of that word.
     *
     * @throws IllegalArgumentException when there is none
     */
    public static ChangeFrequency parse(String label) {
        for (ChangeFrequency frequency : values()) {
            if (frequency.label().equals(label)) {
                return frequency;
            }
        }
        throw new IllegalArgumentException("takes high, medium or low, got '" + label + "'");
    }
}
