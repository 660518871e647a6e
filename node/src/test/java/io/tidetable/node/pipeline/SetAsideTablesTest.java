package io.tidetable.node.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidetable.model.ByteSize;
import io.tidetable.model.Consistency;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.model.schema.Strategy;
import io.tidetable.model.status.TableState;
import io.tidetable.model.status.TableStatus;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import io.tidetable.testkit.Workload;
import io.tidetable.testkit.WorkloadRun;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A table that cannot be created at a destination is that table's trouble alone. */
class SetAsideTablesTest {
    private static final DestinationId REPORTING = PipelineBuilder.REPORTING;
    private static final DestinationId ARCHIVE = new DestinationId("archive");
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final TableId GOOD = new TableId("public", "good");
    private static final TableId BAD = new TableId("public", "bad");

    private static final String TWICE =
            "CREATE FUNCTION twice(i int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT i * 2'";

    private static final String SET_ASIDE = "ERROR table public.bad stopped: TT-412 table";

    private final DatabasePair databases = Servers.freshPair();
    private final LogEars log = new LogEars();

    @TempDir Path directory;

    @BeforeEach
    void makeTables() throws SQLException {
        log.listen();
        databases.onSource(
                TWICE,
                "CREATE TABLE good (id int PRIMARY KEY, v int)",
                "CREATE TABLE bad (id serial PRIMARY KEY, v int, w int GENERATED ALWAYS AS (twice(v)) STORED)",
                "CREATE INDEX bad_by_v ON bad (v)",
                "INSERT INTO good SELECT g, g FROM generate_series(1, 100) g",
                "INSERT INTO bad (v) SELECT g FROM generate_series(1, 100) g");
    }

    @AfterEach
    void dropDatabases() throws SQLException {
        log.close();
        databases.close();
    }

    private PipelineBuilder builder() {
        return new PipelineBuilder(databases, directory).tuned(PipelineBuilder.QUICK);
    }

    @Test
    void itsNeighboursStreamAndItComesWholeOnceItIsMendedAndResumed() throws Exception {
        try (Pipeline pipeline = builder().build()) {
            pipeline.start();
            change(1);
            awaitComplete(pipeline, GOOD);

            assertThat(bad(pipeline, REPORTING).state()).isEqualTo(TableState.FAILED);
            assertThat(bad(pipeline, REPORTING).message())
                    .startsWith("TT-412 ")
                    .contains("public.bad", "twice", "tidetable resume public.bad");
            assertThat(log.count(SET_ASIDE)).isEqualTo(1);
            assertThatThrownBy(() -> pipeline.resume(REPORTING, BAD))
                    .isInstanceOf(TidetableException.class)
                    .hasMessageContaining("twice");
            assertThat(bad(pipeline, REPORTING).state()).isEqualTo(TableState.FAILED);
            change(2);
            awaitComplete(pipeline, GOOD);
        }
        change(3);
        try (Pipeline pipeline = builder().build()) {
            pipeline.start();
            awaitComplete(pipeline, GOOD);
            assertThat(bad(pipeline, REPORTING).message()).startsWith("TT-412 ");
            assertThat(there("SELECT to_regclass('public.bad') IS NULL")).isEqualTo("t");
            change(4);

            databases.onDestination(TWICE);
            pipeline.resume(REPORTING, BAD);
            change(5);
            awaitAllComplete(pipeline);
            change(6);
            awaitAllComplete(pipeline);

            assertThat(bad(pipeline, REPORTING).state()).isEqualTo(TableState.STREAMING);
            assertThat(bad(pipeline, REPORTING).message()).isNull();
        }
        databases.comparer().assertEqual();
        assertThat(there("SELECT count(*) FROM pg_indexes WHERE indexname = 'bad_by_v'"))
                .isEqualTo("1");
    }

    @Test
    void aRestartAfterItWasMendedCreatesAndCopiesIt() throws Exception {
        try (Pipeline pipeline = builder().build()) {
            pipeline.start();
            change(1);
            awaitComplete(pipeline, GOOD);
        }
        databases.onDestination(TWICE);
        change(2);

        try (Pipeline pipeline = builder().build()) {
            pipeline.start();
            change(3);
            awaitAllComplete(pipeline);
        }
        databases.comparer().assertEqual();
    }

    @Test
    void whoeverWaitsForAllIsToldOfItOnceTheOthersAreComplete() throws Exception {
        try (Pipeline pipeline = builder().build()) {
            pipeline.start();
            change(1);

            assertThatThrownBy(() -> awaitAllComplete(pipeline))
                    .isInstanceOf(TidetableException.class)
                    .hasMessageContaining("public.bad stopped: TT-412 ");

            databases.comparer().assertEqual(List.of(GOOD));
        }
    }

    @Test
    void nothingIsKeptForIt() throws Exception {
        try (Pipeline pipeline = builder().bounded(ByteSize.megabytes(2)).build()) {
            pipeline.start();
            for (int round = 0; round < 4; round++) {
                // More than the journal may hold of it: were it kept, the other would never arrive.
                databases.onSource(
                        "UPDATE bad SET v = v + 1",
                        "INSERT INTO bad (v) SELECT g FROM generate_series(1, 20000) g",
                        "UPDATE good SET v = v + 1");
                awaitComplete(pipeline, GOOD);
            }
            databases.onDestination(TWICE);
            pipeline.resume(REPORTING, BAD);
            awaitAllComplete(pipeline);
        }
        databases.comparer().assertEqual();
    }

    @Test
    void theOthersOfItsGroupGoOnAndItJoinsThemInTheMiddleOfTransactions() throws Exception {
        PipelineBuilder grouped =
                builder().rule("public.*", new Consistency.Group("shop"), Track.BULK);
        try (Pipeline pipeline = grouped.build();
                Connection writer = databases.connectSource();
                Statement statement = writer.createStatement()) {
            pipeline.start();
            change(1);
            awaitComplete(pipeline, GOOD);
            databases.onDestination(TWICE);
            writer.setAutoCommit(false);
            statement.execute("INSERT INTO bad (v) VALUES (-1)");
            statement.execute("UPDATE good SET v = -1 WHERE id = 1");

            pipeline.resume(REPORTING, BAD);
            change(2);
            log.await(
                    "INFO the copy of public.bad waits for transactions that were open before",
                    LIMIT);
            assertThat(bad(pipeline, REPORTING).state()).isEqualTo(TableState.WAITING);
            statement.execute("UPDATE bad SET v = -2 WHERE v = -1");
            writer.commit();
            change(3);

            awaitAllComplete(pipeline);
        }
        databases.comparer().assertEqual();
    }

    /** Transactions over both tables, some of which only touch the one. */
    private static final class BothTables implements Workload {
        @Override
        public void create(Connection connection) {}

        @Override
        public void transaction(Connection connection, RandomGenerator random) throws SQLException {
            try (Statement statement = connection.createStatement()) {
                int id = random.nextInt(1, 500);
                statement.execute("INSERT INTO bad (v) VALUES (%d)".formatted(id));
                if (random.nextBoolean()) {
                    statement.execute(
                            "UPDATE good SET v = v + 1 WHERE id = %d".formatted(id % 100));
                }
                statement.execute("UPDATE bad SET v = v + 1 WHERE id = %d".formatted(id));
                if (random.nextInt(4) == 0) {
                    statement.execute("DELETE FROM bad WHERE id = %d".formatted(id));
                }
            }
        }
    }

    @Test
    void nothingIsLostOrDoubledWhereItComesBackUnderLoad() throws Exception {
        comeBackUnderLoad(new Consistency.Group("shop"));
    }

    @Test
    @Tag("wide")
    void neitherIsItWithALaneOfItsOwnOrSeveral() throws Exception {
        comeBackUnderLoad(new Consistency.Table());
        databases.onDestination("DROP TABLE good", "DROP SCHEMA tidetable CASCADE");
        directory = directory.resolve("another");
        comeBackUnderLoad(new Consistency.Key(3));
    }

    private void comeBackUnderLoad(Consistency ordered) throws Exception {
        long before = log.count(SET_ASIDE);
        PipelineBuilder shared = builder().rule("public.*", ordered, Track.BULK);
        for (int round = 0; round < 2; round++) {
            try (WorkloadRun run =
                            WorkloadRun.start(
                                    new BothTables(), databases.sourceJdbcUrl(), 3, 7L + round);
                    Pipeline pipeline = shared.build()) {
                pipeline.start();
                awaitCommitted(run, 500);
                databases.onDestination(TWICE);
                pipeline.resume(REPORTING, BAD);
                awaitCommitted(run, 500);
                Awaitility.await()
                        .atMost(LIMIT)
                        .until(() -> bad(pipeline, REPORTING).state() == TableState.STREAMING);
                run.stop();
                awaitAllComplete(pipeline);
                assertThat(pipeline.status().destinations().getFirst().tables())
                        .extracting(TableStatus::quarantined)
                        .containsOnly(0L);
            }
            databases.comparer().assertEqual();
            // The next time it is one that was replicated before.
            databases.onDestination("DROP TABLE bad", "DROP FUNCTION twice");
        }
        assertThat(log.count(SET_ASIDE)).isEqualTo(before + 2);
        assertThat(log.count("TT-458")).isZero();
    }

    private static void awaitCommitted(WorkloadRun run, long more) {
        long before = run.committed();
        Awaitility.await().atMost(LIMIT).until(() -> run.committed() >= before + more);
    }

    @Test
    void killedOnItsWayBackItComesWithTheNextStart() throws Exception {
        try (Connection writer = databases.connectSource();
                Statement statement = writer.createStatement()) {
            writer.setAutoCommit(false);
            try (Pipeline pipeline = builder().build()) {
                pipeline.start();
                change(1);
                awaitComplete(pipeline, GOOD);
                databases.onDestination(TWICE);
                statement.execute("INSERT INTO bad (v) VALUES (-1)");
                pipeline.resume(REPORTING, BAD);
                assertThat(bad(pipeline, REPORTING).state()).isEqualTo(TableState.WAITING);
            }
            try (Pipeline pipeline = builder().build()) {
                pipeline.start();
                change(2);
                writer.commit();
                awaitAllComplete(pipeline);
            }
        }
        databases.comparer().assertEqual();
    }

    @Test
    void itIsSetAsideOnlyWhereItCannotBeCreated() throws Exception {
        try (DatabasePair other = Servers.freshPair()) {
            other.onDestination(TWICE);
            try (Pipeline pipeline = builder().to(ARCHIVE, other).build()) {
                pipeline.start();
                change(1);
                awaitComplete(pipeline, GOOD);
                awaitAllComplete(pipeline, ARCHIVE);
                assertThat(bad(pipeline, REPORTING).state()).isEqualTo(TableState.FAILED);
                assertThat(bad(pipeline, ARCHIVE).state()).isEqualTo(TableState.STREAMING);

                databases.onDestination(TWICE);
                change(2);
                pipeline.resume(REPORTING, BAD);
                change(3);
                awaitAllComplete(pipeline, REPORTING);
                awaitAllComplete(pipeline, ARCHIVE);
            }
            databases.comparer().assertEqual();
        }
    }

    @Test
    void itComesWithKeyLanesAndAnotherStrategyAsWell() throws Exception {
        databases.onSource(
                "CREATE TABLE refreshed (id int PRIMARY KEY, v int, w int GENERATED ALWAYS AS (twice(v)) STORED)",
                "INSERT INTO refreshed (id, v) SELECT g, g FROM generate_series(1, 5000) g");
        PipelineBuilder spread =
                builder()
                        .rule("public.bad", new Consistency.Key(3), Track.BULK)
                        .rule(
                                "public.refreshed",
                                new Consistency.Table(),
                                Track.BULK,
                                new Strategy.Full(Duration.ofHours(1), false));
        TableId refreshed = new TableId("public", "refreshed");
        try (Pipeline pipeline = spread.build()) {
            pipeline.start();
            change(1);
            databases.onSource("TRUNCATE bad", "INSERT INTO bad (v) VALUES (1), (2)");
            change(2);
            awaitComplete(pipeline, GOOD);

            databases.onDestination(TWICE);
            pipeline.resume(REPORTING, BAD);
            pipeline.resync(REPORTING, refreshed);
            change(3);
            awaitAllComplete(pipeline);
        }
        databases.comparer().assertEqual();
    }

    @Test
    void aTableThatWasDroppedThereIsBroughtAnewAndSetAsideWhileItCannotBe() throws Exception {
        databases.onDestination(TWICE);
        try (Pipeline pipeline = builder().build()) {
            pipeline.start();
            awaitAllComplete(pipeline);
        }
        databases.onDestination("DROP TABLE bad", "DROP TABLE good", "DROP FUNCTION twice");
        try (Pipeline pipeline = builder().build()) {
            pipeline.start();
            change(1);
            awaitComplete(pipeline, GOOD);
            databases.comparer().assertEqual(List.of(GOOD));
            assertThat(bad(pipeline, REPORTING).state()).isEqualTo(TableState.FAILED);
        }
        // Made by hand while nothing ran, and empty.
        databases.onDestination(
                "CREATE TABLE bad (id int PRIMARY KEY, v int, w int GENERATED ALWAYS AS (v * 2) STORED)");
        try (Pipeline pipeline = builder().build()) {
            pipeline.start();
            change(2);
            awaitAllComplete(pipeline);
        }
        assertThat(there("SELECT string_agg(id || ':' || v || ':' || w, ' ' ORDER BY id) FROM bad"))
                .isEqualTo(
                        here(
                                "SELECT string_agg(id || ':' || v || ':' || w, ' ' ORDER BY id) FROM bad"));
    }

    @Test
    void whereItsLaneStopsForAnotherReasonItKeepsItsOwnAndTheOthersAreResumedWithoutIt()
            throws Exception {
        PipelineBuilder grouped =
                builder().rule("public.*", new Consistency.Group("shop"), Track.BULK);
        try (Pipeline pipeline = grouped.build()) {
            pipeline.start();
            awaitComplete(pipeline, GOOD);
            databases.onDestination("CREATE VIEW in_the_way AS SELECT v FROM good");
            databases.onSource("ALTER TABLE good ALTER COLUMN v TYPE bigint");
            change(1);
            log.await("TT-422", LIMIT);
            databases.onDestination("DROP VIEW in_the_way");
            assertThat(bad(pipeline, REPORTING).message()).startsWith("TT-412 ");

            pipeline.resume(REPORTING, GOOD);
            awaitComplete(pipeline, GOOD);
        }
        databases.comparer().assertEqual(List.of(GOOD));
    }

    @Test
    void aTableOfItsNameThatReplacesItAtTheSourceMeanwhileComesWithItsChanges() throws Exception {
        try (Pipeline pipeline = builder().build()) {
            pipeline.start();
            awaitComplete(pipeline, GOOD);
            databases.onSource(
                    "DROP TABLE bad",
                    "CREATE TABLE bad (id serial PRIMARY KEY, v int, w int GENERATED ALWAYS AS (twice(v)) STORED)",
                    "INSERT INTO bad (v) SELECT g FROM generate_series(1, 50) g");
            change(1);

            databases.onDestination(TWICE);
            pipeline.resume(REPORTING, BAD);
            change(2);
            log.await("TT-246", LIMIT);
            log.await("table public.bad merged", LIMIT);
            change(3);
            awaitAllComplete(pipeline);
        }
        databases.comparer().assertEqual();
    }

    @Test
    @Tag("wide")
    void giantTransactionsOverItAndItsGroupAreStagedWithoutIt() throws Exception {
        PipelineBuilder grouped =
                builder()
                        .rule("public.*", new Consistency.Group("shop"), Track.BULK)
                        .tuned(PipelineBuilder.SMALL);
        try (Pipeline pipeline = grouped.build()) {
            pipeline.start();
            for (int round = 0; round < 3; round++) {
                databases.onSource(
                        "INSERT INTO bad (v) SELECT g FROM generate_series(1, 60000) g",
                        "BEGIN; TRUNCATE good, bad; INSERT INTO good SELECT g, g FROM generate_series(1, 60000) g; INSERT INTO bad (v) SELECT g FROM generate_series(1, 60000) g; COMMIT");
                if (round == 1) {
                    databases.onDestination(TWICE);
                    pipeline.resume(REPORTING, BAD);
                }
            }
            awaitAllComplete(pipeline);
        }
        databases.comparer().assertEqual();
    }

    @Test
    void aStartGoesOnThoughNoTableCanBeCreated() throws Exception {
        databases.onSource("DROP TABLE good");
        try (Pipeline pipeline = builder().build()) {
            pipeline.start();
            assertThat(log.count("ERROR TT-417 none of the 1 tables can be created")).isEqualTo(1);

            databases.onDestination(TWICE);
            pipeline.resume(REPORTING, BAD);
            awaitAllComplete(pipeline);
        }
        databases.comparer().assertEqual();
    }

    @Test
    void whatStandsInItsPlaceIsNotTouched() throws Exception {
        databases.onDestination("CREATE VIEW bad AS SELECT 1 AS id");
        try (Pipeline pipeline = builder().build()) {
            pipeline.start();
            change(1);
            awaitComplete(pipeline, GOOD);
            assertThat(bad(pipeline, REPORTING).message())
                    .startsWith("TT-415 ")
                    .contains("a view stands in its place");

            databases.onDestination(TWICE, "DROP VIEW bad");
            pipeline.resume(REPORTING, BAD);
            awaitAllComplete(pipeline);
        }
        databases.comparer().assertEqual();
    }

    private void change(int round) throws SQLException {
        databases.onSource(
                "UPDATE good SET v = v + %d WHERE id %% 3 = 0".formatted(round),
                "UPDATE bad SET v = v + %d WHERE id %% 3 = 0".formatted(round),
                "DELETE FROM bad WHERE id = %d".formatted(round),
                "INSERT INTO bad (v) VALUES (%d)".formatted(1000 + round));
    }

    private static TableStatus bad(Pipeline pipeline, DestinationId at) {
        return pipeline.status().destinations().stream()
                .filter(it -> it.id().equals(at))
                .flatMap(it -> it.tables().stream())
                .filter(it -> it.table().equals(BAD))
                .findFirst()
                .orElseThrow();
    }

    private static void awaitComplete(Pipeline pipeline, TableId table)
            throws InterruptedException {
        assertThat(
                        pipeline.awaitComplete(
                                REPORTING, Set.of(table), pipeline.sourcePosition(), LIMIT))
                .as(() -> pipeline.status().toString())
                .isTrue();
    }

    private static void awaitAllComplete(Pipeline pipeline) throws InterruptedException {
        awaitAllComplete(pipeline, REPORTING);
    }

    private static void awaitAllComplete(Pipeline pipeline, DestinationId at)
            throws InterruptedException {
        assertThat(pipeline.awaitComplete(at, Set.of(), pipeline.sourcePosition(), LIMIT))
                .as(() -> pipeline.status().toString())
                .isTrue();
    }

    private String here(String sql) throws SQLException {
        try (Connection connection = databases.connectSource()) {
            return one(connection, sql);
        }
    }

    private String there(String sql) throws SQLException {
        try (Connection connection = databases.connectDestination()) {
            return one(connection, sql);
        }
    }

    private static String one(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}
