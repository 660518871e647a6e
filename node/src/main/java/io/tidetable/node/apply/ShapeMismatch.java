package io.tidetable.node.apply;

import io.tidetable.model.Column;
import io.tidetable.model.TableShape;
import java.util.List;

/**
 * Where a table's shape in the change stream and the destination's table do not fit.
 *
 * @param tableMissing whether the destination has no such table
 * @param missing columns of the stream that the destination does not have
 * @param incompatible columns whose type the destination does not have or cannot take
 */
public record ShapeMismatch(
        TableShape shape, boolean tableMissing, List<Column> missing, List<Column> incompatible) {
    public ShapeMismatch {
        missing = List.copyOf(missing);
        incompatible = List.copyOf(incompatible);
    }

    String describe() {
        if (tableMissing) {
            return "the destination has no such table";
        }
        StringBuilder text = new StringBuilder();
        if (!missing.isEmpty()) {
            text.append("the destination lacks ").append(names(missing));
        }
        if (!incompatible.isEmpty()) {
            text.append(text.isEmpty() ? "" : " and ")
                    .append("cannot take the type of ")
                    .append(names(incompatible));
        }
        return text.toString();
    }

    private static String names(List<Column> columns) {
        return columns.stream().map(Column::name).toList().toString();
    }
}
