package io.tidetable.node.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.model.Consistency;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.model.status.TableState;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.postgres.Database;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Transactions that are open while a table begins to be replicated arrive whole. */
@Timeout(value = 2, unit = java.util.concurrent.TimeUnit.MINUTES)
@Tag("slow")
class OpenWritersTest {
    private static final DestinationId REPORTING = new DestinationId("reporting");
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final DatabasePair databases = Servers.freshPair();

    @TempDir Path directory;

    @AfterEach
    void dropDatabases() throws SQLException {
        databases.close();
    }

    /** The stream lacks its first row, and a snapshot from before its end does not see it. */
    @Test
    void rowsWrittenBeforeTheirTableWasPublishedArrive() throws Exception {
        databases.onSource(
                "CREATE TABLE item (id int PRIMARY KEY, value int)",
                "CREATE TABLE other (id int PRIMARY KEY)");
        try (Pipeline pipeline = pipeline(List.of("public.other"))) {
            pipeline.start();
            awaitComplete(pipeline);
        }
        // The slot is there already: making one would wait for whoever is open.
        try (Connection open = session()) {
            run(open, "INSERT INTO item VALUES (1, 1)", "SAVEPOINT inside");
            try (Pipeline pipeline = pipeline(List.of("public.*"))) {
                pipeline.start();
                run(open, "INSERT INTO item VALUES (2, 2)", "UPDATE item SET value = 9");
                databases.onSource("INSERT INTO item VALUES (3, 3)");
                Awaitility.await().atMost(LIMIT).until(this::itemIsPublished);
                assertThat(state(pipeline, "item")).isEqualTo(TableState.WAITING);
                open.commit();
                awaitComplete(pipeline);
                databases.comparer().assertEqual();
            }
        }
    }

    /** In blocks of an open transaction a change carries the id of its savepoint. */
    @Test
    void aStreamedTransactionWithSavepointsThatTheCopyDoesNotSeeArrives() throws Exception {
        databases.onSource(
                "ALTER DATABASE \"%s\" SET logical_decoding_work_mem = '64kB'"
                        .formatted(databases.sourceName()),
                "CREATE TABLE item (id int PRIMARY KEY, value int)",
                "CREATE TABLE other (id int PRIMARY KEY)");
        try (Pipeline pipeline = pipeline(List.of("public.other"))) {
            pipeline.start();
            awaitComplete(pipeline);
        }
        try (Connection before = session();
                Connection across = session();
                LogEars log = new LogEars();
                Pipeline pipeline = pipeline(List.of("public.*"))) {
            log.listen();
            run(before, "INSERT INTO item VALUES (1, 1)");
            pipeline.start();
            // By then it is settled for whom it waits: whoever writes from now on is not among
            // them.
            log.await("the copy waits for transactions that were open before", LIMIT);
            run(
                    across,
                    "INSERT INTO item VALUES (2, 2)",
                    "SAVEPOINT kept",
                    "INSERT INTO item SELECT g, g FROM generate_series(1001, 5000) g",
                    "SAVEPOINT dropped",
                    "DELETE FROM item",
                    "ROLLBACK TO dropped",
                    "INSERT INTO item SELECT g, g FROM generate_series(5001, 9000) g",
                    "RELEASE kept");
            // The copy may begin, and its snapshot is taken while the other one is open.
            before.commit();
            Awaitility.await()
                    .atMost(LIMIT)
                    .until(() -> state(pipeline, "item") == TableState.STREAMING);
            assertThat(rowsAtTheDestination()).isEqualTo(1);
            run(
                    across,
                    "UPDATE item SET value = value + 1 WHERE id > 1",
                    "DELETE FROM item WHERE id = 1");
            across.commit();
            awaitComplete(pipeline);
            databases.comparer().assertEqual();
        }
    }

    private long rowsAtTheDestination() throws SQLException {
        try (Connection connection = databases.connectDestination();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*) FROM item")) {
            row.next();
            return row.getLong(1);
        }
    }

    private boolean itemIsPublished() throws SQLException {
        try (Connection connection = databases.connectSource();
                Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery(
                                "SELECT FROM pg_publication_tables WHERE tablename = 'item'")) {
            return row.next();
        }
    }

    private static TableState state(Pipeline pipeline, String table) {
        return pipeline.status().destinations().getFirst().tables().stream()
                .filter(it -> it.table().equals(new TableId("public", table)))
                .findFirst()
                .orElseThrow()
                .state();
    }

    private void awaitComplete(Pipeline pipeline) throws InterruptedException {
        assertThat(pipeline.awaitComplete(REPORTING, Set.of(), pipeline.sourcePosition(), LIMIT))
                .as(() -> pipeline.status().toString())
                .isTrue();
    }

    private Connection session() throws SQLException {
        Connection connection = databases.connectSource();
        connection.setAutoCommit(false);
        return connection;
    }

    private static void run(Connection connection, String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private Pipeline pipeline(List<String> patterns) {
        return new Pipeline(
                new PipelineSettings(
                        databases.sourceName(),
                        new Database(databases.sourceJdbcUrl(), Map.of()),
                        List.of(
                                new PipelineSettings.Destination(
                                        REPORTING,
                                        new Database(databases.destinationJdbcUrl(), Map.of()),
                                        3)),
                        patterns.stream()
                                .map(pattern ->
                                        new PipelineSettings.TableRule(
                                                pattern,
                                                true,
                                                new Consistency.Table(),
                                                1,
                                                Track.BULK))
                                .toList(),
                        directory,
                        PipelineSettings.Journal.DEFAULT,
                        PipelineSettings.Tuning.DEFAULT),
                Faults.NONE);
    }
}
