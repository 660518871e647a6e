package io.tidetable.node.verify;

import io.tidetable.node.verify.Difference.Location;
import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** Hashed rows in the order of their key's hash, fetched a few thousand at a time. */
final class RowCursor {
    private static final String NAME = "tidetable_compared_rows";
    private static final int ROWS_PER_FETCH = 5000;

    private final Connection connection;
    private final Queue<Row> fetched = new ArrayDeque<>();
    private boolean exhausted;

    private RowCursor(Connection connection) {
        this.connection = connection;
    }

    /** A row and its hashes. */
    record Row(Location location, long key1, long key2, long row1, long row2, RowKey key) {
        int compareKey(Row other) {
            int first = Long.compare(key1, other.key1);
            return first != 0 ? first : Long.compare(key2, other.key2);
        }

        boolean sameAs(Row other) {
            return row1 == other.row1 && row2 == other.row2;
        }
    }

    /**
     * Begins to read.
     *
     * @param connection in a transaction
     * @param query of hashed rows
     * @param held whether it goes on when the transaction is committed
     */
    static RowCursor open(Connection connection, String query, boolean held) throws SQLException {
        close(connection);
        try (Statement statement = connection.createStatement()) {
            statement.execute(
                    "DECLARE %s NO SCROLL CURSOR %s FOR %s ORDER BY key1, key2, row1, row2"
                            .formatted(NAME, held ? "WITH HOLD" : "WITHOUT HOLD", query));
        }
        return new RowCursor(connection);
    }

    /** The next row, null at the end. */
    @Nullable Row next() throws SQLException {
        if (fetched.isEmpty() && !exhausted) {
            fetch();
        }
        return fetched.poll();
    }

    private void fetch() throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery(
                                "FETCH FORWARD %d FROM %s".formatted(ROWS_PER_FETCH, NAME))) {
            int count = 0;
            while (row.next()) {
                fetched.add(read(row));
                count++;
            }
            exhausted = count < ROWS_PER_FETCH;
        }
    }

    private static Row read(ResultSet row) throws SQLException {
        long row1 = row.getLong("row1");
        long row2 = row.getLong("row2");
        Array key = row.getArray("key");
        return new Row(
                new Location(row.getLong("relation"), row.getString("place")),
                row.getLong("key1"),
                row.getLong("key2"),
                row1,
                row2,
                key == null
                        ? new RowKey(List.of(Long.toString(row1), Long.toString(row2)))
                        : new RowKey(List.of((String[]) key.getArray())));
    }

    /** Ends the reading of a session, if it reads at all. */
    static void close(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            boolean open;
            try (ResultSet row =
                    statement.executeQuery(
                            "SELECT EXISTS (SELECT FROM pg_catalog.pg_cursors WHERE name = '%s')"
                                    .formatted(NAME))) {
                row.next();
                open = row.getBoolean(1);
            }
            if (open) {
                statement.execute("CLOSE " + NAME);
            }
        }
    }
}
