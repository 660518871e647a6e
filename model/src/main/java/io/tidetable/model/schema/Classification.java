package io.tidetable.model.schema;

/** A table's class: how much it is read, and how fast it changes. */
public record Classification(Temperature temperature, ChangeFrequency changeFrequency) {
    /** The class of a table of which nothing is known yet. */
    public static final Classification UNKNOWN =
            new Classification(Temperature.WARM, ChangeFrequency.MEDIUM);

    /** For people: {@code hot, changes often}. */
    @Override
    public String toString() {
        return temperature.label()
                + switch (changeFrequency) {
                    case HIGH -> ", changes often";
                    case MEDIUM -> ", changes now and then";
                    case LOW -> ", rarely changes";
                };
    }
}
