package io.tidetable.node.strategy;

import io.tidetable.node.functional.RowCondition;
import io.tidetable.node.functional.TableNeed;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What of a table's rows and changes is carried to a destination. */
public sealed interface TableScope {
    /** Every row and every change. */
    record Everything() implements TableScope {}

    /** Every row as of the last refresh; no changes. */
    record AsOfRefresh() implements TableScope {}

    /** Every row as of the last refresh; of changes those of sampled keys. */
    record Sampled(KeySample sample) implements TableScope {}

    /**
     * Some columns of the rows that meet a condition. Columns that are not carried have no value at
     * the destination.
     *
     * @param columns those that are carried, with the key; null for all
     * @param key the columns by which the stream names rows
     * @param rows null for all rows
     * @param layout all columns that changes of the table may carry, in the table's order, so that
     *     those which the source was told not to send are known; empty where it must send all
     */
    record Needed(
            @Nullable SortedSet<String> columns,
            List<String> key,
            @Nullable RowFilter rows,
            List<String> layout)
            implements TableScope {
        public Needed {
            columns = columns == null ? null : new TreeSet<>(columns);
            key = List.copyOf(key);
            layout = List.copyOf(layout);
        }

        /** What the source has to send. */
        public TableNeed need() {
            SortedSet<String> sent = columns;
            RowFilter filter = rows;
            RowCondition condition = filter == null ? RowCondition.always() : filter.condition();
            if (sent == null || layout.isEmpty()) {
                return new TableNeed(null, condition);
            }
            // It is evaluated here as well: a publication may not be able to, or not yet.
            SortedSet<String> all = new TreeSet<>(sent);
            all.addAll(condition.columns());
            return new TableNeed(all, condition);
        }

        /** Whether a column has no value at the destination. */
        boolean isBlank(String column) {
            return columns != null && !columns.contains(column);
        }
    }

    /** Every row and every change. */
    static TableScope everything() {
        return new Everything();
    }

    /** What of rows and columns the source has to send for it. */
    default TableNeed sent() {
        return this instanceof Needed needed ? needed.need() : TableNeed.EVERYTHING;
    }

    /** Whether changes pass as they are. */
    default boolean isEverything() {
        return this instanceof Everything;
    }

    /** Whether rows may come and go by other changes than inserts and deletes. */
    default boolean comesAndGoes() {
        return this instanceof Needed needed && needed.rows() != null;
    }

    /** The condition that rows of the source meet which are at the destination; null for all. */
    default @Nullable String condition() {
        return switch (this) {
            case Everything(), AsOfRefresh(), Sampled _ -> null;
            case Needed needed -> {
                RowFilter rows = needed.rows();
                yield rows == null ? null : rows.condition().sql();
            }
        };
    }

    /** Of these columns, those that have no value at the destination. */
    default Set<String> blanks(List<String> columns) {
        Set<String> blanks = new TreeSet<>();
        if (this instanceof Needed needed) {
            columns.stream().filter(needed::isBlank).forEach(blanks::add);
        }
        return blanks;
    }

    /** What it comes to, without the values of conditions. */
    default RowCondition rowsOrAll() {
        return this instanceof Needed(_, _, RowFilter rows, _) && rows != null
                ? rows.condition()
                : RowCondition.always();
    }
}
