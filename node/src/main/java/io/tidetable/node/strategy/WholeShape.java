package io.tidetable.node.strategy;

import io.tidetable.model.Column;
import io.tidetable.model.TableShape;
import java.util.ArrayList;
import java.util.List;

/** Shapes of tables of which the source was told not to send all columns, as if it sent them. */
final class WholeShape {
    private WholeShape() {}

    /** The shape with the columns that are not sent, each in the place that it has in the table. */
    static TableShape of(TableShape announced, TableScope.Needed needed) {
        List<Column> columns = new ArrayList<>(announced.columns());
        int place = 0;
        for (String name : needed.layout()) {
            int known = place(columns, name);
            if (known >= 0) {
                place = known + 1;
            } else if (needed.isBlank(name)) {
                columns.add(place, Column.withoutValue(name));
                place++;
            }
        }
        return columns.size() == announced.columns().size()
                ? announced
                : new TableShape(
                        announced.table(), announced.relationOid(), announced.identity(), columns);
    }

    private static int place(List<Column> columns, String name) {
        for (int i = 0; i < columns.size(); i++) {
            if (columns.get(i).name().equals(name)) {
                return i;
            }
        }
        return -1;
    }
}
