package io.tidetable.testkit;

import io.tidetable.embedded.PostgresServer;
import io.tidetable.model.TableId;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * A source database and a destination database. {@link #close} ends whatever is connected to them
 * and removes them with their replication slots.
 */
public record DatabasePair(
        PostgresServer sourceServer,
        String sourceName,
        PostgresServer destinationServer,
        String destinationName)
        implements AutoCloseable {
    private static final String END_SLOT_READERS =
            """
            SELECT pg_terminate_backend(active_pid)
            FROM pg_replication_slots
            WHERE database = current_database() AND active_pid IS NOT NULL
            """;
    private static final String DROP_IDLE_SLOTS =
            """
            SELECT pg_drop_replication_slot(slot_name)
            FROM pg_replication_slots
            WHERE database = current_database() AND active_pid IS NULL
            """;
    private static final String SLOTS_LEFT =
            "SELECT count(*) FROM pg_replication_slots WHERE database = current_database()";

    /** The source's JDBC URL. */
    public String sourceJdbcUrl() {
        return sourceServer.jdbcUrl(sourceName);
    }

    /** The destination's JDBC URL. */
    public String destinationJdbcUrl() {
        return destinationServer.jdbcUrl(destinationName);
    }

    /** The source's URL as settings files take it. */
    public String sourceUrl() {
        return sourceServer.url(sourceName);
    }

    /** The destination's URL as settings files take it. */
    public String destinationUrl() {
        return destinationServer.url(destinationName);
    }

    /** A new connection to the source. */
    public Connection connectSource() throws SQLException {
        return sourceServer.connect(sourceName);
    }

    /** A new connection to the destination. */
    public Connection connectDestination() throws SQLException {
        return destinationServer.connect(destinationName);
    }

    /** Runs statements on the source, each in a transaction of its own. */
    public void onSource(String... statements) throws SQLException {
        try (Connection connection = connectSource()) {
            run(connection, statements);
        }
    }

    /** Runs statements on the destination, each in a transaction of its own. */
    public void onDestination(String... statements) throws SQLException {
        try (Connection connection = connectDestination()) {
            run(connection, statements);
        }
    }

    /** Runs the same statements on both: for tables that a test makes by itself. */
    public void onBoth(String... statements) throws SQLException {
        onSource(statements);
        onDestination(statements);
    }

    /** A comparer of the two. */
    public DatabaseComparer comparer() {
        return new DatabaseComparer(sourceJdbcUrl(), destinationJdbcUrl());
    }

    /** Removes both databases. */
    @Override
    public void close() throws SQLException {
        drop(sourceServer, sourceName);
        drop(destinationServer, destinationName);
    }

    private static void run(Connection connection, String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private static void drop(PostgresServer server, String database) throws SQLException {
        try (Connection connection = server.connect(database)) {
            dropSlots(connection);
        }
        try (Connection connection = server.connect("postgres")) {
            run(connection, "DROP DATABASE " + TableId.quote(database) + " WITH (FORCE)");
        }
    }

    /** A reader may come back between its end and the drop, so this goes on until none is left. */
    private static void dropSlots(Connection connection) throws SQLException {
        long deadline = System.nanoTime() + 30_000_000_000L;
        while (true) {
            try (Statement statement = connection.createStatement()) {
                try (var rows = statement.executeQuery(SLOTS_LEFT)) {
                    rows.next();
                    if (rows.getLong(1) == 0) {
                        return;
                    }
                }
                statement.execute(END_SLOT_READERS);
                statement.execute(DROP_IDLE_SLOTS);
            } catch (SQLException e) {
                // Someone took the slot in between.
                if (System.nanoTime() > deadline) {
                    throw e;
                }
            }
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("a replication slot is in use and stays so");
            }
        }
    }
}
