package io.tidetable.model.schema;

import java.util.Locale;

/** Who or what decided a version of a replication schema. */
public enum Origin {
    /** No rule spoke about the table. */
    DEFAULT,
    /** A rule of an administrator. */
    RULE,
    /** What the settings file says of the table by itself. */
    SETTINGS,
    /** The planner, on forecasts. */
    PLANNER,
    /** An administrator, for this table and for a time. */
    OVERRIDE;

    /** The word in answers. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The origin of that word.
     *
     * @throws IllegalArgumentException when there is none
     */
    public static Origin parse(String label) {
        for (Origin origin : values()) {
            if (origin.label().equals(label)) {
                return origin;
            }
        }
        throw new IllegalArgumentException("not an origin: '" + label + "'");
    }
}
