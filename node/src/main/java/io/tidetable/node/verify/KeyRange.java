package io.tidetable.node.verify;

import io.tidetable.node.copy.LayoutColumn;
import io.tidetable.node.copy.Side;
import io.tidetable.node.copy.TableLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A part of a table by its key, or all of it. Columns that both servers sort alike are compared as
 * they are; all others by the bytes of their text.
 *
 * @param from texts of the first key columns, included; null for the beginning
 * @param to texts of the first key columns, not included; null for the end
 */
public record KeyRange(@Nullable List<String> from, @Nullable List<String> to) {
    /** The whole table. */
    public static final KeyRange ALL = new KeyRange(null, null);

    public KeyRange {
        from = from == null ? null : List.copyOf(from);
        to = to == null ? null : List.copyOf(to);
    }

    /** The condition that rows of the range meet. */
    public String condition(TableLayout layout, Side side) {
        List<String> conditions = new ArrayList<>();
        if (from != null) {
            conditions.add(comparison(layout, side, ">=", from));
        }
        if (to != null) {
            conditions.add(comparison(layout, side, "<", to));
        }
        return conditions.isEmpty() ? "true" : String.join(" AND ", conditions);
    }

    private static String comparison(
            TableLayout layout, Side side, String operator, List<String> bound) {
        if (bound.isEmpty() || bound.size() > layout.key().size()) {
            throw new IllegalArgumentException(
                    "a bound of %d values does not fit the key of %s (%s)"
                            .formatted(bound.size(), layout.source(), layout.keyList()));
        }
        List<String> columns = new ArrayList<>();
        List<String> values = new ArrayList<>();
        for (int i = 0; i < bound.size(); i++) {
            LayoutColumn column = layout.key().get(i);
            String value = SqlText.literal(bound.get(i));
            if (column.sameOrder()) {
                columns.add(column.quoted());
                values.add(value + "::" + column.type(side).bare());
            } else {
                columns.add(column.quoted() + "::text COLLATE \"C\"");
                values.add(value + "::text");
            }
        }
        return "ROW(%s) %s ROW(%s)"
                .formatted(String.join(", ", columns), operator, String.join(", ", values));
    }
}
