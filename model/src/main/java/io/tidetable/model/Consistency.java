package io.tidetable.model;

/** What readers of a destination may rely on for a table; it decides which lane carries it. */
public sealed interface Consistency {
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
