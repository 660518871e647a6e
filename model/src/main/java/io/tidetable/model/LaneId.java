package io.tidetable.model;

/**
 * The name of a lane within its destination: a table ({@code public.orders}), a key bucket of it
 * ({@code public.orders#2}), a consistency group ({@code group:checkout}) or everything ({@code
 * strict}).
 */
public record LaneId(String name) implements Comparable<LaneId> {
    public LaneId {
        if (name.isEmpty()) {
            throw new IllegalArgumentException("a lane needs a name");
        }
    }

    @Override
    public int compareTo(LaneId other) {
        return name.compareTo(other.name);
    }

    @Override
    public String toString() {
        return name;
    }
}
