package io.tidetable.model;

/** The name a destination has in the settings. */
public record DestinationId(String name) {
    public DestinationId {
        if (name.isEmpty()) {
            throw new IllegalArgumentException("a destination needs a name");
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
