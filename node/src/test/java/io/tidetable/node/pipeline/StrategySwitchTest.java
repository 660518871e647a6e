package io.tidetable.node.pipeline;

import static io.tidetable.node.pipeline.Arrivals.awaitComplete;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidetable.model.Consistency;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.model.schema.Strategy;
import io.tidetable.model.status.StrategyStatus;
import io.tidetable.model.status.TableState;
import io.tidetable.model.status.TableVerification;
import io.tidetable.node.strategy.AutomaticCadence;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import io.tidetable.testkit.WorkloadRun;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Strategies are switched live, under load, without a gap or a double. */
@Tag("slow")
class StrategySwitchTest {
    private static final Duration LIMIT = Duration.ofSeconds(90);

    static final Strategy DELTA = new Strategy.PrioritizedDelta();
    static final Strategy FULL = new Strategy.Full(Duration.ofSeconds(2));
    static final Strategy SAMPLING =
            new Strategy.Sampling(0.04, 0.95, 0.01, Duration.ofSeconds(60), 2);
    static final Strategy FUNCTIONAL =
            new Strategy.Functional(List.of("desk"), List.of("status"), "status = 'open'");

    private final DatabasePair databases = Servers.freshPair();

    @TempDir Path directory;

    @AfterEach
    void dropDatabases() throws SQLException {
        databases.close();
    }

    @Test
    @Tag("wide")
    void everyStrategyIsSwitchedToEveryOtherUnderLoadAndTheRowsAreRightThroughout()
            throws Exception {
        try (WorkloadRun load = load(600);
                Pipeline pipeline = new PipelineBuilder(databases, directory).build()) {
            pipeline.start();
            awaitStreaming(pipeline);
            // Each of the twelve ordered pairs once.
            for (Strategy next :
                    List.of(
                            FULL,
                            DELTA,
                            SAMPLING,
                            DELTA,
                            FUNCTIONAL,
                            FULL,
                            SAMPLING,
                            FULL,
                            FUNCTIONAL,
                            SAMPLING,
                            FUNCTIONAL,
                            DELTA)) {
                switchTo(pipeline, next);
                assertThat(verify(pipeline)).as("%s", next).allMatch(TableVerification::equal);
            }
            load.stop();
            awaitComplete(pipeline, PipelineBuilder.REPORTING, LIMIT);
        }
        databases.comparer().assertEqual();
    }

    @Test
    void underEachStrategyTheDestinationHoldsExactlyWhatItSays() throws Exception {
        WorkloadRun load = load(600);
        try (Pipeline pipeline = new PipelineBuilder(databases, directory).build()) {
            pipeline.start();
            awaitStreaming(pipeline);

            switchTo(pipeline, FUNCTIONAL);
            awaitCommitted(load, 300);
            load.stop();
            awaitComplete(pipeline, PipelineBuilder.REPORTING, LIMIT);
            assertThat(destination("SELECT id, status, weight, note, sent FROM parcels"))
                    .isEqualTo(
                            source(
                                    "SELECT id, status, NULL, NULL, NULL FROM parcels WHERE status"
                                            + " = 'open'"));
            assertThat(status(pipeline).freshness()).contains("columns id, status");

            load = load(600);
            switchTo(pipeline, SAMPLING);
            awaitCommitted(load, 300);
            load.stop();
            awaitComplete(pipeline, PipelineBuilder.REPORTING, LIMIT);
            String sampled = sampleCondition();
            assertThat(destination("SELECT * FROM parcels WHERE " + sampled))
                    .isEqualTo(source("SELECT * FROM parcels WHERE " + sampled))
                    .hasSizeBetween(200, 1200);

            switchTo(pipeline, new Strategy.Full(Duration.ofHours(1)));
            List<String> refreshed = destination("SELECT * FROM parcels");
            assertThat(refreshed).isEqualTo(source("SELECT * FROM parcels"));
            databases.onSource(
                    "UPDATE parcels SET weight = -1", "DELETE FROM parcels WHERE id < 9");
            databases.onSource("CREATE TABLE other (id int PRIMARY KEY)");
            assertThat(verify(pipeline)).allMatch(TableVerification::equal);
            assertThat(destination("SELECT * FROM parcels")).isEqualTo(refreshed);

            databases.onDestination(
                    "UPDATE parcels SET weight = -3 WHERE id = (SELECT min(id) FROM parcels WHERE id > 99)");
            assertThat(verify(pipeline)).noneMatch(TableVerification::equal);
            // A refresh is had on demand, long before the cadence.
            pipeline.resync(PipelineBuilder.REPORTING, Parcels.TABLE);
            awaitStreaming(pipeline);
            assertThat(destination("SELECT * FROM parcels"))
                    .isEqualTo(source("SELECT * FROM parcels"));
            databases.onSource("UPDATE parcels SET weight = -2");
            // Whoever waits for the source's position gets a refresh.
            awaitComplete(pipeline, PipelineBuilder.REPORTING, LIMIT);
            assertThat(destination("SELECT * FROM parcels"))
                    .isEqualTo(source("SELECT * FROM parcels"));

            switchTo(pipeline, DELTA);
            awaitComplete(pipeline, PipelineBuilder.REPORTING, LIMIT);
            assertThatThrownBy(() ->
                            databases.onDestination(
                                    "INSERT INTO parcels (id, status) VALUES (-1, 'x')"))
                    .hasMessageContaining("null");
        }
        databases.onSource("DROP TABLE other");
        databases.comparer().assertEqual();
    }

    @Test
    void aFullTableIsRefreshedOnItsCadenceAndNotInBetween() throws Exception {
        try (WorkloadRun load = load(300);
                Pipeline pipeline = new PipelineBuilder(databases, directory).build()) {
            pipeline.start();
            awaitStreaming(pipeline);
            switchTo(pipeline, FULL);
            Instant first = requireNonNull(status(pipeline).asOfTime());
            Awaitility.await()
                    .atMost(LIMIT)
                    .until(() ->
                            requireNonNull(status(pipeline).asOfTime())
                                    .isAfter(first.plusSeconds(3)));
            assertThat(status(pipeline).breakEvenChanges()).isNotNull();
            load.stop();
            awaitComplete(pipeline, PipelineBuilder.REPORTING, LIMIT);
        }
        databases.comparer().assertEqual();
    }

    @Test
    void whatARefreshIsWorthIsMeasuredAndGrowsWithTheTable() throws Exception {
        databases.onSource(
                "CREATE TABLE small (id int PRIMARY KEY, note text)",
                "CREATE TABLE large (id int PRIMARY KEY, note text)",
                "INSERT INTO small SELECT g, repeat('n', 50) FROM generate_series(1, 500) g",
                "INSERT INTO large SELECT g, repeat('n', 50) FROM generate_series(1, 200000) g");
        TableId small = new TableId("public", "small");
        TableId large = new TableId("public", "large");
        try (Pipeline pipeline = new PipelineBuilder(databases, directory).build()) {
            pipeline.start();
            awaitComplete(pipeline);
            for (int round = 0; round < 5; round++) {
                databases.onSource(
                        "UPDATE small SET note = 's%d' WHERE id <= 400".formatted(round),
                        "UPDATE large SET note = 'l%d' WHERE id <= 400".formatted(round));
                awaitComplete(pipeline);
            }
            for (TableId table : List.of(small, large)) {
                assertThat(pipeline.strategy(PipelineBuilder.REPORTING, table).breakEvenChanges())
                        .as("no refresh was seen yet")
                        .isNull();
                pipeline.resync(PipelineBuilder.REPORTING, table);
                awaitComplete(pipeline);
                pipeline.resync(PipelineBuilder.REPORTING, table);
                awaitComplete(pipeline);
            }
            long ofSmall =
                    requireNonNull(
                            pipeline.strategy(PipelineBuilder.REPORTING, small).breakEvenChanges());
            long ofLarge =
                    requireNonNull(
                            pipeline.strategy(PipelineBuilder.REPORTING, large).breakEvenChanges());
            assertThat(ofSmall).isPositive();
            assertThat(ofLarge)
                    .as("400 times the rows, against %d", ofSmall)
                    .isGreaterThan(2 * ofSmall);
        }
        databases.comparer().assertEqual();
    }

    @Test
    void aCadenceIsChosenByWhatRefreshesAndChangesWereFoundToCost() throws Exception {
        PipelineSettings.Tuning usual = PipelineSettings.Tuning.DEFAULT;
        PipelineSettings.Tuning quick =
                new PipelineSettings.Tuning(
                        Duration.ofMillis(50),
                        usual.batchBytes(),
                        usual.chunkSize(),
                        usual.snapshotLimit());
        Strategy.Full byCosts = Strategy.Full.byCosts();
        try (WorkloadRun load = load(600);
                Pipeline pipeline =
                        new PipelineBuilder(databases, directory).tuned(quick).build()) {
            pipeline.start();
            awaitStreaming(pipeline);
            awaitCommitted(load, 300);
            switchTo(pipeline, byCosts);
            Awaitility.await()
                    .atMost(LIMIT)
                    .until(() -> {
                        StrategyStatus.Refreshing now = status(pipeline).refreshing();
                        return now != null
                                && String.valueOf(now.reason()).contains("changes come per second")
                                && now.cadence().compareTo(byCosts.cadence()) < 0;
                    });
            StrategyStatus now = status(pipeline);
            long breakEven = requireNonNull(now.breakEvenChanges());
            Duration often = requireNonNull(now.refreshing()).cadence();
            assertThat(often).isGreaterThanOrEqualTo(AutomaticCadence.SHORTEST);
            Instant refreshed = requireNonNull(now.asOfTime());
            Awaitility.await()
                    .atMost(LIMIT)
                    .until(() -> requireNonNull(status(pipeline).asOfTime()).isAfter(refreshed));
            load.stop();
            // Nothing changes any more: the rarest refreshes are enough.
            Awaitility.await()
                    .atMost(LIMIT)
                    .until(() ->
                            requireNonNull(status(pipeline).refreshing())
                                    .cadence()
                                    .equals(AutomaticCadence.LONGEST));
            assertThat(breakEven).isPositive();

            switchTo(pipeline, new Strategy.Full(Duration.ofHours(1)));
            assertThat(requireNonNull(status(pipeline).refreshing()))
                    .isEqualTo(new StrategyStatus.Refreshing(Duration.ofHours(1), null));
            awaitComplete(pipeline);
        }
        databases.comparer().assertEqual();
    }

    @Test
    void aNewTableStartsUnderItsStrategyAndKeepsOneItWasSwitchedToAcrossAStart() throws Exception {
        load(1).stop();
        PipelineBuilder asked =
                new PipelineBuilder(databases, directory)
                        .rule("public.parcels", new Consistency.Table(), Track.BULK, FUNCTIONAL);
        try (Pipeline pipeline = asked.build()) {
            pipeline.start();
            awaitComplete(pipeline, PipelineBuilder.REPORTING, LIMIT);
            assertThat(status(pipeline).strategy()).isEqualTo(FUNCTIONAL);
            assertThat(destination("SELECT count(*), count(weight) FROM parcels"))
                    .isEqualTo(source("SELECT count(*), 0 FROM parcels WHERE status = 'open'"));
            switchTo(pipeline, DELTA);
        }
        try (Pipeline pipeline = asked.build()) {
            pipeline.start();
            databases.onSource("UPDATE parcels SET weight = 7 WHERE id <= 10");
            awaitComplete(pipeline, PipelineBuilder.REPORTING, LIMIT);
            assertThat(status(pipeline).strategy()).isEqualTo(DELTA);
        }
        databases.comparer().assertEqual();
        try (Pipeline pipeline =
                new PipelineBuilder(databases, directory)
                        .rule("public.parcels", new Consistency.Table(), Track.BULK, FULL)
                        .build()) {
            pipeline.start();
            awaitComplete(pipeline, PipelineBuilder.REPORTING, LIMIT);
            assertThat(status(pipeline).strategy()).isEqualTo(FULL);
        }
    }

    @Test
    void aStrategyThatATableCannotHaveIsRefusedAndNothingChanges() throws Exception {
        databases.onSource(
                "CREATE TABLE mails (id int PRIMARY KEY, mail text UNIQUE)",
                "CREATE TABLE pair (id int PRIMARY KEY)");
        try (Pipeline pipeline =
                new PipelineBuilder(databases, directory)
                        .rule("public.pair", new Consistency.Group("g"), Track.BULK)
                        .build()) {
            pipeline.start();
            awaitComplete(pipeline, PipelineBuilder.REPORTING, LIMIT);
            TableId mails = new TableId("public", "mails");
            assertThatThrownBy(() ->
                            pipeline.switchStrategy(PipelineBuilder.REPORTING, mails, SAMPLING))
                    .isInstanceOf(TidetableException.class)
                    .hasMessageContaining("further unique");
            assertThatThrownBy(() ->
                            pipeline.switchStrategy(PipelineBuilder.REPORTING, mails, FUNCTIONAL))
                    .hasMessageContaining("status");
            assertThatThrownBy(() ->
                            pipeline.switchStrategy(
                                    PipelineBuilder.REPORTING, new TableId("public", "pair"), FULL))
                    .hasMessageContaining("lane of its own");
            assertThat(pipeline.strategy(PipelineBuilder.REPORTING, mails).strategy())
                    .isEqualTo(DELTA);
        }
    }

    @Test
    void aFunctionThatIsAddedBringsWhatItNeedsAnew() throws Exception {
        load(1).stop();
        try (Pipeline pipeline = new PipelineBuilder(databases, directory).build()) {
            pipeline.start();
            awaitStreaming(pipeline);
            switchTo(pipeline, FUNCTIONAL);
            switchTo(
                    pipeline,
                    new Strategy.Functional(
                            List.of("desk", "scale"),
                            List.of("status", "weight"),
                            "status = 'open' OR status = 'lost'"));
            databases.onSource("UPDATE parcels SET weight = 99 WHERE id < 20");
            awaitComplete(pipeline, PipelineBuilder.REPORTING, LIMIT);
            assertThat(destination("SELECT id, status, weight, note FROM parcels"))
                    .isEqualTo(
                            source(
                                    "SELECT id, status, weight, NULL FROM parcels WHERE status <>"
                                            + " 'sent'"));
        }
    }

    private WorkloadRun load(double perSecond) throws Exception {
        Parcels parcels = new Parcels();
        try (Connection connection = databases.connectSource();
                Statement statement = connection.createStatement()) {
            statement.execute("DROP TABLE IF EXISTS fresh");
            try (ResultSet row =
                    statement.executeQuery("SELECT to_regclass('public.parcels') IS NULL")) {
                row.next();
                if (row.getBoolean(1)) {
                    parcels.create(connection);
                }
            }
        }
        return WorkloadRun.start(parcels, databases.sourceJdbcUrl(), 2, 11, perSecond);
    }

    private static void awaitCommitted(WorkloadRun load, long transactions) {
        Awaitility.await().atMost(LIMIT).until(() -> load.committed() >= transactions);
    }

    private static StrategyStatus status(Pipeline pipeline) {
        return pipeline.strategy(PipelineBuilder.REPORTING, Parcels.TABLE);
    }

    private static TableState state(Pipeline pipeline) {
        return pipeline.status().destinations().getFirst().tables().stream()
                .filter(table -> table.table().equals(Parcels.TABLE))
                .findFirst()
                .orElseThrow()
                .state();
    }

    private static void awaitStreaming(Pipeline pipeline) {
        Awaitility.await().atMost(LIMIT).until(() -> state(pipeline) == TableState.STREAMING);
    }

    /** A refresh, or a merge of rows left open, may be at work: then it is asked again. */
    private static void switchTo(Pipeline pipeline, Strategy next) {
        Awaitility.await()
                .atMost(LIMIT)
                .ignoreExceptionsMatching(
                        e -> e instanceof TidetableException it && it.code().equals("TT-406"))
                .until(() -> {
                    pipeline.switchStrategy(PipelineBuilder.REPORTING, Parcels.TABLE, next);
                    return true;
                });
        Awaitility.await()
                .atMost(LIMIT)
                .until(() ->
                        state(pipeline) == TableState.STREAMING
                                && status(pipeline).strategy().equals(next));
    }

    private static List<TableVerification> verify(Pipeline pipeline) throws InterruptedException {
        return pipeline.verify(PipelineBuilder.REPORTING, Set.of(Parcels.TABLE), false, each -> {});
    }

    private String sampleCondition() throws SQLException {
        var known =
                new io.tidetable.node.strategy.Strategies(databases.sourceName())
                        .all(databases.connectDestination())
                        .get(Parcels.TABLE);
        return ((io.tidetable.node.strategy.TableScope.Sampled) requireNonNull(known).scope())
                .sample()
                .sql();
    }

    private List<String> source(String query) throws SQLException {
        try (Connection connection = databases.connectSource()) {
            return rows(connection, query);
        }
    }

    private List<String> destination(String query) throws SQLException {
        try (Connection connection = databases.connectDestination()) {
            return rows(connection, query);
        }
    }

    private static List<String> rows(Connection connection, String query) throws SQLException {
        List<String> rows = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT q::text FROM (" + query + ") q")) {
            while (row.next()) {
                rows.add(row.getString(1));
            }
        }
        rows.sort(null);
        return rows;
    }
}
