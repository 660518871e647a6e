package io.tidetable.node.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.model.Consistency;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.model.status.TableVerification;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.postgres.Database;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.MixedChanges;
import io.tidetable.testkit.Servers;
import io.tidetable.testkit.WorkloadRun;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PipelineTest {
    private static final DestinationId REPORTING = new DestinationId("reporting");
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final DatabasePair databases = Servers.freshPair();

    @TempDir Path directory;

    @AfterEach
    void dropDatabases() throws SQLException {
        databases.close();
    }

    @Test
    void aTableIsCopiedAndItsChangesFollow() throws Exception {
        databases.onSource("CREATE TABLE orders (id int PRIMARY KEY, total numeric)");
        databases.onSource("INSERT INTO orders SELECT g, g * 1.5 FROM generate_series(1, 1000) g");

        try (Pipeline pipeline = pipeline()) {
            pipeline.start();
            databases.onSource("UPDATE orders SET total = total + 1 WHERE id <= 10");
            databases.onSource("DELETE FROM orders WHERE id > 990");
            awaitComplete(pipeline);
        }

        databases.comparer().assertEqual();
    }

    @Test
    void whatHappenedWhileThePipelineWasDownIsAppliedAfterTheNextStart() throws Exception {
        databases.onSource("CREATE TABLE orders (id int PRIMARY KEY, total numeric)");
        try (Pipeline pipeline = pipeline()) {
            pipeline.start();
            awaitComplete(pipeline);
        }

        databases.onSource("INSERT INTO orders SELECT g, g FROM generate_series(1, 5000) g");
        databases.onSource("UPDATE orders SET total = -1 WHERE id % 3 = 0");

        try (Pipeline pipeline = pipeline()) {
            pipeline.start();
            awaitComplete(pipeline);
        }
        databases.comparer().assertEqual();
    }

    @Test
    void aMixedLoadArrivesExactlyWhileTablesAreCopied() throws Exception {
        MixedChanges changes = new MixedChanges();
        try (Connection connection = databases.connectSource()) {
            changes.create(connection);
        }
        try (WorkloadRun run = WorkloadRun.start(changes, databases.sourceJdbcUrl(), 2, 42)) {
            awaitCommitted(run, 200);
            try (Pipeline pipeline = pipeline()) {
                pipeline.start();
                awaitCommitted(run, 2000);
                run.stop();
                awaitComplete(pipeline);

                List<TableVerification> verified =
                        pipeline.verify(REPORTING, Set.of(), false, each -> {});
                assertThat(verified).allMatch(TableVerification::equal);
            }
        }
        databases.comparer().assertEqual();
    }

    @Test
    void verifyIsRightWhileBothSidesAreWrittenTo() throws Exception {
        MixedChanges changes = new MixedChanges();
        try (Connection connection = databases.connectSource()) {
            changes.create(connection);
        }
        try (Pipeline pipeline = pipeline();
                WorkloadRun run = WorkloadRun.start(changes, databases.sourceJdbcUrl(), 2, 43)) {
            pipeline.start();
            awaitCommitted(run, 500);

            List<TableVerification> verified =
                    pipeline.verify(REPORTING, Set.of(), false, each -> {});

            assertThat(verified).allMatch(TableVerification::equal);
            run.stop();
        }
    }

    @Test
    void rowsOfAPartitionMadeAfterTheCopyArrive() throws Exception {
        databases.onSource(
                "CREATE TABLE clicks (id bigint, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day)",
                "CREATE TABLE clicks_1 PARTITION OF clicks FOR VALUES FROM ('2026-01-01') TO ('2026-01-02')",
                "INSERT INTO clicks SELECT g, '2026-01-01' FROM generate_series(1, 100) g");
        try (Pipeline pipeline = pipeline()) {
            pipeline.start();
            awaitComplete(pipeline);

            databases.onSource(
                    "CREATE TABLE clicks_2 PARTITION OF clicks FOR VALUES FROM ('2026-01-02') TO ('2026-01-03')",
                    "INSERT INTO clicks SELECT g, '2026-01-02' FROM generate_series(1, 100) g");
            awaitComplete(pipeline);
        }
        databases.comparer().assertEqual();
    }

    @Test
    void aLabelAddedToAnEnumArrivesWithTheRowsThatUseIt() throws Exception {
        databases.onSource(
                "CREATE TYPE state AS ENUM ('open', 'closed')",
                "CREATE TABLE orders (id int PRIMARY KEY, state state, history state[])",
                "INSERT INTO orders VALUES (1, 'open', '{open}')");
        try (Pipeline pipeline = pipeline()) {
            pipeline.start();
            awaitComplete(pipeline);

            databases.onSource(
                    "ALTER TYPE state ADD VALUE 'lost'",
                    "INSERT INTO orders VALUES (2, 'lost', '{open,lost}')");
            awaitComplete(pipeline);
            assertThat(
                            pipeline.status().destinations().getFirst().tables().stream()
                                    .mapToLong(table -> table.quarantined()))
                    .containsOnly(0L);
        }
        databases.comparer().assertEqual();
    }

    /** Several find the label missing at once; all but one then find it there. */
    @Test
    void tablesThatShareAnEnumAllTakeItsNewLabels() throws Exception {
        int tables = 12;
        databases.onSource("CREATE TYPE state AS ENUM ('open')");
        for (int table = 0; table < tables; table++) {
            databases.onSource(
                    "CREATE TABLE orders_%d (id int PRIMARY KEY, state state)".formatted(table));
        }
        try (Pipeline pipeline = pipeline()) {
            pipeline.start();
            awaitComplete(pipeline);
            for (int label = 0; label < 10; label++) {
                StringBuilder rows = new StringBuilder();
                for (int table = 0; table < tables; table++) {
                    rows.append(
                            "INSERT INTO orders_%d VALUES (%d, 'label %d');"
                                    .formatted(table, label, label));
                }
                databases.onSource(
                        "ALTER TYPE state ADD VALUE 'label %d'".formatted(label), rows.toString());
                awaitComplete(pipeline);
            }
        }
        databases.comparer().assertEqual();
    }

    @Test
    void aColumnAddedAtTheSourceArrivesWithTheRowsThatTheStreamDoesNotCarry() throws Exception {
        databases.onSource(
                "CREATE TABLE orders (id int PRIMARY KEY, total int)",
                "INSERT INTO orders SELECT g, g FROM generate_series(1, 100) g");
        try (Pipeline pipeline = pipeline()) {
            pipeline.start();
            awaitComplete(pipeline);

            databases.onSource(
                    "ALTER TABLE orders ADD COLUMN state text DEFAULT 'open'",
                    "ALTER TABLE orders ALTER COLUMN total TYPE bigint",
                    "UPDATE orders SET total = 5000000000 WHERE id = 7");
            awaitComplete(pipeline);
            Awaitility.await()
                    .atMost(LIMIT)
                    .until(() ->
                            pipeline.verify(REPORTING, Set.of(), false, each -> {}).stream()
                                    .allMatch(TableVerification::equal));
        }
        databases.comparer().assertEqual();
    }

    @Test
    void aDamagedDestinationIsMendedOnlineByAResync() throws Exception {
        databases.onSource(
                "CREATE TABLE orders (id int PRIMARY KEY, total int)",
                "INSERT INTO orders SELECT g, g FROM generate_series(1, 10000) g");
        try (Pipeline pipeline = pipeline()) {
            pipeline.start();
            awaitComplete(pipeline);
            databases.onDestination(
                    "DELETE FROM orders WHERE id % 100 = 0",
                    "UPDATE orders SET total = -1 WHERE id % 100 = 1",
                    "INSERT INTO orders VALUES (0, 0)");
            assertThat(pipeline.verify(REPORTING, Set.of(), false, each -> {}))
                    .noneMatch(TableVerification::equal);

            pipeline.resync(REPORTING, new TableId("public", "orders"));
            databases.onSource("UPDATE orders SET total = 77 WHERE id <= 50");
            awaitComplete(pipeline);

            assertThat(pipeline.verify(REPORTING, Set.of(), false, each -> {}))
                    .allMatch(TableVerification::equal);
        }
        databases.comparer().assertEqual();
    }

    @Test
    void aTableOfALostJournalIsComparedAndMended() throws Exception {
        databases.onSource(
                "CREATE TABLE orders (id int PRIMARY KEY, total int)",
                "INSERT INTO orders SELECT g, g FROM generate_series(1, 1000) g");
        try (Pipeline pipeline = pipeline()) {
            pipeline.start();
            awaitComplete(pipeline);
        }
        databases.onSource(
                "UPDATE orders SET total = -1 WHERE id % 10 = 0",
                "DELETE FROM orders WHERE id > 900");
        directory = directory.resolve("another");

        try (Pipeline pipeline = pipeline()) {
            pipeline.start();
            awaitComplete(pipeline);
        }
        databases.comparer().assertEqual();
    }

    private static void awaitCommitted(WorkloadRun run, long transactions) {
        Awaitility.await().atMost(LIMIT).until(() -> run.committed() >= transactions);
    }

    private void awaitComplete(Pipeline pipeline) throws InterruptedException {
        assertThat(pipeline.awaitComplete(REPORTING, Set.of(), pipeline.sourcePosition(), LIMIT))
                .as(() -> pipeline.status().toString())
                .isTrue();
    }

    private Pipeline pipeline() {
        return new Pipeline(
                new PipelineSettings(
                        databases.sourceName(),
                        new Database(databases.sourceJdbcUrl(), Map.of()),
                        List.of(
                                new PipelineSettings.Destination(
                                        REPORTING,
                                        new Database(databases.destinationJdbcUrl(), Map.of()),
                                        3)),
                        List.of(
                                new PipelineSettings.TableRule(
                                        "public.*", true, new Consistency.Table(), 1, Track.BULK)),
                        directory,
                        PipelineSettings.Journal.DEFAULT,
                        PipelineSettings.Tuning.DEFAULT),
                Faults.NONE);
    }
}
