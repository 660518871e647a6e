package io.tidetable.model;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What readers of a destination may rely on for a table; it decides which lane carries it. */
public sealed interface Consistency {
    /**
     * How it is written: {@code table}, {@code group: checkout}, {@code strict}, {@code key(4)}.
     */
    default String label() {
        return switch (this) {
            case Table() -> "table";
            case Group(String name) -> "group: " + name;
            case Strict() -> "strict";
            case Key(int buckets) -> "key(" + buckets + ")";
        };
    }

    /**
     * Reads what {@link #label} writes; {@code key} alone means four lanes.
     *
     * @throws IllegalArgumentException when it is none of them
     */
    static Consistency parse(String label) {
        Matcher key = Pattern.compile("key(?:\\((\\d{1,3})\\))?").matcher(label);
        Matcher group = Pattern.compile("group:\\s*([A-Za-z0-9_-]+)").matcher(label);
        if (label.equals("table")) {
            return new Table();
        }
        if (label.equals("strict")) {
            return new Strict();
        }
        if (key.matches()) {
            return new Key(key.group(1) == null ? 4 : Integer.parseInt(key.group(1)));
        }
        if (group.matches()) {
            return new Group(group.group(1));
        }
        throw new IllegalArgumentException(
                "takes table, key, key(N), strict or \"group: NAME\", got '" + label + "'");
    }

    /** A table's changes come in commit order, each source transaction's changes to it at once. */
    record Table() implements Consistency {}

    /** Whole source transactions across the tables of the group appear at once. */
    record Group(String name) implements Consistency {
        public Group {
            if (name.isEmpty()) {
                throw new IllegalArgumentException("a consistency group needs a name");
            }
        }
    }

    /** The whole destination is one lane: what PostgreSQL's own replication gives. */
    record Strict() implements Consistency {}

    /**
     * Order per primary key only, spread over so many lanes.
     *
     * @param buckets number of lanes, 2 to 64
     */
    record Key(int buckets) implements Consistency {
        public Key {
            if (buckets < 2 || buckets > 64) {
                throw new IllegalArgumentException(
                        "key consistency takes 2 to 64 lanes, got " + buckets);
            }
        }
    }
}
