package io.tidetable.testkit;

import io.tidetable.model.TableId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Rows numbered 1, 2, 3.. per counter, appended in commit order: in every consistent state each
 * counter has no gap and no double, so a lost, doubled or overtaking row shows at once. Some rows
 * are rolled back to a savepoint first and their numbers given to others.
 */
public final class AppendOnlyCounters implements Workload {
    private final TableId table;
    private final int counters;

    /** Counters in the table {@code public.counters}. */
    public AppendOnlyCounters(int counters) {
        this(new TableId("public", "counters"), counters);
    }

    /** Counters in a table. */
    public AppendOnlyCounters(TableId table, int counters) {
        if (counters < 1) {
            throw new IllegalArgumentException("at least one counter, got " + counters);
        }
        this.table = table;
        this.counters = counters;
    }

    public TableId table() {
        return table;
    }

    @Override
    public void create(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(
                    """
                    CREATE TABLE %s (
                        counter int NOT NULL,
                        value bigint NOT NULL,
                        note text NOT NULL,
                        PRIMARY KEY (counter, value)
                    )
                    """
                            .formatted(table.quoted()));
        }
    }

    @Override
    public void transaction(Connection connection, RandomGenerator random) throws SQLException {
        int counter = random.nextInt(counters);
        int rows = 1 + random.nextInt(5);
        boolean regret = random.nextInt(8) == 0;
        // The lock is taken before the snapshot that reads the highest value.
        try (PreparedStatement lock =
                connection.prepareStatement("SELECT pg_advisory_xact_lock(hashtext(?), ?)")) {
            lock.setString(1, table.toString());
            lock.setInt(2, counter);
            lock.execute();
        }
        if (regret) {
            var savepoint = connection.setSavepoint();
            append(connection, counter, rows, "regretted");
            connection.rollback(savepoint);
        }
        append(connection, counter, rows, "kept " + random.nextLong());
    }

    private void append(Connection connection, int counter, int rows, String note)
            throws SQLException {
        String sql =
                """
                INSERT INTO %1$s (counter, value, note)
                SELECT ?, coalesce((SELECT max(value) FROM %1$s WHERE counter = ?), 0) + step, ?
                FROM generate_series(1, ?) AS step
                """
                        .formatted(table.quoted());
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setInt(1, counter);
            statement.setInt(2, counter);
            statement.setString(3, note);
            statement.setInt(4, rows);
            statement.executeUpdate();
        }
    }

    /** What is wrong with the table there, at any moment; empty when nothing. */
    public Optional<String> violation(Connection connection) throws SQLException {
        String sql =
                """
                SELECT counter, count(*), count(DISTINCT value), min(value), max(value),
                       count(*) FILTER (WHERE note = 'regretted')
                FROM %s
                GROUP BY counter
                HAVING min(value) <> 1 OR max(value) <> count(*)
                    OR count(DISTINCT value) <> count(*)
                    OR count(*) FILTER (WHERE note = 'regretted') > 0
                ORDER BY counter
                """
                        .formatted(table.quoted());
        List<String> wrong = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                wrong.add(
                        "counter %d: %d rows, %d different values from %d to %d, %d rolled back"
                                .formatted(
                                        rows.getInt(1),
                                        rows.getLong(2),
                                        rows.getLong(3),
                                        rows.getLong(4),
                                        rows.getLong(5),
                                        rows.getLong(6)));
            }
        }
        return wrong.isEmpty()
                ? Optional.empty()
                : Optional.of(table + ": " + String.join("; ", wrong));
    }
}
