package io.tidetable.node.apply;

import java.util.List;

/** A statement that writes one row, with what its parameters are. */
record RowStatement(String sql, List<Parameter> parameters) {
    RowStatement {
        parameters = List.copyOf(parameters);
    }

    /**
     * A parameter's value.
     *
     * @param old whether it is the column's value before the change, as far as the stream tells
     */
    record Parameter(PlannedColumn column, boolean old) {}
}
