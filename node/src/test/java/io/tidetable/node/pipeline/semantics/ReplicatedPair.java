package io.tidetable.node.pipeline.semantics;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.model.Consistency;
import io.tidetable.model.DestinationId;
import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.model.status.TableState;
import io.tidetable.model.status.TableStatus;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.pipeline.Pipeline;
import io.tidetable.node.pipeline.PipelineSettings;
import io.tidetable.node.postgres.Database;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** Two fresh databases and a whole pipeline between them. */
final class ReplicatedPair implements AutoCloseable {
    static final DestinationId REPORTING = new DestinationId("reporting");
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Duration PATIENCE = Duration.ofMinutes(4);

    /** With heartbeats, and looks at the source's catalog, that tests need not wait for. */
    private static final PipelineSettings.Tuning TUNING =
            new PipelineSettings.Tuning(
                    Duration.ofMillis(100),
                    PipelineSettings.Tuning.DEFAULT.batchBytes(),
                    PipelineSettings.Tuning.DEFAULT.chunkSize(),
                    PipelineSettings.Tuning.DEFAULT.snapshotLimit());

    private final DatabasePair databases;
    private final Path directory;
    private Consistency consistency = new Consistency.Table();
    private final Map<String, String> brokenCases = new TreeMap<>();
    private final Map<TableId, String> failures = new TreeMap<>();
    private @Nullable Pipeline pipeline;

    private ReplicatedPair(DatabasePair databases) {
        this.databases = databases;
        try {
            directory = Files.createTempDirectory("tidetable-semantics-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** On the servers that all tests share. */
    static ReplicatedPair fresh() {
        return new ReplicatedPair(Servers.freshPair());
    }

    /** On two databases of the test's choice, which it gives up. */
    static ReplicatedPair on(DatabasePair databases) {
        return new ReplicatedPair(databases);
    }

    /** With another consistency of all tables. */
    ReplicatedPair with(Consistency wanted) {
        consistency = wanted;
        return this;
    }

    DatabasePair databases() {
        return databases;
    }

    /** Lets the source send each change of a transaction at once, not only at its commit. */
    void streamInBlocks() throws SQLException {
        databases.onSource(
                "ALTER DATABASE %s SET %s"
                        .formatted(
                                TableId.quote(databases.sourceName()),
                                sourceVersion() >= 160_000
                                        ? "debug_logical_replication_streaming = immediate"
                                        : "logical_decoding_work_mem = '64kB'"));
    }

    int sourceVersion() throws SQLException {
        return Integer.parseInt(text(databases.connectSource(), "SHOW server_version_num"));
    }

    int destinationVersion() throws SQLException {
        return Integer.parseInt(text(databases.connectDestination(), "SHOW server_version_num"));
    }

    /** Runs statements on the source, each in a transaction of its own. */
    void source(String... statements) throws SQLException {
        databases.onSource(statements);
    }

    /** Runs statements on the source in one transaction. */
    void transaction(String... statements) throws SQLException {
        try (Connection connection = databases.connectSource()) {
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                for (String sql : statements) {
                    statement.execute(sql);
                }
            }
            connection.commit();
        }
    }

    void destination(String... statements) throws SQLException {
        databases.onDestination(statements);
    }

    /**
     * Runs statements of a case at the source, in the case's namespace; a failure is the case's.
     */
    void source(Case each, List<String> statements) throws SQLException {
        try (Connection connection =
                DriverManager.getConnection(
                        databases.sourceJdbcUrl()
                                + "&currentSchema="
                                + each.namespace()
                                + ",public")) {
            run(each, connection, statements);
        }
    }

    /** Runs statements of a case at the destination, as at the source. */
    void destination(Case each, List<String> statements) throws SQLException {
        try (Connection connection =
                DriverManager.getConnection(
                        databases.destinationJdbcUrl()
                                + "&currentSchema="
                                + each.namespace()
                                + ",public")) {
            run(each, connection, statements);
        }
    }

    private void run(Case each, Connection connection, List<String> statements) {
        for (String sql : statements) {
            try (Statement statement = connection.createStatement()) {
                statement.execute(sql.replace("NAMESPACE", databases.sourceName()));
            } catch (SQLException e) {
                brokenCases.putIfAbsent(each.namespace(), e.getMessage() + " in " + sql);
            }
        }
    }

    /** Starts the pipeline over all tables. */
    ReplicatedPair start() {
        return start(Faults.NONE);
    }

    ReplicatedPair start(Faults faults) {
        Pipeline started =
                new Pipeline(
                        new PipelineSettings(
                                databases.sourceName(),
                                new Database(databases.sourceJdbcUrl(), Map.of()),
                                List.of(
                                        new PipelineSettings.Destination(
                                                REPORTING,
                                                new Database(
                                                        databases.destinationJdbcUrl(), Map.of()),
                                                3)),
                                List.of(
                                        new PipelineSettings.TableRule(
                                                "*.*", true, consistency, 1, Track.BULK)),
                                directory,
                                PipelineSettings.Journal.DEFAULT,
                                TUNING),
                        faults);
        pipeline = started;
        started.start();
        return this;
    }

    /** Starts the pipeline and waits until all tables are copied. */
    ReplicatedPair stream() throws InterruptedException {
        return start().awaitComplete();
    }

    Pipeline pipeline() {
        if (pipeline == null) {
            throw new IllegalStateException("not started");
        }
        return pipeline;
    }

    /** Ends the pipeline; what happens meanwhile waits. */
    void stop() {
        if (pipeline != null) {
            pipeline.close();
            pipeline = null;
        }
    }

    /** Waits until all that is committed at the source by now is at the destination. */
    ReplicatedPair awaitComplete() throws InterruptedException {
        assertThat(
                        pipeline()
                                .awaitComplete(
                                        REPORTING, Set.of(), pipeline().sourcePosition(), LIMIT))
                .as(() -> pipeline().status().toString())
                .isTrue();
        return this;
    }

    /** Fails unless both sides become equal with nothing in quarantine. */
    void assertEqual() throws Exception {
        awaitComplete();
        assertThat(inQuarantine()).as("changes in quarantine").isEmpty();
        databases.comparer().assertEqual();
    }

    /** Waits until all tables are complete, except those that failed or once did not in time. */
    void settle() throws InterruptedException {
        Lsn position = pipeline().sourcePosition();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        for (TableStatus table : pipeline().status().destinations().getFirst().tables()) {
            if (!failures.containsKey(table.table())) {
                settle(table.table(), position, Duration.ofNanos(deadline - System.nanoTime()));
            }
        }
    }

    private void settle(TableId table, Lsn position, Duration limit) throws InterruptedException {
        try {
            if (!pipeline().awaitComplete(REPORTING, Set.of(table), position, limit)) {
                failures.put(table, "did not become complete");
            }
        } catch (TidetableException e) {
            failures.put(table, e.line());
        }
    }

    /** Fails unless a case's tables are equal on both sides, with nothing in quarantine. */
    void assertEqual(Case each) throws SQLException {
        assertThat(brokenCases.get(each.namespace())).as("failure of a statement").isNull();
        for (TableId table : tables(each)) {
            assertThat(failures.get(table)).as("failure of " + table).isNull();
        }
        assertThat(inQuarantine())
                .as("changes in quarantine")
                .noneMatch(it -> it.startsWith(each.namespace() + "|"));
        databases.comparer().assertEqual(tables(each));
    }

    private List<TableId> tables(Case each) throws SQLException {
        List<TableId> tables = new ArrayList<>();
        try (Connection connection = databases.connectSource();
                Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery(
                                "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = '%s'::regnamespace"
                                        .formatted(each.namespace()))) {
            while (row.next()) {
                tables.add(new TableId(each.namespace(), row.getString(1)));
            }
        }
        assertThat(tables).isNotEmpty();
        return tables;
    }

    /**
     * Fails unless both sides become equal, which may take a merge after what the stream carried.
     *
     * @param outside tables of the source that are not replicated
     */
    void assertEqualInTheEnd(String... outside) throws Exception {
        Awaitility.await()
                .atMost(LIMIT)
                .pollInSameThread()
                .pollInterval(Duration.ofMillis(100))
                .untilAsserted(() -> {
                    awaitComplete();
                    List<String> differences =
                            new ArrayList<>(databases.comparer().compare().differences());
                    for (String table : outside) {
                        differences.removeIf(it -> it.startsWith("public." + table + ":"));
                    }
                    assertThat(differences).isEmpty();
                });
        assertThat(inQuarantine()).as("changes in quarantine").isEmpty();
    }

    /** Waits until a table has stopped, with a message of that code. */
    void awaitFailure(String table, String code) {
        Awaitility.await()
                .atMost(LIMIT)
                .untilAsserted(() -> {
                    assertThat(status(table).state()).isEqualTo(TableState.FAILED);
                    assertThat(status(table).message()).startsWith(code);
                });
    }

    /** Waits until it is noted how the source's tables are stored. */
    void awaitStorageNoted() {
        Awaitility.await()
                .atMost(LIMIT)
                .until(() -> !rows("SELECT 1 FROM tidetable.source_file").isEmpty());
    }

    /** Waits until it is noted how all tables are published. */
    void awaitBondsNoted() {
        Awaitility.await()
                .atMost(LIMIT)
                .until(() ->
                        rows("SELECT DISTINCT name FROM tidetable.publication_bond").size()
                                == pipeline().status().destinations().getFirst().tables().size());
    }

    /** Fails unless the tables become equal with nothing in quarantine. */
    void assertEqual(List<TableId> tables) throws Exception {
        awaitComplete();
        assertThat(inQuarantine()).as("changes in quarantine").isEmpty();
        databases.comparer().assertEqual(tables);
    }

    /** Waits until what changed in the source's partitions must have been noticed. */
    void awaitPartitionsLookedAt() throws SQLException {
        String partitions = "SELECT count(*) FROM tidetable.partition_file";
        long known = Long.parseLong(rows(partitions).getFirst());
        source("CREATE TABLE t_last PARTITION OF t FOR VALUES FROM (9000) TO (9001)");
        Awaitility.await()
                .atMost(LIMIT)
                .until(() -> Long.parseLong(rows(partitions).getFirst()) > known);
    }

    /** Why changes are in quarantine, one line each. */
    List<String> inQuarantine() throws SQLException {
        return rows("SELECT namespace, name, kind, reason FROM tidetable.quarantine ORDER BY id");
    }

    /** Rows of a query at the destination, one line each. */
    List<String> rows(String sql) throws SQLException {
        return rows(databases.connectDestination(), sql);
    }

    /** Rows of a query at the source, one line each. */
    List<String> rowsAtSource(String sql) throws SQLException {
        return rows(databases.connectSource(), sql);
    }

    private static List<String> rows(Connection opened, String sql) throws SQLException {
        List<String> rows = new ArrayList<>();
        try (Connection connection = opened;
                Statement statement = connection.createStatement();
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

    TableStatus status(String table) {
        return pipeline().status().destinations().getFirst().tables().stream()
                .filter(it -> it.table().equals(new TableId("public", table)))
                .findFirst()
                .orElseThrow();
    }

    /** Stops applying; what comes waits to be applied together. */
    void pauseAll() {
        pipeline()
                .status()
                .destinations()
                .getFirst()
                .tables()
                .forEach(it -> pipeline().pause(REPORTING, it.table()));
    }

    void resumeAll() {
        pipeline()
                .status()
                .destinations()
                .getFirst()
                .tables()
                .forEach(it -> pipeline().resume(REPORTING, it.table()));
    }

    private static String text(Connection opened, String sql) throws SQLException {
        try (Connection connection = opened;
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    @Override
    public void close() throws SQLException {
        stop();
        databases.close();
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
