package io.tidetable.node.verify;

import org.jspecify.annotations.Nullable;

/** A row in which source and destination differ. */
public sealed interface Difference {
    /** Which row. */
    RowKey key();

    /**
     * Where a row lies.
     *
     * @param relation OID of the table or partition
     * @param place its {@code ctid}
     */
    record Location(long relation, String place) {}

    /**
     * A row of the destination as it was seen.
     *
     * @param row1 first hash of all it holds
     * @param row2 second hash of all it holds
     */
    record Seen(Location location, long row1, long row2) {}

    /** A row of the source that the destination does not have. */
    record Missing(RowKey key, Location source) implements Difference {}

    /** A row of the destination that the source does not have. */
    record Extra(RowKey key, Seen destination) implements Difference {}

    /** A row that both have, with other values. */
    record Different(RowKey key, Location source, Seen destination) implements Difference {}

    /** Where the source's row lies, null when it has none. */
    default @Nullable Location sourceLocation() {
        return switch (this) {
            case Missing missing -> missing.source();
            case Extra _ -> null;
            case Different different -> different.source();
        };
    }
}
