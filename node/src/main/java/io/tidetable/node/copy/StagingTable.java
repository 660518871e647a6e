package io.tidetable.node.copy;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.stream.Collectors;

/**
 * A temporary table of the destination session with a table's columns, from which rows are put into
 * the table whether or not their key is there. Lives until the transaction ends.
 */
public final class StagingTable {
    /** Its name as SQL takes it. */
    public static final String NAME = "pg_temp.tidetable_rows";

    private final TableLayout layout;

    /** The staging table for rows of a table. */
    public StagingTable(TableLayout layout) {
        this.layout = layout;
    }

    /** Makes it, empty. */
    public void create(Connection destination) throws SQLException {
        try (Statement statement = destination.createStatement()) {
            statement.execute("DROP TABLE IF EXISTS " + NAME);
            statement.execute(
                    "CREATE TEMPORARY TABLE tidetable_rows ON COMMIT DROP AS SELECT %s FROM %s WITH NO DATA"
                            .formatted(layout.columnList(), layout.destination().quoted()));
        }
    }

    /** What fills it. */
    public String copyIn() {
        return copyInto(NAME, layout);
    }

    static String copyInto(String target, TableLayout layout) {
        // A table may be without columns, and an empty list of them is no SQL.
        return "COPY %s%s FROM STDIN%s"
                .formatted(
                        target,
                        layout.columns().isEmpty() ? "" : " (" + layout.columnList() + ")",
                        layout.binary() ? " (FORMAT binary)" : "");
    }

    /** Puts its rows into the table; a row whose key is there becomes the staged one. */
    public void upsert(Connection destination) throws SQLException {
        String assignments =
                layout.columns().stream()
                        .filter(column -> !column.destination().identityAlways())
                        .map(column -> column.quoted() + " = EXCLUDED." + column.quoted())
                        .collect(Collectors.joining(", "));
        insert(
                destination,
                " ON CONFLICT (%s) DO %s"
                        .formatted(
                                layout.keyList(),
                                assignments.isEmpty() ? "NOTHING" : "UPDATE SET " + assignments));
    }

    /** Puts its rows into the table as further rows. */
    public void insert(Connection destination) throws SQLException {
        insert(destination, "");
    }

    private void insert(Connection destination, String conflict) throws SQLException {
        try (Statement statement = destination.createStatement()) {
            statement.execute(
                    "INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %s%s"
                            .formatted(
                                    layout.destination().quoted(),
                                    layout.columnList(),
                                    layout.columnList(),
                                    NAME,
                                    conflict));
        }
    }
}
