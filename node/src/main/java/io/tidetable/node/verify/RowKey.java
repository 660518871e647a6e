package io.tidetable.node.verify;

import java.util.List;

/**
 * Which row: the texts of its key columns in the key's order, or, where the table has no key, the
 * two halves of the hash of all it holds.
 */
public record RowKey(List<String> values) {
    public RowKey {
        values = List.copyOf(values);
        if (values.isEmpty()) {
            throw new IllegalArgumentException("a row's key has at least one value");
        }
    }

    @Override
    public String toString() {
        return String.join(", ", values);
    }
}
