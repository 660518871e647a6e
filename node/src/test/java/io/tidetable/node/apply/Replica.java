package io.tidetable.node.apply;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.embedded.PostgresServer;
import io.tidetable.model.LaneId;
import io.tidetable.model.Position;
import io.tidetable.model.SourceIdentity;
import io.tidetable.model.TableShape;
import io.tidetable.node.destination.Bookkeeping;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.journal.TransactionPart;
import io.tidetable.node.postgres.Database;
import io.tidetable.node.types.CurrentTypes;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A source database and a destination database on one server, and an applier between them. */
final class Replica implements AutoCloseable {
    static final String PIPELINE = "shop";
    static final LaneId LANE = new LaneId("public.orders");

    private static final AtomicInteger NUMBERS = new AtomicInteger();

    private final PostgresServer server;
    private final String sourceName;
    private final String destinationName;
    final Connection source;
    final Connection destination;
    final SourceChanges changes;
    final Database destinationDatabase;
    final CurrentTypes types;
    ApplySettings settings = ApplySettings.DEFAULT;
    Faults faults = Faults.NONE;
    PostgresApplier applier;
    Progress progress;

    private Replica(PostgresServer server, boolean binary) throws SQLException {
        this.server = server;
        int number = NUMBERS.incrementAndGet();
        sourceName = server.createDatabase("source_" + number);
        destinationName = server.createDatabase("destination_" + number);
        source = server.connect(sourceName);
        destination = server.connect(destinationName);
        changes = SourceChanges.begin(server.connect(sourceName), "slot_" + number, binary);
        Bookkeeping.create(destination);
        destinationDatabase = new Database(server.jdbcUrl(destinationName), Map.of());
        types =
                new CurrentTypes(
                        new Database(server.jdbcUrl(sourceName), Map.of()),
                        destinationDatabase,
                        java.time.InstantSource.system());
        ProgressStore store = new ProgressStore(destination, Duration.ofSeconds(10));
        store.create(new Progress(PIPELINE, LANE, new SourceIdentity(1, 1), Position.START));
        progress = store.claim(PIPELINE, LANE).orElseThrow();
        applier = newApplier();
    }

    static Replica on(PostgresServer server) throws SQLException {
        return new Replica(server, true);
    }

    static Replica inText(PostgresServer server) throws SQLException {
        return new Replica(server, false);
    }

    PostgresApplier newApplier() throws SQLException {
        return new PostgresApplier(
                        destinationDatabase.connect("tidetable apply"),
                        settings,
                        types::mappingWith,
                        point -> faults.reach(point))
                .start();
    }

    /** Takes the applier anew, with other settings. */
    Replica with(ApplySettings changed) throws SQLException {
        applier.close();
        settings = changed;
        applier = newApplier();
        return this;
    }

    /** Runs statements on both sides. */
    void both(String sql) throws SQLException {
        onSource(sql);
        onDestination(sql);
    }

    void onSource(String sql) throws SQLException {
        run(source, sql);
    }

    void onDestination(String sql) throws SQLException {
        run(destination, sql);
    }

    private static void run(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Applies all that the source did since the last time, as one batch. */
    Applied apply() throws SQLException {
        return apply(ApplyMode.NORMAL);
    }

    Applied apply(ApplyMode mode) throws SQLException {
        return apply(changes.take(), mode);
    }

    Applied apply(List<? extends TransactionPart> parts, ApplyMode mode) {
        Applied applied = applier.apply(batch(parts, mode));
        progress = applied.progress();
        return applied;
    }

    /** Applies what is taken together first, as far as it can be. */
    Applied applyPacked(List<SourceChanges.Part> parts) {
        Applied applied = applier.apply(batch(parts, ApplyMode.NORMAL), packed(parts), () -> {});
        progress = applied.progress();
        return applied;
    }

    /** What the parts come to; null where they hold something unusual. */
    @Nullable PackedBatch packed(List<SourceChanges.Part> parts) {
        Set<TableShape> shapes =
                parts.stream()
                        .flatMap(part -> part.entries().stream())
                        .map(SourceChanges.Entry::shape)
                        .collect(Collectors.toSet());
        return PackedBatch.of(List.copyOf(parts), applier.knownPlans(shapes), () -> false);
    }

    LaneBatch batch(List<? extends TransactionPart> parts, ApplyMode mode) {
        Position upTo = parts.isEmpty() ? progress.position() : parts.getLast().position();
        return new LaneBatch(progress, List.copyOf(parts), upTo, mode);
    }

    /** Rows of a query, each as one text. */
    static List<String> rows(Connection connection, String sql) throws SQLException {
        List<String> rows = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            int columns = row.getMetaData().getColumnCount();
            while (row.next()) {
                List<String> values = new ArrayList<>();
                for (int i = 1; i <= columns; i++) {
                    values.add(String.valueOf(row.getString(i)));
                }
                rows.add(String.join("|", values));
            }
        }
        return rows;
    }

    List<String> atSource(String sql) throws SQLException {
        return rows(source, sql);
    }

    List<String> atDestination(String sql) throws SQLException {
        return rows(destination, sql);
    }

    /** The query gives the same at both sides. */
    void assertSame(String sql) throws SQLException {
        assertThat(atDestination(sql)).as(sql).isEqualTo(atSource(sql));
    }

    @Override
    public void close() throws SQLException {
        applier.close();
        changes.close();
        source.close();
        destination.close();
        try (Connection connection = server.connect("postgres")) {
            run(connection, "DROP DATABASE \"%s\" WITH (FORCE)".formatted(sourceName));
            run(connection, "DROP DATABASE \"%s\" WITH (FORCE)".formatted(destinationName));
        }
    }
}
