package io.tidetable.node.pipeline;

import static io.tidetable.node.pipeline.PipelineBuilder.REPORTING;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.model.Consistency;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.model.schema.Strategy;
import io.tidetable.model.status.DestinationStatus;
import io.tidetable.model.status.TableState;
import io.tidetable.model.status.TableVerification;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Something happens while a batch is on its way, written and not committed, and the one behind it
 * is made ready: whatever it is, no row is lost or doubled.
 */
@Tag("slow")
class PreparedBatchTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final TableId ORDERS = new TableId("public", "orders");

    private final DatabasePair databases = Servers.freshPair();
    private final Gate read = new Gate(FaultPoint.BATCH_READ, "apply");
    private final Gate written = new Gate(FaultPoint.BATCH_WRITTEN, "apply");
    private final CountDownLatch prepared = new CountDownLatch(1);
    private final AtomicInteger failures = new AtomicInteger();
    private Pipeline pipeline;

    @TempDir Path directory;

    @BeforeEach
    void holdABatchWithTheNextOneReady() throws Exception {
        databases.onSource(
                "CREATE TABLE orders (id int PRIMARY KEY, total bigint NOT NULL, note text)",
                "INSERT INTO orders SELECT g, 0, 'a note' FROM generate_series(1, 3000) g");
        pipeline =
                new PipelineBuilder(databases, directory)
                        .rule("public.*", new Consistency.Table(), Track.BULK)
                        .tuned(PipelineBuilder.SMALL)
                        .with(point -> {
                            if (point == FaultPoint.BATCH_PREPARED) {
                                prepared.countDown();
                            }
                            read.reach(point);
                            if (prepared.getCount() == 0) {
                                written.reach(point);
                            }
                            if (point == FaultPoint.BATCH_WRITTEN
                                    && failures.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
                                throw new IllegalStateException("cut off");
                            }
                        })
                        .build();
        pipeline.start();
        awaitComplete();
        read.close();
        databases.onSource("UPDATE orders SET total = 1 WHERE id <= 10");
        read.awaitReached();
        for (int i = 0; i < 30; i++) {
            databases.onSource(
                    "UPDATE orders SET total = total + id WHERE id %% 3 = %d".formatted(i % 3));
        }
        databases.onSource(
                "DELETE FROM orders WHERE id % 10 = 7",
                "INSERT INTO orders SELECT g, 1, 'new' FROM generate_series(3001, 3500) g");
        long end = pipeline.sourcePosition().value();
        Awaitility.await()
                .atMost(LIMIT)
                .until(() ->
                        pipeline.status().tracks().stream()
                                .allMatch(track -> track.acknowledged().value() >= end));
        written.close();
        read.open();
        written.awaitReached();
        assertThat(prepared.await(60, TimeUnit.SECONDS)).isTrue();
    }

    @AfterEach
    void end() throws SQLException {
        read.open();
        written.open();
        pipeline.close();
        databases.close();
    }

    @Test
    void whatIsReadyIsAppliedOnce() throws Exception {
        awaitEqual();
    }

    @Test
    void aBatchThatFailsBeforeItIsAppliedAgainFirst() throws Exception {
        failures.set(3);
        awaitEqual();
    }

    @Test
    void aDestinationThatEndsTheSessionIsAskedWhereTheLaneStands() throws Exception {
        databases.onDestination(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'tidetable%' AND datname = current_database()");
        awaitEqual();
    }

    @Test
    void theTableMovesToTheOtherTrack() throws Exception {
        pipeline.move(ORDERS, Track.EXPRESS);
        databases.onSource("UPDATE orders SET note = 'before the turn' WHERE id < 100");
        written.open();
        databases.onSource("UPDATE orders SET note = 'beyond' WHERE id BETWEEN 50 AND 200");
        Awaitility.await()
                .atMost(LIMIT)
                .until(() ->
                        pipeline.status().destinations().stream()
                                .flatMap(destination -> destination.tables().stream())
                                .allMatch(table -> table.track() == Track.EXPRESS));
        awaitEqual();
    }

    @Test
    void theSourceAltersTheTable() throws Exception {
        databases.onSource(
                "ALTER TABLE orders ADD extra int DEFAULT 5",
                "UPDATE orders SET extra = id WHERE id < 500",
                "ALTER TABLE orders ALTER total TYPE numeric",
                "UPDATE orders SET total = total + 0.5 WHERE id < 900");
        awaitEqual();
    }

    @Test
    void theSourceTruncatesTheTable() throws Exception {
        databases.onSource(
                "TRUNCATE orders",
                "INSERT INTO orders SELECT g, 2, 'after' FROM generate_series(1, 700) g");
        awaitEqual();
    }

    @Test
    @Tag("wide")
    void theTableGetsAnotherStrategyAndItsOldOneBack() throws Exception {
        pipeline.switchStrategy(REPORTING, ORDERS, new Strategy.Full(Duration.ofHours(1)));
        written.open();
        awaitStreaming();
        databases.onSource("UPDATE orders SET note = 'while it was full' WHERE id % 2 = 0");
        pipeline.switchStrategy(REPORTING, ORDERS, new Strategy.PrioritizedDelta());
        awaitStreaming();
        databases.onSource("UPDATE orders SET note = 'and then' WHERE id % 5 = 0");
        awaitEqual();
    }

    @Test
    @Tag("wide")
    void theTableIsComparedAndMended() throws Exception {
        pipeline.resync(REPORTING, ORDERS);
        databases.onSource("UPDATE orders SET note = 'meanwhile' WHERE id % 4 = 0");
        awaitEqual();
    }

    @Test
    @Tag("wide")
    void theTableIsPausedAndVerified() throws Exception {
        pipeline.pause(REPORTING, ORDERS);
        written.open();
        databases.onSource("UPDATE orders SET note = 'paused' WHERE id % 4 = 0");
        pipeline.resume(REPORTING, ORDERS);
        assertThat(pipeline.verify(REPORTING, Set.of(), false, each -> {}))
                .allMatch(TableVerification::equal);
        awaitEqual();
    }

    @Test
    @Tag("wide")
    void theProcessEndsAndAnotherOneGoesOn() throws Exception {
        pipeline.close();
        read.open();
        written.open();
        pipeline = new PipelineBuilder(databases, directory).build();
        pipeline.start();
        awaitEqual();
    }

    private void awaitEqual() throws Exception {
        written.open();
        awaitComplete();
        awaitStreaming();
        awaitComplete();
        databases.comparer().assertEqual();
        assertThat(pipeline.status().destinations())
                .flatExtracting(DestinationStatus::tables)
                .allMatch(table -> table.quarantined() == 0);
    }

    private void awaitComplete() throws Exception {
        assertThat(pipeline.awaitComplete(REPORTING, Set.of(), pipeline.sourcePosition(), LIMIT))
                .isTrue();
    }

    private void awaitStreaming() {
        Awaitility.await()
                .atMost(LIMIT)
                .until(() ->
                        pipeline.status().destinations().stream()
                                .flatMap(destination -> destination.tables().stream())
                                .allMatch(table -> table.state() == TableState.STREAMING));
    }
}
