package io.tidetable.node.pipeline;

import static io.tidetable.node.pipeline.Arrivals.awaitComplete;
import static io.tidetable.node.pipeline.Arrivals.texts;
import static io.tidetable.node.pipeline.PipelineBuilder.REPORTING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidetable.model.Consistency;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.model.schema.ReplicationSchema;
import io.tidetable.model.schema.SchemaOverride;
import io.tidetable.model.schema.Sharding;
import io.tidetable.model.status.TableState;
import io.tidetable.model.status.TableStatus;
import io.tidetable.model.status.TableVerification;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.fault.Faults;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.MixedChanges;
import io.tidetable.testkit.Servers;
import io.tidetable.testkit.WorkloadRun;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables get more and fewer lanes while they are written to. */
class LaneSpreadTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final TableId ORDERS = new TableId("public", "orders");
    private static final TableId LINES = new TableId("public", "order_lines");

    private final DatabasePair databases = Servers.freshPair();
    private final LogEars log = new LogEars();

    @TempDir Path directory;

    @BeforeEach
    void listen() {
        log.listen();
    }

    @AfterEach
    void dropDatabases() throws SQLException {
        log.close();
        databases.close();
    }

    @Test
    void anotherNumberOfLanesIsTakenUpUnderLoadWithoutLossOrDoubleOrAMerge() throws Exception {
        takesUp(List.of(3));
    }

    @Test
    @Tag("wide")
    void manyAndFewLanesAreTakenUpUnderLoadWithoutLossOrDoubleOrAMerge() throws Exception {
        takesUp(List.of(8, 2, 5));
    }

    private void takesUp(List<Integer> numbers) throws Exception {
        MixedChanges changes = created();
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        try (Pipeline pipeline = builder().build();
                WorkloadRun run = WorkloadRun.start(changes, databases.sourceJdbcUrl(), 2, seed)) {
            pipeline.start();
            awaitComplete(pipeline);
            for (int shards : numbers) {
                long before = run.committed();
                spread(pipeline, schema(ORDERS, shards));
                spread(pipeline, schema(LINES, shards + 1));
                assertThat(status(pipeline, ORDERS).consistency())
                        .isEqualTo(new Consistency.Key(shards));
                assertThat(lanesAtDestination(ORDERS)).hasSize(shards);
                assertThat(lanesAtDestination(LINES)).hasSize(shards + 1);
                Awaitility.await().atMost(LIMIT).until(() -> run.committed() > before + 100);
            }
            spread(pipeline, usual(ORDERS));
            assertThat(lanesAtDestination(ORDERS)).containsExactly("public.orders");
            run.stop();
            awaitComplete(pipeline);
            assertThat(pipeline.verify(REPORTING, Set.of(), false, each -> {}))
                    .allMatch(TableVerification::equal);
            assertThat(log.count("table public.orders merged")).isZero();
            assertThat(log.count("found no row to change")).isZero();
        }
        databases.comparer().assertEqual();
    }

    @Test
    void lanesThatWereSpreadGoOnWhereTheyStandAtTheNextStart() throws Exception {
        created();
        try (Pipeline pipeline = builder().build()) {
            pipeline.start();
            awaitComplete(pipeline);
            spread(pipeline, schema(ORDERS, 3));
            databases.onSource(
                    "INSERT INTO orders (id, customer) SELECT g, 'c' FROM generate_series(1000, 1200) g");
            awaitComplete(pipeline);
        }
        databases.onSource("UPDATE orders SET customer = 'd' WHERE id % 2 = 0");
        try (Pipeline pipeline =
                builder().rule("public.orders", new Consistency.Key(3), Track.BULK).build()) {
            pipeline.start();
            awaitComplete(pipeline);
            assertThat(log.count("table public.orders joins lane")).isZero();
            assertThat(log.count("table public.orders merged")).isZero();
        }
        databases.comparer().assertEqual();
    }

    @Test
    void whatBecameOfAnUncertainHandoverIsLearntFromTheDestination() throws Exception {
        for (FaultPoint broken : List.of(FaultPoint.LANES_WRITTEN, FaultPoint.LANES_REPLACED)) {
            MixedChanges changes = new MixedChanges();
            databases.onSource("DROP SCHEMA public CASCADE", "CREATE SCHEMA public");
            databases.onDestination(
                    "DROP SCHEMA public CASCADE",
                    "CREATE SCHEMA public",
                    "DROP SCHEMA IF EXISTS tidetable CASCADE");
            try (Connection connection = databases.connectSource()) {
                changes.create(connection);
            }
            AtomicInteger failures = new AtomicInteger();
            Faults faults =
                    point -> {
                        if (point == broken && failures.getAndIncrement() == 0) {
                            throw new IllegalStateException("the connection is gone");
                        }
                    };
            try (Pipeline pipeline =
                            new PipelineBuilder(databases, directory.resolve(broken.name()))
                                    .with(faults)
                                    .build();
                    WorkloadRun run = WorkloadRun.start(changes, databases.sourceJdbcUrl(), 2, 7)) {
                pipeline.start();
                awaitComplete(pipeline);
                spread(pipeline, schema(ORDERS, 4));
                assertThat(failures.get()).isPositive();
                assertThat(lanesAtDestination(ORDERS)).hasSize(4);
                long before = run.committed();
                Awaitility.await().atMost(LIMIT).until(() -> run.committed() > before + 100);
                run.stop();
                awaitComplete(pipeline);
                assertThat(log.count("table public.orders merged")).isZero();
            }
            databases.comparer().assertEqual();
            databases.onSource(
                    "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = current_database()");
            dropPublications();
        }
    }

    @Test
    void aTableWhoseRowsDependOnEachOtherOrStandInQuarantineKeepsItsLanes() throws Exception {
        databases.onSource(
                "CREATE TABLE seats (id int PRIMARY KEY, place text UNIQUE)",
                "CREATE TABLE orders (id int PRIMARY KEY, total int)");
        databases.onDestination(
                "CREATE TABLE orders (id int PRIMARY KEY, total int CHECK (total >= 0))");
        TableId seats = new TableId("public", "seats");
        try (Pipeline pipeline = builder().build()) {
            pipeline.start();
            awaitComplete(pipeline);
            assertThatThrownBy(() -> pipeline.follow(inForce(schema(seats, 4))))
                    .isInstanceOf(TidetableException.class)
                    .hasMessageContaining("unique");
            databases.onSource("INSERT INTO orders VALUES (1, -1), (2, 2)");
            awaitComplete(pipeline);
            Awaitility.await()
                    .atMost(LIMIT)
                    .untilAsserted(() ->
                            assertThatThrownBy(() -> pipeline.follow(inForce(schema(ORDERS, 4))))
                                    .hasMessageContaining("has changes in quarantine"));
            databases.onDestination("ALTER TABLE orders DROP CONSTRAINT orders_total_check");
            String chain = pipeline.quarantined(REPORTING, ORDERS, 10).getFirst().chain();
            pipeline.retryQuarantined(REPORTING, ORDERS, chain);
            spread(pipeline, schema(ORDERS, 4));
            databases.onSource("UPDATE orders SET total = total + 1");
            awaitComplete(pipeline);
            assertThat(status(pipeline, ORDERS).consistency()).isEqualTo(new Consistency.Key(4));
            assertThat(status(pipeline, seats).consistency()).isEqualTo(new Consistency.Table());
        }
        databases.comparer().assertEqual();
    }

    private MixedChanges created() throws SQLException {
        MixedChanges changes = new MixedChanges();
        try (Connection connection = databases.connectSource()) {
            changes.create(connection);
        }
        return changes;
    }

    private PipelineBuilder builder() {
        return new PipelineBuilder(databases, directory).tuned(PipelineBuilder.SMALL);
    }

    private static ReplicationSchema usual(TableId table) {
        return ReplicationSchema.usual(table, REPORTING, Instant.now());
    }

    private static ReplicationSchema schema(TableId table, int shards) {
        return usual(table)
                .withConsistency(new Consistency.Key(2))
                .withSharding(
                        shards == 2 ? new Sharding.Unsharded() : new Sharding.ByKeyHash(shards));
    }

    private static SchemaOverride.InForce inForce(ReplicationSchema schema) {
        return new SchemaOverride.InForce(schema, false, List.of());
    }

    /** It is told again where it cannot be followed at once, as the control plane does. */
    private static void spread(Pipeline pipeline, ReplicationSchema schema) {
        Awaitility.await()
                .atMost(LIMIT)
                .failFast(() -> pipeline.failure().isPresent())
                .untilAsserted(() -> {
                    try {
                        pipeline.follow(inForce(schema));
                    } catch (RuntimeException e) {
                        throw new AssertionError(e);
                    }
                });
        assertThat(status(pipeline, schema.table()).state()).isEqualTo(TableState.STREAMING);
    }

    private static TableStatus status(Pipeline pipeline, TableId table) {
        return pipeline.status().destinations().getFirst().tables().stream()
                .filter(it -> it.table().equals(table))
                .findFirst()
                .orElseThrow();
    }

    private List<String> lanesAtDestination(TableId table) throws SQLException {
        return texts(
                databases.connectDestination(),
                "SELECT lane FROM tidetable.progress WHERE lane = '%s' OR starts_with(lane, '%s#')"
                        .formatted(table, table));
    }

    private void dropPublications() throws SQLException {
        for (String name : texts(databases.connectSource(), "SELECT pubname FROM pg_publication")) {
            databases.onSource("DROP PUBLICATION " + TableId.quote(name));
        }
    }
}
