package io.tidetable.node.strategy;

import io.tidetable.node.functional.RowCondition;
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
     */
    record Needed(@Nullable SortedSet<String> columns, List<String> key, @Nullable RowFilter rows)
            implements TableScope {
        public Needed {
            columns = columns == null ? null : new TreeSet<>(columns);
            key = List.copyOf(key);
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
        return this instanceof Needed(_, _, RowFilter rows) && rows != null
                ? rows.condition()
                : RowCondition.always();
    }
}
