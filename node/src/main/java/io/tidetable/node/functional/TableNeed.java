package io.tidetable.node.functional;

import java.util.Collections;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What is needed of a table.
 *
 * @param columns their names; null for all of them
 * @param rows the condition that the rows needed meet
 */
public record TableNeed(@Nullable SortedSet<String> columns, RowCondition rows) {
    /** All of it. */
    public static final TableNeed EVERYTHING = new TableNeed(null, RowCondition.always());

    public TableNeed {
        columns =
                columns == null ? null : Collections.unmodifiableSortedSet(new TreeSet<>(columns));
    }

    /** Some columns of all rows. */
    public static TableNeed ofColumns(Set<String> columns) {
        return new TableNeed(new TreeSet<>(columns), RowCondition.always());
    }

    /** What both need together. Columns that tell which rows are needed are not needed by that. */
    public TableNeed with(TableNeed other) {
        SortedSet<String> mine = columns;
        SortedSet<String> theirs = other.columns;
        SortedSet<String> both = null;
        if (mine != null && theirs != null) {
            both = new TreeSet<>(mine);
            both.addAll(theirs);
        }
        return new TableNeed(both, rows.or(other.rows));
    }

    /** Whether it holds all of the other, as far as conditions plainly tell. */
    public boolean covers(TableNeed other) {
        SortedSet<String> mine = columns;
        SortedSet<String> theirs = other.columns;
        return (mine == null || (theirs != null && mine.containsAll(theirs)))
                && rows.plain().followsFrom(other.rows.plain());
    }

    /** Whether it is the whole table. */
    public boolean isEverything() {
        return columns == null && rows.isAlways();
    }
}
