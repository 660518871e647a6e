package io.tidetable.node.capture;

import static org.awaitility.Awaitility.await;

import io.tidetable.embedded.PostgresServer;
import io.tidetable.model.Lsn;
import io.tidetable.model.SourceIdentity;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.journal.TrackJournal;
import io.tidetable.node.postgres.Database;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A database with a pipeline's publication and slot, and whatever its capture says. */
final class CaptureWorld implements CaptureListener, AutoCloseable {
    static final CaptureSettings QUICK =
            new CaptureSettings(
                    Duration.ofMillis(200),
                    Duration.ofMinutes(10),
                    Duration.ofMillis(10),
                    Duration.ofMillis(100),
                    Duration.ofSeconds(1),
                    Duration.ofMillis(100));

    private static final AtomicInteger WORLDS = new AtomicInteger();

    final PostgresServer server;
    final String name;
    final String pipeline;
    final Database database;
    final List<LogicalMessage> messages = new CopyOnWriteArrayList<>();
    final List<CaptureState> states = new CopyOnWriteArrayList<>();
    final RightOfWay rightOfWay = new RightOfWay();
    volatile @Nullable TidetableException gap;
    volatile @Nullable Throwable failure;

    CaptureWorld(PostgresServer server, int port) {
        this.server = server;
        int number = WORLDS.incrementAndGet();
        this.pipeline = "world_" + number;
        this.name = server.createDatabase("capture_" + number);
        this.database =
                new Database(
                        "jdbc:postgresql://127.0.0.1:%d/%s".formatted(port, name),
                        Map.of("user", "postgres"));
    }

    CaptureWorld(PostgresServer server) {
        this(server, server.port());
    }

    /** Runs statements, each in a transaction of its own unless they say otherwise. */
    void run(String... statements) throws SQLException {
        try (Connection connection = server.connect(name);
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /** The first column of the first row, as text. */
    String ask(String query) throws SQLException {
        try (Connection connection = server.connect(name);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getString(1);
        }
    }

    /** Publishes tables of public on the bulk track and makes its slot. */
    Lsn publish(String... tables) throws Exception {
        Set<TableId> added =
                Stream.of(tables)
                        .map(table -> new TableId("public", table))
                        .collect(Collectors.toSet());
        try (Connection connection = database.connect("test")) {
            Publications publications = new Publications(pipeline);
            publications.create(connection, Track.BULK);
            publications.change(
                    connection, List.of(PublicationChange.add(Track.BULK, added)), null);
        }
        return new Slots(pipeline, Faults.NONE).create(database, Track.BULK);
    }

    SlotState slot() throws SQLException {
        try (Connection connection = database.connect("test")) {
            return new Slots(pipeline, Faults.NONE).state(connection, Track.BULK).orElseThrow();
        }
    }

    TrackCapture capture(TrackJournal journal, CaptureSettings settings) throws SQLException {
        return capture(journal, settings, SourceIdentities.read(database));
    }

    TrackCapture capture(TrackJournal journal, CaptureSettings settings, SourceIdentity identity) {
        return new TrackCapture(
                Track.BULK,
                new CaptureSource(pipeline, database, identity),
                journal,
                rightOfWay,
                this,
                settings,
                new CaptureEnvironment(
                        InstantSource.system(), new SplittableRandom(1), Faults.NONE));
    }

    TrackCapture capture(TrackJournal journal, CaptureSettings settings, boolean moderated)
            throws SQLException {
        Map<String, String> properties = new java.util.HashMap<>(database.properties());
        if (!moderated) {
            properties.put("socketFactory", PlainSocketFactory.class.getName());
        }
        return new TrackCapture(
                Track.BULK,
                new CaptureSource(
                        pipeline,
                        new Database(database.jdbcUrl(), properties),
                        SourceIdentities.read(database)),
                journal,
                rightOfWay,
                this,
                settings,
                new CaptureEnvironment(
                        InstantSource.system(), new SplittableRandom(1), Faults.NONE));
    }

    @Override
    public void stateChanged(Track track, CaptureState state, @Nullable String reason) {
        states.add(state);
    }

    @Override
    public void message(Track track, LogicalMessage message) {
        messages.add(message);
    }

    @Override
    public void gap(Track track, TidetableException why) {
        gap = why;
    }

    @Override
    public void failed(Track track, Throwable why) {
        failure = why;
    }

    /** Removes the slot, so that the server does not keep its log for the tests that follow. */
    @Override
    public void close() throws SQLException {
        Slots slots = new Slots(pipeline, Faults.NONE);
        try (Connection connection = database.connect("test")) {
            await().ignoreExceptionsInstanceOf(SQLException.class)
                    .untilAsserted(() -> slots.drop(connection, Track.BULK));
        }
        if (failure != null) {
            throw new AssertionError("capture failed", failure);
        }
    }
}
