package io.tidetable.node.pipeline;

import static io.tidetable.node.pipeline.Arrivals.awaitComplete;
import static io.tidetable.node.pipeline.Arrivals.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidetable.embedded.PostgresServer;
import io.tidetable.model.Consistency;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.model.schema.ReplicationSchema;
import io.tidetable.model.schema.SchemaOverride;
import io.tidetable.model.schema.Strategy;
import io.tidetable.model.status.TableState;
import io.tidetable.model.status.TableVerification;
import io.tidetable.node.functional.FunctionDeclaration;
import io.tidetable.node.functional.TableNeed;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A table carries what functions need, wherever it is said what that is. */
class FunctionalTablesTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final TableId VISITS = new TableId("public", "visits");

    private final DatabasePair databases = Servers.freshPair();

    @TempDir Path directory;

    @AfterEach
    void dropDatabases() throws SQLException {
        databases.close();
    }

    private PipelineBuilder builder(String... functions) {
        return new PipelineBuilder(databases, directory)
                .rule(
                        "public.visits",
                        new Consistency.Table(),
                        Track.BULK,
                        new Strategy.Functional(List.of(functions), List.of(), null));
    }

    private static FunctionDeclaration running(String name, String query) {
        return new FunctionDeclaration(name, Map.of(), List.of(query), null);
    }

    @Test
    void aPartitionedTableCarriesWhatQueriesReadAndMoreWhenAFunctionIsAdded() throws Exception {
        databases.onSource(
                "CREATE TYPE kind AS ENUM ('web', 'shop')",
                "CREATE TABLE visits (arrival date, id int, kind kind NOT NULL, stars int NOT NULL CHECK (stars > 0), body text NOT NULL, PRIMARY KEY (arrival, id)) PARTITION BY RANGE (arrival)",
                "CREATE TABLE visits_1 PARTITION OF visits FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')",
                "CREATE TABLE visits_2 PARTITION OF visits FOR VALUES FROM ('2026-02-01') TO ('2026-03-01')",
                "INSERT INTO visits SELECT '2026-01-20'::date + g % 20, g, (ARRAY['web', 'shop']::kind[])[g % 2 + 1], g % 5 + 1, 'b' || g FROM generate_series(1, 500) g");
        FunctionDeclaration desk =
                running(
                        "desk",
                        "SELECT id FROM visits WHERE kind = 'web' AND arrival >= '2026-01-25'");
        try (Pipeline pipeline = builder("desk").knowing(desk).build()) {
            pipeline.start();
            awaitComplete(pipeline);
            databases.onSource(
                    "UPDATE visits SET kind = 'shop' WHERE id % 10 = 0",
                    "UPDATE visits SET kind = 'web' WHERE id % 10 = 1",
                    "UPDATE visits SET arrival = arrival + 5 WHERE id % 7 = 0",
                    "DELETE FROM visits WHERE id % 11 = 0",
                    "INSERT INTO visits VALUES ('2026-02-14', 9001, 'web', 3, 'x'), ('2026-01-02', 9002, 'web', 3, 'x')");
            awaitComplete(pipeline);
            assertSame(
                    pipeline,
                    "SELECT arrival, id, kind, NULL, NULL FROM visits WHERE kind = 'web' AND arrival >= '2026-01-25'");
        }
        FunctionDeclaration ratings =
                running("ratings", "SELECT avg(stars) FROM visits WHERE stars >= 2");
        try (Pipeline pipeline =
                builder("desk", "ratings").knowing(desk).knowing(ratings).build()) {
            pipeline.start();
            awaitComplete(pipeline);
            databases.onSource("UPDATE visits SET stars = 1 WHERE id % 13 = 0");
            awaitComplete(pipeline);
            assertSame(
                    pipeline,
                    "SELECT arrival, id, kind, stars, NULL FROM visits WHERE kind = 'web' AND arrival >= '2026-01-25' OR stars >= 2");

            databases.onSource("COMMENT ON COLUMN visits.body IS 'free text, @function(search)'");
            pipeline.switchStrategy(
                    PipelineBuilder.REPORTING,
                    VISITS,
                    new Strategy.Functional(List.of("desk", "search"), List.of(), null));
            Awaitility.await()
                    .atMost(LIMIT)
                    .until(() ->
                            pipeline.strategy(PipelineBuilder.REPORTING, VISITS)
                                            .columns()
                                            .contains("body")
                                    && pipeline.status()
                                                    .destinations()
                                                    .getFirst()
                                                    .tables()
                                                    .getFirst()
                                                    .state()
                                            == TableState.STREAMING);
            assertSame(pipeline, "SELECT arrival, id, kind, NULL, body FROM visits");
            assertThatThrownBy(() ->
                            pipeline.switchStrategy(
                                    PipelineBuilder.REPORTING,
                                    VISITS,
                                    new Strategy.Functional(List.of("nobody"), List.of(), null)))
                    .isInstanceOf(TidetableException.class)
                    .hasMessageContaining("none of the functions");
        }
    }

    @Test
    void whatAFunctionNeedsMoreWhileItRunsArrivesByItself() throws Exception {
        try (PostgresServer counting =
                        PostgresServer.start(
                                Map.of("shared_preload_libraries", "pg_stat_statements"));
                DatabasePair pair = Servers.pairOn(Servers.source(), counting)) {
            pair.onDestination(
                    "CREATE EXTENSION pg_stat_statements",
                    "CREATE ROLE reader LOGIN",
                    "GRANT pg_read_all_data TO reader");
            pair.onSource(
                    "CREATE TABLE visits (id int PRIMARY KEY, kind text, stars int NOT NULL, body text NOT NULL, secret text)",
                    "INSERT INTO visits SELECT g, 'k' || g % 3, g % 5, 'b' || g, 's' FROM generate_series(1, 300) g");
            FunctionDeclaration desk =
                    new FunctionDeclaration(
                            "desk",
                            Map.of(VISITS, TableNeed.ofColumns(Set.of("kind"))),
                            List.of(),
                            new FunctionDeclaration.Statements("reader", "desk screen"));
            try (Pipeline pipeline =
                    new PipelineBuilder(pair, directory)
                            .rule(
                                    "public.visits",
                                    new Consistency.Table(),
                                    Track.BULK,
                                    new Strategy.Functional(List.of("desk"), List.of(), null))
                            .knowing(desk)
                            .tuned(PipelineBuilder.QUICK)
                            .build()) {
                pipeline.start();
                awaitComplete(pipeline);
                assertThat(rows(pair.connectDestination(), "SELECT * FROM visits"))
                        .isEqualTo(
                                rows(
                                        pair.connectSource(),
                                        "SELECT id, kind, NULL, NULL, NULL FROM visits"));

                // Others, and what does not bear the mark, do not count.
                query(pair, "postgres", "SELECT secret, 'desk screen' FROM visits");
                query(pair, "reader", "SELECT secret FROM visits");
                query(pair, "reader", "SELECT avg(stars) /* desk screen */ FROM visits");
                awaitColumns(pipeline, "id", "kind", "stars");
                pair.onSource("UPDATE visits SET stars = 9 WHERE id < 50");
                pair.onSource("COMMENT ON COLUMN visits.body IS '@function(desk)'");
                awaitColumns(pipeline, "body", "id", "kind", "stars");
                pair.onSource("DELETE FROM visits WHERE id % 7 = 0");
                awaitComplete(pipeline);
                assertThat(rows(pair.connectDestination(), "SELECT * FROM visits"))
                        .isEqualTo(
                                rows(
                                        pair.connectSource(),
                                        "SELECT id, kind, stars, body, NULL FROM visits"));
            }
        }
    }

    private static void query(DatabasePair pair, String role, String sql) throws SQLException {
        try (Connection connection = pair.connectDestination();
                Statement statement = connection.createStatement()) {
            statement.execute("SET SESSION AUTHORIZATION " + role);
            statement.execute(sql);
        }
    }

    private static void awaitColumns(Pipeline pipeline, String... columns) {
        Awaitility.await()
                .atMost(LIMIT)
                .until(
                        () -> pipeline.strategy(PipelineBuilder.REPORTING, VISITS).columns(),
                        List.of(columns)::equals);
    }

    @Test
    void aFunctionThatIsDeclaredWhileItRunsGetsWhatItNeeds() throws Exception {
        databases.onSource(
                "CREATE TABLE visits (id int PRIMARY KEY, stars int, body text)",
                "INSERT INTO visits SELECT g, g % 5, 'b' || g FROM generate_series(1, 300) g");
        Strategy forBoth = new Strategy.Functional(List.of("desk", "search"), List.of(), null);
        try (Pipeline pipeline =
                builder("desk", "search")
                        .knowing(running("desk", "SELECT stars FROM visits"))
                        .build()) {
            pipeline.start();
            awaitComplete(pipeline);
            assertSame(pipeline, "SELECT id, stars, NULL FROM visits");

            FunctionDeclaration search = running("search", "SELECT id, body FROM visits");
            pipeline.checkFunction(search);
            pipeline.functions(List.of(search));
            pipeline.follow(
                    new SchemaOverride.InForce(
                            ReplicationSchema.usual(
                                            VISITS, PipelineBuilder.REPORTING, Instant.now())
                                    .withStrategy(forBoth),
                            false,
                            List.of()));
            awaitComplete(pipeline);

            assertSame(pipeline, "SELECT id, stars, body FROM visits");
            assertThatThrownBy(() -> pipeline.checkFunction(running("wrong", "SELECT FROM WHERE")))
                    .isInstanceOf(TidetableException.class);
        }
    }

    @Test
    void aTableWhoseKeyChangesUnderASampleIsStoppedWithTheReason() throws Exception {
        databases.onSource(
                "CREATE TABLE visits (id int PRIMARY KEY, other int NOT NULL)",
                "INSERT INTO visits SELECT g, -g FROM generate_series(1, 3000) g");
        try (Pipeline pipeline =
                new PipelineBuilder(databases, directory)
                        .rule(
                                "public.visits",
                                new Consistency.Table(),
                                Track.BULK,
                                StrategySwitchTest.SAMPLING)
                        .build()) {
            pipeline.start();
            awaitComplete(pipeline);
            databases.onSource(
                    "ALTER TABLE visits DROP CONSTRAINT visits_pkey, ADD PRIMARY KEY (other)",
                    "UPDATE visits SET id = id + 1 WHERE other = -7");
            Awaitility.await()
                    .atMost(LIMIT)
                    .until(() -> {
                        TableState state =
                                pipeline.status()
                                        .destinations()
                                        .getFirst()
                                        .tables()
                                        .getFirst()
                                        .state();
                        return state == TableState.FAILED;
                    });
        }
    }

    private void assertSame(Pipeline pipeline, String expected) throws Exception {
        assertThat(rows(databases.connectDestination(), "SELECT * FROM visits"))
                .isNotEmpty()
                .isEqualTo(rows(databases.connectSource(), expected));
        assertThat(pipeline.verify(PipelineBuilder.REPORTING, Set.of(VISITS), false, each -> {}))
                .allMatch(TableVerification::equal);
    }
}
