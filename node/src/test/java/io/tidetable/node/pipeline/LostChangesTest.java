package io.tidetable.node.pipeline;

import static io.tidetable.node.pipeline.Arrivals.awaitComplete;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.model.ByteSize;
import io.tidetable.model.Consistency;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.fault.Faults;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where changes are lost, or lanes are made anew, tables are made equal to the source again. */
@Tag("slow")
class LostChangesTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private static final String DROP_SLOTS =
            """
            SELECT pg_drop_replication_slot(slot_name)
            FROM pg_replication_slots WHERE database = current_database()
            """;

    private static final String INDEXES =
            "SELECT count(*) FROM pg_indexes WHERE schemaname = 'public' AND tablename = 'orders'";

    private static final String PROGRESS = "SELECT min(lsn)::text FROM tidetable.progress";

    private final DatabasePair databases = Servers.freshPair();

    private boolean grouped;

    @TempDir Path directory;

    @AfterEach
    void dropDatabases() throws SQLException {
        databases.close();
    }

    @Test
    void aTableWhoseSlotIsLostInTheMiddleOfItsCopyIsWholeAfterwardsWithItsIndexes()
            throws Exception {
        createOrders(20_000);
        databases.onSource("CREATE INDEX orders_total ON orders (total)");
        CountDownLatch halfCopied = new CountDownLatch(1);
        AtomicInteger chunks = new AtomicInteger();
        Faults stopped =
                point -> {
                    if (point == FaultPoint.CHUNK_COMMITTED && chunks.incrementAndGet() >= 3) {
                        halfCopied.countDown();
                        waitForInterruption();
                    }
                };
        try (Pipeline pipeline = builder().tuned(PipelineBuilder.SMALL).with(stopped).build()) {
            pipeline.start();
            assertThat(halfCopied.await(60, TimeUnit.SECONDS)).isTrue();
        }
        databases.onSource(
                DROP_SLOTS,
                "DELETE FROM orders WHERE id % 5 = 0",
                "UPDATE orders SET total = -1 WHERE id % 7 = 0",
                "INSERT INTO orders SELECT g, g, 'new' FROM generate_series(30001, 31000) g");

        runUntilComplete(builder().tuned(PipelineBuilder.SMALL));

        databases.comparer().assertEqual();
        assertThat(number(INDEXES)).as("primary key and orders_total").isEqualTo(2);
    }

    @Test
    void aLaneWhoseProgressLiesBelowTheJournalIsMended() throws Exception {
        String restored = freeTheJournalBeyondAnOldProgress();
        databases.onDestination(
                "UPDATE tidetable.progress SET xid = 0, lsn = '%s' WHERE lane = 'public.orders'"
                        .formatted(restored),
                "UPDATE orders SET total = -5 WHERE id <= 100",
                "DELETE FROM orders WHERE id BETWEEN 200 AND 300");

        runUntilComplete(builder().bounded(ByteSize.megabytes(200)));

        databases.comparer().assertEqual();
    }

    @Test
    void aMergeOfALaneWhoseProgressLiesBelowTheJournalGoesOnToo() throws Exception {
        String restored = freeTheJournalBeyondAnOldProgress();
        databases.onDestination(
                "UPDATE tidetable.progress SET xid = 0, lsn = '%s' WHERE lane = 'public.orders'"
                        .formatted(restored),
                "UPDATE tidetable.replicated_table SET state = 'merging' WHERE name = 'orders'",
                "DELETE FROM orders WHERE id BETWEEN 200 AND 300");

        runUntilComplete(builder().bounded(ByteSize.megabytes(200)));

        databases.comparer().assertEqual();
    }

    @Test
    void aMergeThatFindsTheGapOfASharedLaneLeavesNoOtherTableOfTheLaneWithoutWhatWasLost()
            throws Exception {
        forgetProgressOfASharedLane();
        databases.onDestination(
                "UPDATE tidetable.replicated_table SET state = 'merging' WHERE name = 'orders'",
                "DELETE FROM orders WHERE id BETWEEN 200 AND 300",
                "UPDATE lines SET v = -5 WHERE id <= 100",
                "DELETE FROM lines WHERE id BETWEEN 200 AND 300");

        runUntilComplete(builder().bounded(ByteSize.megabytes(200)));

        databases.comparer().assertEqual();
    }

    @Test
    void whereChangesThatAreLostAreToStopASharedLaneNoneOfItsTablesGoesOnWithoutThem()
            throws Exception {
        forgetProgressOfASharedLane();
        databases.onDestination(
                "DELETE FROM orders WHERE id BETWEEN 200 AND 300",
                "DELETE FROM lines WHERE id BETWEEN 200 AND 300");
        TableId orders = new TableId("public", "orders");
        TableId lines = new TableId("public", "lines");

        try (Pipeline pipeline =
                        builder()
                                .bounded(ByteSize.megabytes(200))
                                .stoppingWhereChangesAreLost()
                                .build();
                LogEars log = new LogEars()) {
            log.listen();
            pipeline.start();
            log.await("stopped: TT-248", LIMIT);
            pipeline.resync(PipelineBuilder.REPORTING, orders);
            log.await("table public.orders merged", LIMIT);
            pipeline.resume(PipelineBuilder.REPORTING, lines);
            awaitComplete(pipeline);
        }

        databases.comparer().assertEqual();
    }

    /** Leaves a lane of two tables with a progress that lies below the journal. */
    private void forgetProgressOfASharedLane() throws Exception {
        databases.onSource(
                "CREATE TABLE lines (id int PRIMARY KEY, v int)",
                "INSERT INTO lines SELECT g, g FROM generate_series(1, 1000) g");
        grouped = true;
        String restored = freeTheJournalBeyondAnOldProgress();
        databases.onDestination(
                "UPDATE tidetable.progress SET xid = 0, lsn = '%s'".formatted(restored));
    }

    /** Leaves the pipeline stopped; gives back where the lane stood when little had happened. */
    private String freeTheJournalBeyondAnOldProgress() throws Exception {
        createOrders(1000);
        CountDownLatch freed = new CountDownLatch(1);
        Faults watching =
                point -> {
                    if (point == FaultPoint.SEGMENT_DELETED) {
                        freed.countDown();
                    }
                };
        try (Pipeline pipeline =
                builder().bounded(ByteSize.megabytes(200)).with(watching).build()) {
            pipeline.start();
            databases.onSource("UPDATE orders SET total = 0 WHERE id = 1");
            awaitComplete(pipeline);
            String early = text(PROGRESS);
            Awaitility.await()
                    .atMost(LIMIT)
                    .until(() -> {
                        databases.onSource("UPDATE orders SET total = total + 1");
                        return freed.getCount() == 0;
                    });
            awaitComplete(pipeline);
            return early;
        }
    }

    @Test
    void aTableIsWholeAfterItsLanesWereCutAnew() throws Exception {
        createOrders(5_000);
        runUntilComplete(builder().rule("public.orders", new Consistency.Key(3), Track.BULK));
        change();
        runUntilComplete(builder().rule("public.orders", new Consistency.Key(2), Track.BULK));
        databases.comparer().assertEqual();
        change();
        runUntilComplete(builder());
        databases.comparer().assertEqual();
        change();
        runUntilComplete(
                builder().rule("public.orders", new Consistency.Group("shop"), Track.BULK));
        databases.comparer().assertEqual();
        change();
        runUntilComplete(builder().rule("public.orders", new Consistency.Key(3), Track.BULK));
        databases.comparer().assertEqual();
    }

    private void change() throws SQLException {
        databases.onSource(
                "UPDATE orders SET total = total + 1 WHERE id % 3 = 0",
                "UPDATE orders SET id = -id WHERE id % 11 = 0",
                "DELETE FROM orders WHERE id % 13 = 0");
    }

    private static void waitForInterruption() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("the test ends this process", e);
        }
    }

    private void createOrders(int rows) throws SQLException {
        databases.onSource(
                "CREATE TABLE orders (id int PRIMARY KEY, total int, note text)",
                "INSERT INTO orders SELECT g, g, repeat('x', 50) FROM generate_series(1, %d) g"
                        .formatted(rows));
    }

    private PipelineBuilder builder() {
        PipelineBuilder builder = new PipelineBuilder(databases, directory);
        return grouped
                ? builder.rule("public.*", new Consistency.Group("shop"), Track.BULK)
                : builder;
    }

    private void runUntilComplete(PipelineBuilder builder) throws InterruptedException {
        try (Pipeline pipeline = builder.build()) {
            pipeline.start();
            awaitComplete(pipeline);
        }
    }

    private long number(String sql) throws SQLException {
        return Long.parseLong(text(sql));
    }

    private String text(String sql) throws SQLException {
        try (Connection connection = databases.connectDestination();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}
