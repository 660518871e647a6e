package io.tidetable.node.pipeline;

import io.tidetable.model.ByteSize;
import io.tidetable.model.Consistency;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.model.status.TableStatus;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.postgres.Database;
import io.tidetable.node.tracks.TrackPolicy;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** Two tables, one on each track, and a pipeline in which they can move. */
abstract class TrackMoveWorld {
    static final DestinationId REPORTING = new DestinationId("reporting");
    static final DestinationId ARCHIVE = new DestinationId("archive");
    static final Duration LIMIT = Duration.ofSeconds(60);
    static final PipelineSettings.Moves BY_COMMAND =
            new PipelineSettings.Moves(false, TrackPolicy.Limits.DEFAULT);
    static final TableId HOT = new TableId("public", "hot");
    static final TableId COLD = new TableId("public", "cold");

    final DatabasePair databases = Servers.freshPair();

    @TempDir Path directory;

    List<PipelineSettings.TableRule> rules =
            List.of(
                    rule("public.*", new Consistency.Table(), Track.BULK),
                    rule("public.hot", new Consistency.Table(), Track.EXPRESS));
    PipelineSettings.Moves moves = BY_COMMAND;
    Faults faults = Faults.NONE;
    @Nullable DatabasePair archive;

    @AfterEach
    void dropDatabases() throws SQLException {
        databases.close();
        if (archive != null) {
            archive.close();
        }
    }

    void createTables() throws SQLException {
        for (String name : List.of("hot", "cold")) {
            databases.onSource(
                    "CREATE TABLE %s (id bigint PRIMARY KEY, value bigint, note text)"
                            .formatted(name),
                    "INSERT INTO %s SELECT g, 0 FROM generate_series(1, 100) g".formatted(name));
        }
    }

    Connection session() throws SQLException {
        Connection connection = databases.connectSource();
        connection.setAutoCommit(false);
        return connection;
    }

    static void run(Connection connection, String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    String publication(Track track) {
        return "\"tidetable_" + databases.sourceName() + "_" + track.label() + "\"";
    }

    List<String> publishedOn(Track track) throws SQLException {
        List<String> names = new ArrayList<>();
        try (Connection connection = databases.connectSource();
                Statement statement = connection.createStatement();
                ResultSet rows =
                        statement.executeQuery(
                                "SELECT tablename FROM pg_publication_tables WHERE pubname = 'tidetable_%s_%s'"
                                        .formatted(databases.sourceName(), track.label()))) {
            while (rows.next()) {
                names.add(rows.getString(1));
            }
        }
        return names;
    }

    void awaitPublished(TableId table, Track track) {
        Awaitility.await().atMost(LIMIT).until(() -> publishedOn(track).contains(table.name()));
    }

    void dropSlots() throws SQLException {
        databases.onSource(
                "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = current_database()",
                "DROP PUBLICATION " + publication(Track.EXPRESS),
                "DROP PUBLICATION " + publication(Track.BULK));
    }

    long destinationValue(String table, int id) throws SQLException {
        return Long.parseLong(
                destinationText("SELECT value FROM %s WHERE id = %d".formatted(table, id)));
    }

    long destinationSum() throws SQLException {
        return Long.parseLong(
                destinationText(
                        "SELECT (SELECT sum(value) FROM hot) + (SELECT sum(value) FROM cold)"));
    }

    String destinationText(String query) throws SQLException {
        try (Connection connection = databases.connectDestination();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getString(1);
        }
    }

    static TableStatus status(Pipeline pipeline, TableId table) {
        return pipeline.status().destinations().getFirst().tables().stream()
                .filter(it -> it.table().equals(table))
                .findFirst()
                .orElseThrow();
    }

    static String moveText(Pipeline pipeline, TableId table) {
        String text = status(pipeline, table).move();
        return text == null ? "" : text;
    }

    static void awaitRides(Pipeline pipeline, TableId table, Track track) {
        BooleanSupplier arrived =
                () -> {
                    TableStatus status = status(pipeline, table);
                    return status.track() == track && status.move() == null;
                };
        Awaitility.await()
                .atMost(LIMIT)
                .failFast(() -> pipeline.failure().isPresent())
                .until(arrived::getAsBoolean);
    }

    void awaitEqual(Pipeline pipeline) throws Exception {
        awaitComplete(pipeline);
        databases.comparer().assertEqual();
    }

    void awaitComplete(Pipeline pipeline) throws InterruptedException {
        Arrivals.awaitComplete(pipeline);
    }

    /** A pipeline whose tables stream. */
    Pipeline started() throws InterruptedException {
        Pipeline pipeline = pipeline();
        pipeline.start();
        awaitComplete(pipeline);
        return pipeline;
    }

    static PipelineSettings.TableRule rule(String pattern, Consistency consistency, Track track) {
        return new PipelineSettings.TableRule(pattern, true, consistency, 1, track);
    }

    Pipeline pipeline() {
        List<PipelineSettings.Destination> to = new ArrayList<>();
        to.add(destination(REPORTING, databases.destinationJdbcUrl()));
        if (archive != null) {
            to.add(destination(ARCHIVE, archive.destinationJdbcUrl()));
        }
        return new Pipeline(
                new PipelineSettings(
                        databases.sourceName(),
                        new Database(databases.sourceJdbcUrl(), Map.of()),
                        to,
                        rules,
                        directory,
                        new PipelineSettings.Journal(
                                ByteSize.parse("1GB"),
                                ByteSize.parse("1GB"),
                                ByteSize.megabytes(64),
                                new ByteSize(256 << 10)),
                        PipelineSettings.Tuning.DEFAULT,
                        moves),
                faults);
    }

    static PipelineSettings.Destination destination(DestinationId id, String url) {
        return new PipelineSettings.Destination(id, new Database(url, Map.of()), 3);
    }
}
