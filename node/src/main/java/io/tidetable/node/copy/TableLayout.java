package io.tidetable.node.copy;

import io.tidetable.model.TableId;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A table as it stands on both sides: the columns that travel, and the key by which rows are told
 * apart.
 *
 * @param columns those that are not generated, in the source's order
 * @param key columns of a unique index without nulls that both sides have; empty when there is none
 * @param sourcePartitioned whether the source's rows lie in partitions
 * @param destinationPartitioned whether the destination's rows lie in partitions
 */
public record TableLayout(
        TableId source,
        TableId destination,
        List<LayoutColumn> columns,
        List<LayoutColumn> key,
        boolean sourcePartitioned,
        boolean destinationPartitioned) {
    public TableLayout {
        columns = List.copyOf(columns);
        key = List.copyOf(key);
        if (!columns.containsAll(key)) {
            throw new IllegalArgumentException(
                    "the key of " + source + " is not all among its columns");
        }
    }

    public boolean hasKey() {
        return !key.isEmpty();
    }

    /** Whether a copy goes in binary form as it is. */
    public boolean binary() {
        return columns.stream().allMatch(LayoutColumn::binary);
    }

    /** The table's name on one side. */
    public TableId table(Side side) {
        return switch (side) {
            case SOURCE -> source;
            case DESTINATION -> destination;
        };
    }

    /** What stands behind FROM to read all rows of the table and none of another. */
    public String from(Side side) {
        boolean partitioned =
                switch (side) {
                    case SOURCE -> sourcePartitioned;
                    case DESTINATION -> destinationPartitioned;
                };
        return (partitioned ? "" : "ONLY ") + table(side).quoted();
    }

    /** All columns, quoted, with commas. */
    public String columnList() {
        return list(columns);
    }

    /** What to read of the source, as a list of expressions: the columns, NULL for blank ones. */
    public String sourceList() {
        return columns.stream()
                .map(column -> column.blank() ? "NULL" : column.quoted())
                .collect(Collectors.joining(", "));
    }

    /** The key's columns, quoted, with commas. */
    public String keyList() {
        return list(key);
    }

    private static String list(List<LayoutColumn> columns) {
        return columns.stream().map(LayoutColumn::quoted).collect(Collectors.joining(", "));
    }

    /**
     * The same table with some of its columns; the key's always stay.
     *
     * @param names others are left out
     */
    public TableLayout withColumns(Set<String> names) {
        List<LayoutColumn> kept =
                columns.stream()
                        .filter(column -> names.contains(column.name()) || key.contains(column))
                        .toList();
        return new TableLayout(
                source, destination, kept, key, sourcePartitioned, destinationPartitioned);
    }

    /**
     * The same table with some columns that have no value at the destination; the key's always do.
     *
     * @param names others keep theirs
     */
    public TableLayout blanking(Set<String> names) {
        List<LayoutColumn> blanked =
                columns.stream()
                        .map(column ->
                                names.contains(column.name()) && !key.contains(column)
                                        ? column.blanked()
                                        : column)
                        .toList();
        return new TableLayout(
                source, destination, blanked, key, sourcePartitioned, destinationPartitioned);
    }

    /** Names and types of what travels: copies with different ones cannot be put together. */
    public String signature() {
        return columns.stream()
                .map(column -> column.quoted() + " " + column.source().declared())
                .collect(Collectors.joining(", "));
    }
}
