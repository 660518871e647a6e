package io.tidetable.node.copy;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.model.ByteSize;
import io.tidetable.model.TableId;
import io.tidetable.node.destination.Bookkeeping;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.postgres.Database;
import io.tidetable.node.types.TypeCatalog;
import io.tidetable.node.types.TypeMapping;
import io.tidetable.testkit.DatabaseComparer;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A source and a destination with the bookkeeping, and copies between them. */
public final class CopyWorld implements AutoCloseable {
    public static final String PIPELINE = "test";

    private final DatabasePair pair;
    public final Database source;
    public final Database destination;

    public CopyWorld() throws SQLException {
        this(Servers.freshPair());
    }

    public CopyWorld(DatabasePair pair) throws SQLException {
        this.pair = pair;
        source = new Database(pair.sourceJdbcUrl(), Map.of("user", "postgres"));
        destination = new Database(pair.destinationJdbcUrl(), Map.of("user", "postgres"));
        try (Connection connection = destination.connect("test")) {
            Bookkeeping.create(connection);
        }
    }

    public DatabasePair pair() {
        return pair;
    }

    public static TableId table(String name) {
        return new TableId("public", name);
    }

    public TableLayout layout(String name) throws SQLException {
        try (Connection from = source.connect("test");
                Connection to = destination.connect("test")) {
            TypeMapping types = TypeMapping.between(TypeCatalog.read(from), TypeCatalog.read(to));
            BinaryRule rule =
                    (s, d) -> types.travelsInBinary(s, d) && types.translator(s).isIdentity();
            return new LayoutReader(rule).read(from, to, table(name));
        }
    }

    public TableLayout textLayout(String name) throws SQLException {
        try (Connection from = source.connect("test");
                Connection to = destination.connect("test")) {
            return new LayoutReader(BinaryRule.NEVER).read(from, to, table(name));
        }
    }

    public void register(String name) throws SQLException {
        pair.onDestination(
                """
                INSERT INTO tidetable.replicated_table (pipeline, namespace, name, lane, track, state)
                VALUES ('%s', 'public', '%s', 'public.%s', 'bulk', 'copying')
                """
                        .formatted(PIPELINE, name, name));
    }

    /** Registers a table as one that the pipeline made. */
    public void registerOurs(String name) throws SQLException {
        register(name);
        pair.onDestination("UPDATE tidetable.replicated_table SET created_here = true");
    }

    public TableCopy copyOf(TableLayout layout, Faults faults) throws SQLException {
        return copyOf(
                layout,
                new CopySettings(new ByteSize(8192L * 4), Duration.ofMinutes(30)),
                faults,
                InstantSource.system());
    }

    public TableCopy copyOf(
            TableLayout layout, CopySettings settings, Faults faults, InstantSource clock)
            throws SQLException {
        TableCopy copy =
                new TableCopy(PIPELINE, layout, source, destination, settings, faults, clock);
        copy.start();
        return copy;
    }

    /** Copies a registered table to its end on the calling thread. */
    public CopyResult copyWhole(TableLayout layout) throws Exception {
        try (TableCopy copy = copyOf(layout, Faults.NONE)) {
            return complete(copy);
        }
    }

    public CopyResult complete(TableCopy copy) throws Exception {
        try (ChunkCopier copier = new ChunkCopier(destination, Faults.NONE)) {
            drain(copy, copier);
            return copy.finish().orElseThrow();
        }
    }

    /** Steps until every chunk is copied; what the steps said, without those that copied. */
    public static List<CopyStep> drain(TableCopy copy, ChunkCopier copier) throws Exception {
        List<CopyStep> others = new ArrayList<>();
        while (true) {
            CopyStep step = copy.step(copier, CopyPace.UNLIMITED);
            if (step instanceof CopyStep.AllCopied) {
                return others;
            }
            if (!(step instanceof CopyStep.Copied)) {
                others.add(step);
                assertThat(others).as("steps that copied nothing").hasSizeLessThan(1000);
            }
        }
    }

    public void assertEqual(String... tables) throws SQLException {
        List<TableId> ids = java.util.Arrays.stream(tables).map(CopyWorld::table).toList();
        DatabaseComparer.Comparison comparison = pair.comparer().compare(ids);
        assertThat(comparison.isEqual()).as(comparison.toString()).isTrue();
    }

    public static long number(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    public long atDestination(String sql) throws SQLException {
        try (Connection connection = pair.connectDestination()) {
            return number(connection, sql);
        }
    }

    /** Ends source sessions of that application name; how many there were. */
    public long killAtSource(String application) throws SQLException {
        try (Connection connection = pair.connectSource()) {
            return number(
                    connection,
                    """
                    SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
                    WHERE datname = current_database() AND application_name = '%s'
                    """
                            .formatted(application));
        }
    }

    @Override
    public void close() throws SQLException {
        pair.close();
    }
}
