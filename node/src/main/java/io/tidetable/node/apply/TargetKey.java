package io.tidetable.node.apply;

import java.util.List;

/**
 * A unique index over plain columns of a destination's table.
 *
 * @param columns names in the index's order
 * @param equals the index's equality operator for each, as SQL takes it
 * @param wholeTable whether it covers all rows, and columns rather than expressions
 */
record TargetKey(boolean primary, boolean wholeTable, List<String> columns, List<String> equals) {
    TargetKey {
        columns = List.copyOf(columns);
        equals = List.copyOf(equals);
    }
}
