package io.tidetable.lab.bench;

import io.tidetable.embedded.PostgresServer;
import io.tidetable.model.Consistency;
import io.tidetable.model.DestinationId;
import io.tidetable.model.Track;
import io.tidetable.node.capture.Publications;
import io.tidetable.node.capture.Slots;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.pipeline.Pipeline;
import io.tidetable.node.pipeline.PipelineSettings;
import io.tidetable.node.postgres.Database;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * The ring of a benchmark: one source server, one destination server with a database for each
 * contender, everything durable.
 */
final class Contest implements AutoCloseable {
    static final String SOURCE = "bench";
    private static final String NAME = "bench";
    static final DestinationId DESTINATION = new DestinationId("ours");

    private static final Map<String, String> CONFIGURATION =
            Map.of(
                    "shared_buffers", "1GB",
                    "max_wal_size", "30GB",
                    "checkpoint_timeout", "1h",
                    "track_commit_timestamp", "on",
                    // It would fall into the time of one contender or the other.
                    "autovacuum", "off",
                    "max_connections", "100");

    final PostgresServer source;
    final PostgresServer destination;
    final Path directory;

    Contest(String... contenders) throws IOException {
        this(Map.of(), contenders);
    }

    /** With settings of both servers over the usual ones. */
    Contest(Map<String, String> further, String... contenders) throws IOException {
        Map<String, String> configuration = new HashMap<>(CONFIGURATION);
        configuration.putAll(further);
        directory = Files.createTempDirectory("tidetable-bench-");
        source = PostgresServer.start(configuration);
        destination = PostgresServer.start(configuration);
        source.createDatabase(SOURCE);
        for (String contender : contenders) {
            destination.createDatabase(contender);
        }
    }

    /** Runs the same SQL at the source and at each contender's database. */
    void everywhere(String sql, String... contenders) throws SQLException {
        atSource(sql);
        for (String contender : contenders) {
            at(contender, sql);
        }
    }

    void atSource(String sql) throws SQLException {
        try (Connection connection = source.connect(SOURCE);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    void at(String contender, String sql) throws SQLException {
        try (Connection connection = destination.connect(contender);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** A contender's database, new and empty. */
    void renew(String contender) throws SQLException {
        try (Connection connection = destination.connect("postgres");
                Statement statement = connection.createStatement()) {
            statement.execute("DROP DATABASE " + contender + " WITH (FORCE)");
            statement.execute("CREATE DATABASE " + contender);
        }
    }

    /** Lets nothing that was written before be written out during what comes. */
    void checkpoint() throws SQLException {
        for (PostgresServer server : List.of(source, destination)) {
            try (Connection connection = server.connect("postgres");
                    Statement statement = connection.createStatement()) {
                statement.execute("CHECKPOINT");
            }
        }
    }

    /** A number that a contender's database answers. */
    long number(String contender, String sql) throws SQLException {
        try (Connection connection = destination.connect(contender);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    /** Takes back what a closed pipeline left at the source and on this disk. */
    void forgetPipeline() throws SQLException {
        try (Connection connection = source.connect(SOURCE)) {
            for (Track track : Track.values()) {
                new Slots(NAME, Faults.NONE).drop(connection, track);
                new Publications(NAME).drop(connection, track);
            }
        }
        removeDirectory();
    }

    /** Transactions that a contender's database has committed. */
    long commits(String contender) throws SQLException {
        try (Connection connection = destination.connect(contender);
                Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery(
                                "SELECT pg_stat_get_db_xact_commit(oid) FROM pg_database WHERE datname = current_database()")) {
            row.next();
            return row.getLong(1);
        }
    }

    NativeSubscription nativeSubscription(String name, String contender) {
        return new NativeSubscription(name, source, SOURCE, destination, contender);
    }

    /** A pipeline of ours into a contender's database, not started. */
    Pipeline pipeline(String contender, List<String> express, List<String> bulk) {
        var rules =
                Stream.concat(
                                express.stream().map(table -> rule(table, 100, Track.EXPRESS)),
                                bulk.stream().map(table -> rule(table, 1, Track.BULK)))
                        .toList();
        return new Pipeline(
                new PipelineSettings(
                        NAME,
                        new Database(source.jdbcUrl(SOURCE), Map.of()),
                        List.of(
                                new PipelineSettings.Destination(
                                        DESTINATION,
                                        new Database(destination.jdbcUrl(contender), Map.of()),
                                        4)),
                        rules,
                        directory,
                        PipelineSettings.Journal.DEFAULT,
                        PipelineSettings.Tuning.DEFAULT),
                Faults.NONE);
    }

    private static PipelineSettings.TableRule rule(String table, int priority, Track track) {
        return new PipelineSettings.TableRule(
                table, true, new Consistency.Table(), priority, track);
    }

    /** Waits until a query of one boolean says true, asking each few milliseconds. */
    static void awaitTrue(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            while (true) {
                try (ResultSet result = statement.executeQuery(sql)) {
                    if (result.next() && result.getBoolean(1)) {
                        return;
                    }
                }
                LockSupport.parkNanos(5_000_000);
            }
        }
    }

    @Override
    public void close() {
        source.close();
        destination.close();
        removeDirectory();
    }

    private void removeDirectory() {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
