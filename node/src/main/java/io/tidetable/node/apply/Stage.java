package io.tidetable.node.apply;

import io.tidetable.node.apply.FoldedRows.Row;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.BitSet;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A table that holds rows on their way into a table, and the statements that take them from it. Its
 * column {@code part} says which rows belong together; column {@code cN} holds the stream's column
 * N in its own type, or as text where it came as text.
 *
 * @param name as SQL takes it
 * @param text the stream's columns that it holds as text
 */
record Stage(TablePlan plan, String name, BitSet text) {
    static BitSet textColumns(TablePlan plan, IntPredicate isText) {
        BitSet text = new BitSet();
        plan.written().stream().mapToInt(PlannedColumn::index).filter(isText).forEach(text::set);
        return text;
    }

    /** Its columns, as CREATE TABLE takes them. */
    String columns() {
        return Stream.concat(
                        Stream.of("part integer NOT NULL"),
                        plan.written().stream()
                                .map(column -> "c%d %s".formatted(column.index(), type(column))))
                .collect(Collectors.joining(", "));
    }

    String type(PlannedColumn column) {
        return text.get(column.index()) ? "text" : column.wireType();
    }

    /** Takes rows that consist of a part and these columns. */
    String copy(List<PlannedColumn> columns) {
        return "COPY %s (%s) FROM STDIN (FORMAT binary)"
                .formatted(
                        name,
                        Stream.concat(
                                        Stream.of("part"),
                                        columns.stream().map(column -> "c" + column.index()))
                                .collect(Collectors.joining(", ")));
    }

    /** Takes rows straight into the table. */
    static String copyIntoTable(TablePlan plan, List<PlannedColumn> columns) {
        return "COPY %s (%s) FROM STDIN (FORMAT binary)"
                .formatted(
                        plan.target().id().quoted(),
                        columns.stream()
                                .map(PlannedColumn::name)
                                .collect(Collectors.joining(", ")));
    }

    /** The columns that rows with these unknown ones bring along. */
    static List<PlannedColumn> known(TablePlan plan, BitSet unknown) {
        return plan.written().stream().filter(column -> !unknown.get(column.index())).toList();
    }

    /** Fills rows in, sorted by their keys. */
    void fill(Connection connection, List<PlannedColumn> columns, List<Row> rows, int part)
            throws SQLException {
        try (BinaryCopy copy = BinaryCopy.begin(connection, copy(columns))) {
            for (Row row : FoldedRows.sorted(rows)) {
                copy.row(columns.size() + 1);
                copy.integer(part);
                copy.values(columns, row.image());
            }
            copy.finish();
        }
    }

    /** Fills packed rows in, in that order. */
    void fill(Connection connection, PackedTable table, int[] rows, int part) throws SQLException {
        fill(connection, table.columns(), rows, part, table::write);
    }

    /** Fills the keys of packed rows in, in that order. */
    void fillKeys(Connection connection, PackedTable table, int[] rows, int part)
            throws SQLException {
        fill(connection, table.keyColumns(), rows, part, table::writeKey);
    }

    /** How one row's values are written. */
    @FunctionalInterface
    private interface Values {
        void write(int row, BinaryCopy copy) throws SQLException;
    }

    private void fill(
            Connection connection, List<PlannedColumn> columns, int[] rows, int part, Values values)
            throws SQLException {
        try (BinaryCopy copy = BinaryCopy.begin(connection, copy(columns))) {
            for (int row : rows) {
                copy.row(columns.size() + 1);
                copy.integer(part);
                values.write(row, copy);
            }
            copy.finish();
        }
    }

    /** Sets all known columns but the key; null where there is nothing to set. */
    @Nullable String update(int part, BitSet unknown) {
        String set =
                plan.written().stream()
                        .filter(column -> !unknown.get(column.index()))
                        .filter(column -> column.updatable() && !plan.isKey(column))
                        .map(column -> column.name() + " = " + value(column))
                        .collect(Collectors.joining(", "));
        return set.isEmpty()
                ? null
                : "UPDATE %s AS d SET %s FROM %s AS s WHERE s.part = %d AND %s"
                        .formatted(plan.target().only(), set, name, part, sameKey());
    }

    String delete(int part) {
        return "DELETE FROM %s AS d USING %s AS s WHERE s.part = %d AND %s"
                .formatted(plan.target().only(), name, part, sameKey());
    }

    String insert(int part) {
        return "INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %s AS s WHERE s.part = %d"
                .formatted(
                        plan.target().id().quoted(),
                        plan.written().stream()
                                .map(PlannedColumn::name)
                                .collect(Collectors.joining(", ")),
                        plan.written().stream().map(this::value).collect(Collectors.joining(", ")),
                        name,
                        part);
    }

    /** Inserts the rows whose key is not taken. */
    String insertMissing(int part) {
        return insert(part)
                + " AND NOT EXISTS (SELECT FROM %s AS d WHERE %s)"
                        .formatted(plan.target().only(), sameKey());
    }

    private String sameKey() {
        StringBuilder condition = new StringBuilder();
        for (int i = 0; i < plan.key().size(); i++) {
            PlannedColumn column = plan.key().get(i);
            condition
                    .append(i == 0 ? "" : " AND ")
                    .append("d.")
                    .append(column.name())
                    .append(' ')
                    .append(plan.keyEquals().get(i))
                    .append(' ')
                    .append(value(column));
        }
        return condition.toString();
    }

    /** The staged value as one of the destination's type. */
    String value(PlannedColumn column) {
        return value(column, "s.c" + column.index());
    }

    String value(PlannedColumn column, String staged) {
        return text.get(column.index()) ? column.fromText(staged) : column.converted(staged);
    }
}
