package io.tidetable.node.pipeline;

import static io.tidetable.node.pipeline.Arrivals.awaitComplete;
import static io.tidetable.node.pipeline.PipelineBuilder.REPORTING;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.model.ByteSize;
import io.tidetable.model.Consistency;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.model.schema.ReplicationSchema;
import io.tidetable.model.schema.SchemaOverride;
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
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lanes go on, and stay right, whatever is asked of them while changes arrive. */
@Tag("slow")
class LanesUnderLoadTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final DatabasePair databases = Servers.freshPair();

    @TempDir Path directory;

    @AfterEach
    void dropDatabases() throws SQLException {
        databases.close();
    }

    @Test
    void aGroupOverBothTracksNeverSleepsOnATransaction() throws Exception {
        databases.onSource(
                "CREATE TABLE hot (id int PRIMARY KEY)", "CREATE TABLE cold (id int PRIMARY KEY)");
        Consistency together = new Consistency.Group("shop");
        try (Pipeline pipeline =
                builder()
                        .rule("public.hot", together, Track.EXPRESS)
                        .rule("public.cold", together, Track.BULK)
                        .build()) {
            pipeline.start();
            awaitComplete(pipeline);
            for (int number = 0; number < 60; number++) {
                String table = number % 2 == 0 ? "hot" : "cold";
                databases.onSource("INSERT INTO %s VALUES (%d)".formatted(table, number));
                int present = number / 2 + 1;
                Awaitility.await()
                        .pollInterval(Duration.ofMillis(2))
                        .atMost(Duration.ofSeconds(20))
                        .until(() -> count(table) == present);
            }
        }
    }

    @Test
    void aMergeInTheMiddleOfAStagedTransactionLeavesNothingOfItBehind() throws Exception {
        databases.onSource(
                "CREATE TABLE orders (id int PRIMARY KEY, total int, note text)",
                "INSERT INTO orders SELECT g, 0, repeat('x', 100) FROM generate_series(1, 5000) g");
        CountDownLatch staged = new CountDownLatch(3);
        CountDownLatch merging = new CountDownLatch(1);
        Faults held =
                point -> {
                    if (point == FaultPoint.SLICE_STAGED) {
                        staged.countDown();
                        if (staged.getCount() == 0) {
                            await(merging);
                        }
                    }
                };
        try (Pipeline pipeline = builder().tuned(PipelineBuilder.SMALL).with(held).build()) {
            pipeline.start();
            awaitComplete(pipeline);
            databases.onSource("UPDATE orders SET total = total + 1");
            assertThat(staged.await(60, TimeUnit.SECONDS)).isTrue();
            databases.onSource("UPDATE orders SET total = total + 10 WHERE id % 2 = 0");
            pipeline.resync(REPORTING, new TableId("public", "orders"));
            merging.countDown();
            databases.onSource("DELETE FROM orders WHERE id % 3 = 0");
            awaitComplete(pipeline);
        }
        databases.comparer().assertEqual();
    }

    /** The merge keeps it waiting, and would itself wait behind it for a look at the catalog. */
    @Test
    void aTruncateThatWaitsForAMergeIsLetPass() throws Exception {
        databases.onSource(
                "CREATE TABLE orders (id int PRIMARY KEY, total int)",
                "CREATE INDEX ON orders ((total + 1)) WHERE total > 3",
                "INSERT INTO orders SELECT g, g FROM generate_series(1, 500) g");
        List<Thread> truncates = new CopyOnWriteArrayList<>();
        Faults queued =
                point -> {
                    if (point == FaultPoint.MERGE_LOCKED && truncates.isEmpty()) {
                        truncates.add(Thread.ofPlatform().start(this::truncate));
                        Awaitility.await().atMost(LIMIT).until(() -> isTruncateQueued());
                    }
                };
        try (Pipeline pipeline = builder().tuned(PipelineBuilder.SMALL).with(queued).build()) {
            pipeline.start();
            awaitComplete(pipeline);
            pipeline.resync(REPORTING, new TableId("public", "orders"));
            Awaitility.await().atMost(LIMIT).until(() -> !truncates.isEmpty());
            assertThat(truncates.getFirst().join(LIMIT)).isTrue();
            databases.onSource("INSERT INTO orders VALUES (1, 1)");
            awaitComplete(pipeline);
            assertThat(count("orders")).isEqualTo(1);
        }
        databases.comparer().assertEqual();
    }

    private void truncate() {
        try {
            databases.onSource("TRUNCATE orders");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private boolean isTruncateQueued() throws SQLException {
        return Arrivals.rows(
                                databases.connectSource(),
                                "SELECT 1 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT granted")
                        .size()
                == 1;
    }

    @Test
    void anyOrderOfCommandsLeavesEveryTableStreamingAndEqual() throws Exception {
        MixedChanges changes = new MixedChanges();
        try (Connection connection = databases.connectSource()) {
            changes.create(connection);
        }
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        try (Pipeline pipeline =
                        builder()
                                .tuned(PipelineBuilder.SMALL)
                                .rule("public.orders", new Consistency.Key(3), Track.EXPRESS)
                                .build();
                WorkloadRun run = WorkloadRun.start(changes, databases.sourceJdbcUrl(), 2, seed)) {
            pipeline.start();
            awaitComplete(pipeline);
            Thread other = Thread.ofPlatform().start(() -> command(pipeline, changes, seed));
            command(pipeline, changes, seed + 1);
            other.join();
            run.stop();
            for (TableId table : changes.tables()) {
                pipeline.resume(REPORTING, table);
            }
            awaitComplete(pipeline);
            assertThat(pipeline.verify(REPORTING, Set.of(), false, each -> {}))
                    .allMatch(TableVerification::equal);
        }
        databases.comparer().assertEqual();
    }

    private static void command(Pipeline pipeline, MixedChanges changes, long seed) {
        Random chance = new Random(seed);
        List<TableId> tables = changes.tables();
        for (int number = 0; number < 150; number++) {
            TableId table = tables.get(chance.nextInt(tables.size()));
            try {
                switch (chance.nextInt(6)) {
                    case 0 -> pipeline.pause(REPORTING, table);
                    case 1 -> pipeline.resync(REPORTING, table);
                    case 2 -> pipeline.follow(spread(chance));
                    default -> pipeline.resume(REPORTING, table);
                }
            } catch (TidetableException e) {
                // The table is in a state in which this cannot be asked for.
                assertThat(e.code()).isIn("TT-406", "TT-408");
            }
        }
    }

    /** Orders over another number of lanes. */
    private static SchemaOverride.InForce spread(Random chance) {
        return new SchemaOverride.InForce(
                ReplicationSchema.usual(new TableId("public", "orders"), REPORTING, Instant.now())
                        .withTrack(Track.EXPRESS)
                        .withConsistency(new Consistency.Key(2 + chance.nextInt(4))),
                false,
                List.of());
    }

    /** Whoever looks at a lane must leave it as it is, its place in the journal above all. */
    @Test
    void lookingAtTheStatusLosesNothing() throws Exception {
        MixedChanges changes = new MixedChanges();
        try (Connection connection = databases.connectSource()) {
            changes.create(connection);
        }
        AtomicBoolean looking = new AtomicBoolean(true);
        try (Pipeline pipeline =
                        builder()
                                .rule("public.order*", new Consistency.Group("shop"), Track.EXPRESS)
                                .build();
                WorkloadRun run = WorkloadRun.start(changes, databases.sourceJdbcUrl(), 2, 17)) {
            pipeline.start();
            awaitComplete(pipeline);
            Thread looker =
                    Thread.ofPlatform()
                            .start(() -> {
                                while (looking.get()) {
                                    pipeline.status();
                                }
                            });
            long until = run.committed() + 3000;
            Awaitility.await().atMost(LIMIT).until(() -> run.committed() >= until);
            run.stop();
            awaitComplete(pipeline);
            looking.set(false);
            looker.join();
        }
        databases.comparer().assertEqual();
    }

    @Test
    void aVerificationNeedsNoRoomInTheJournal() throws Exception {
        MixedChanges changes = new MixedChanges(true, true, 2000);
        try (Connection connection = databases.connectSource()) {
            changes.create(connection);
        }
        try (Pipeline pipeline =
                        builder()
                                .tuned(PipelineBuilder.SMALL)
                                .bounded(ByteSize.megabytes(1))
                                .build();
                WorkloadRun run = WorkloadRun.start(changes, databases.sourceJdbcUrl(), 2, 5)) {
            pipeline.start();
            // So small a journal carries less than the load makes: it must end for the tracks to
            // arrive anywhere.
            Thread.ofVirtual()
                    .start(() -> {
                        Awaitility.await().atMost(LIMIT).until(() -> run.committed() >= 1500);
                        run.stop();
                    });
            assertThat(pipeline.verify(REPORTING, Set.of(), false, each -> {}))
                    .allMatch(TableVerification::equal);
            run.stop();
            awaitComplete(pipeline);
        }
        databases.comparer().assertEqual();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted at a fault point", e);
        }
    }

    private int count(String table) throws SQLException {
        try (Connection connection = databases.connectDestination();
                var statement = connection.createStatement();
                var row = statement.executeQuery("SELECT count(*) FROM " + table)) {
            row.next();
            return row.getInt(1);
        }
    }

    private PipelineBuilder builder() {
        return new PipelineBuilder(databases, directory);
    }
}
