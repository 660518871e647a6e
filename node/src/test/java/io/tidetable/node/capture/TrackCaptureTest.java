package io.tidetable.node.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidetable.model.Lsn;
import io.tidetable.model.SourceIdentity;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.node.journal.TrackWriter.Room;
import io.tidetable.testkit.Servers;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What one track's capture reads from a real server. */
class TrackCaptureTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private CaptureWorld world;
    private RecordingJournal journal;

    @BeforeEach
    void makeTables() throws Exception {
        world = new CaptureWorld(Servers.source());
        world.run(
                "CREATE TABLE orders (id int PRIMARY KEY, customer text)",
                "CREATE TABLE clicks (page int, visitor text)",
                "ALTER TABLE clicks REPLICA IDENTITY FULL",
                "CREATE TABLE unpublished (id int PRIMARY KEY)");
        journal = new RecordingJournal();
        journal.startAt(world.publish("orders", "clicks"));
    }

    @AfterEach
    void dropSlot() throws Exception {
        world.close();
    }

    private TrackCapture started(CaptureSettings settings) throws Exception {
        TrackCapture capture = world.capture(journal, settings);
        capture.start();
        return capture;
    }

    private void awaitTransactions(int count) {
        await().atMost(PATIENCE).until(() -> journal.committed().size() >= count);
        assertThat(journal.committed()).hasSize(count);
    }

    @Test
    void wholeTransactionsArriveInCommitOrderWithEveryKindOfChange() throws Exception {
        Instant before = Instant.now().minusSeconds(1);
        try (TrackCapture capture = started(CaptureWorld.QUICK)) {
            world.run(
                    "INSERT INTO orders VALUES (1, 'Ada'), (2, NULL)",
                    "UPDATE orders SET id = 3 WHERE id = 2",
                    "DELETE FROM orders WHERE id = 1",
                    "INSERT INTO unpublished VALUES (1)",
                    "INSERT INTO clicks VALUES (7, 'x')",
                    "UPDATE clicks SET page = 8",
                    "TRUNCATE orders, clicks RESTART IDENTITY");

            awaitTransactions(6);
            assertThat(journal.changes())
                    .containsExactly(
                            "INSERT orders 1,Ada",
                            "INSERT orders 2,null",
                            "UPDATE orders old 2,null 3,null",
                            "DELETE orders old 1,null",
                            "INSERT clicks 7,x",
                            "UPDATE clicks old 7,x 8,x",
                            "TRUNCATE orders 2",
                            "TRUNCATE clicks 2");
            assertThat(journal.committed())
                    .allSatisfy(c -> assertThat(c.committedAt()).isAfter(before))
                    .extracting(RecordingJournal.Committed::xid)
                    .isSorted();
            CaptureStatus status = capture.status();
            assertThat(status.state()).isEqualTo(CaptureState.STREAMING);
            assertThat(status.reconnects()).isZero();
        }
        assertThat(world.states).endsWith(CaptureState.CLOSED);
    }

    @Test
    void openTransactionsArriveInBlocksAndOnlyWhatCommittedStays() throws Exception {
        world.run(
                "ALTER DATABASE \"%s\" SET logical_decoding_work_mem = '64kB'"
                        .formatted(world.name));
        try (TrackCapture capture = started(CaptureWorld.QUICK);
                Connection one = world.server.connect(world.name);
                Statement first = one.createStatement();
                Connection two = world.server.connect(world.name);
                Statement second = two.createStatement()) {
            first.execute("BEGIN");
            first.execute("INSERT INTO orders SELECT g, 'kept' FROM generate_series(1, 2000) g");
            second.execute("BEGIN");
            second.execute("INSERT INTO clicks SELECT g, 'two' FROM generate_series(1, 2000) g");
            first.execute("SAVEPOINT a");
            first.execute("INSERT INTO orders SELECT g, 'lost' FROM generate_series(5000, 7000) g");
            // Its commit has the log flushed and is not held back by the open ones.
            world.run("INSERT INTO orders VALUES (1000000, 'small')");
            awaitTransactions(1);
            await().atMost(PATIENCE).until(() -> journal.openChanges() > 4000);
            first.execute("ROLLBACK TO a");
            first.execute("INSERT INTO orders SELECT g, 'kept' FROM generate_series(3001, 4000) g");
            second.execute("INSERT INTO clicks SELECT g, 'two' FROM generate_series(2001, 3000) g");
            second.execute("COMMIT");
            awaitTransactions(2);
            first.execute("COMMIT");
            awaitTransactions(3);
            second.execute("BEGIN");
            second.execute("INSERT INTO clicks SELECT g, 'no' FROM generate_series(1, 2000) g");
            world.run("INSERT INTO orders VALUES (1000001, 'small')");
            await().atMost(PATIENCE).until(() -> journal.openChanges() > 1000);
            second.execute("ROLLBACK");
            world.run("INSERT INTO orders VALUES (1000002, 'small')");
            awaitTransactions(5);

            assertThat(journal.openChanges()).isZero();
            assertThat(journal.streamedCommits()).isEqualTo(2);
            assertThat(journal.streamedAborts()).isGreaterThanOrEqualTo(2);
            assertThat(journal.committed().get(1).changes())
                    .isEqualTo(
                            IntStream.rangeClosed(1, 3000)
                                    .mapToObj(g -> "INSERT clicks " + g + ",two")
                                    .toList());
            assertThat(journal.committed().get(2).changes())
                    .isEqualTo(
                            IntStream.concat(
                                            IntStream.rangeClosed(1, 2000),
                                            IntStream.rangeClosed(3001, 4000))
                                    .mapToObj(g -> "INSERT orders " + g + ",kept")
                                    .toList());
            assertThat(capture.status().reconnects()).isZero();
        }
    }

    @Test
    void aShapeInsideAnOpenTransactionIsItsOwnUntilItCommits() throws Exception {
        world.run(
                "ALTER DATABASE \"%s\" SET logical_decoding_work_mem = '64kB'"
                        .formatted(world.name),
                "CREATE TABLE filler (id int)");
        try (TrackCapture capture = started(CaptureWorld.QUICK);
                Connection one = world.server.connect(world.name);
                Statement first = one.createStatement()) {
            world.run("INSERT INTO orders VALUES (1, 'before')");
            awaitTransactions(1);
            // Rolled back after it was sent: nobody else may read by its shape.
            first.execute("BEGIN");
            first.execute("ALTER TABLE orders ADD COLUMN extra int");
            first.execute(
                    "INSERT INTO orders SELECT g, 'no', 1 FROM generate_series(1000, 3000) g");
            world.run("INSERT INTO clicks VALUES (1, 'flush')");
            await().atMost(PATIENCE).until(() -> journal.openChanges() > 1000);
            first.execute("ROLLBACK");
            world.run("INSERT INTO orders VALUES (2, 'between')");
            // Committed: what follows has the new shape.
            first.execute("BEGIN");
            first.execute("INSERT INTO orders SELECT g, 'old' FROM generate_series(4000, 6000) g");
            first.execute("ALTER TABLE orders ADD COLUMN extra int");
            first.execute(
                    "INSERT INTO orders SELECT g, 'new', 5 FROM generate_series(6001, 8000) g");
            world.run("INSERT INTO clicks VALUES (2, 'flush')");
            await().atMost(PATIENCE).until(() -> journal.openChanges() > 1000);
            first.execute("COMMIT");
            world.run("INSERT INTO orders VALUES (3, 'after', 7)");
            awaitTransactions(6);

            List<RecordingJournal.Committed> all = journal.committed();
            assertThat(all.get(2).changes()).containsExactly("INSERT orders 2,between");
            assertThat(all.get(4).changes())
                    .hasSize(4001)
                    .contains("INSERT orders 6000,old", "INSERT orders 6001,new,5");
            assertThat(all.get(5).changes()).containsExactly("INSERT orders 3,after,7");
            assertThat(capture.status().reconnects()).isZero();
        }
    }

    @Test
    void ownMessagesArriveWithTheirCommitAndOthersDoNot() throws Exception {
        try (TrackCapture capture = started(CaptureWorld.QUICK)) {
            world.run(
                    "SELECT pg_logical_emit_message(true, 'other', 'no')",
                    "SELECT pg_logical_emit_message(false, 'tidetable', 'loose')",
                    "BEGIN; SELECT pg_logical_emit_message(true, 'tidetable', 'undone'); ROLLBACK",
                    "BEGIN; INSERT INTO orders VALUES (1, 'x');"
                            + " SELECT pg_logical_emit_message(true, 'tidetable', 'move 7'); COMMIT");
            awaitTransactions(1);

            assertThat(world.messages)
                    .extracting(LogicalMessage::content)
                    .containsExactly("move 7");
            assertThat(world.messages.getFirst().commitEnd())
                    .isEqualTo(journal.committed().getFirst().commitEnd());
            assertThat(capture.status().bytes()).isPositive();
        }
    }

    @Test
    void theSlotMovesWithHeartbeatsAndWithChangesThatAreNotPublished() throws Exception {
        try (TrackCapture capture = started(CaptureWorld.QUICK)) {
            Lsn first = world.slot().confirmedFlush();
            world.run("INSERT INTO unpublished SELECT generate_series(1, 1000)");
            Lsn afterUnpublished = Lsn.parse(world.ask("SELECT pg_current_wal_lsn()"));
            await().atMost(PATIENCE)
                    .until(() -> world.slot().confirmedFlush().isAtOrAfter(afterUnpublished));
            assertThat(afterUnpublished.isAfter(first)).isTrue();

            try (Heartbeat heartbeat =
                    new Heartbeat(world.database, Duration.ofMillis(50), new SplittableRandom(3))) {
                heartbeat.start();
                await().atMost(PATIENCE).until(() -> world.messages.size() >= 3);
                heartbeat.received(Track.BULK, world.messages.getLast());
                assertThat(heartbeat.delay(Track.BULK)).isPresent();
                Lsn beat = world.messages.getLast().commitEnd();
                await().atMost(PATIENCE)
                        .until(() -> world.slot().confirmedFlush().isAtOrAfter(beat));
            }
            assertThat(capture.status().acknowledged()).isNotEqualTo(Lsn.ZERO);
        }
    }

    @Test
    void acknowledgingGoesOnWhileTheJournalIsFull() throws Exception {
        world.run("ALTER DATABASE \"%s\" SET wal_sender_timeout = '2s'".formatted(world.name));
        try (TrackCapture capture = started(CaptureSettings.DEFAULT)) {
            world.run("INSERT INTO orders VALUES (1, 'x')");
            awaitTransactions(1);
            int walsender = world.slot().activePid().orElseThrow();
            journal.room(Room.FULL);
            await().atMost(PATIENCE)
                    .until(() -> capture.status().state() == CaptureState.WAITING_FOR_ROOM);
            // More than the sockets hold, so that the walsender itself is stuck.
            world.run(
                    "INSERT INTO orders SELECT g, repeat('x', 1000) FROM generate_series(2, 40000) g");
            await().during(Duration.ofSeconds(6))
                    .atMost(Duration.ofSeconds(8))
                    .until(() -> world.slot().activePid().orElse(0) == walsender);
            assertThat(journal.committed()).hasSize(1);

            journal.room(Room.FREE);
            awaitTransactions(2);
            assertThat(capture.status().reconnects()).isZero();
            assertThat(capture.status().state()).isEqualTo(CaptureState.STREAMING);
        }
    }

    @Test
    void aConnectionIsGivenUpWhileTheJournalStaysFullAndMadeAgainLater() throws Exception {
        CaptureSettings impatient =
                new CaptureSettings(
                        Duration.ofMillis(200),
                        Duration.ofMillis(300),
                        Duration.ofMillis(10),
                        Duration.ofMillis(100),
                        Duration.ofSeconds(1),
                        Duration.ofMillis(100));
        try (TrackCapture capture = started(impatient)) {
            world.run("INSERT INTO orders VALUES (1, 'x')");
            awaitTransactions(1);
            journal.room(Room.FULL);
            await().atMost(PATIENCE).until(() -> world.slot().activePid().isEmpty());
            assertThat(capture.status().state()).isEqualTo(CaptureState.WAITING_FOR_ROOM);
            world.run("INSERT INTO orders VALUES (2, 'y')");

            journal.room(Room.FREE);
            awaitTransactions(2);
            assertThat(capture.status().reconnects()).isOne();
        }
    }

    @Test
    void transactionsTooLargeToKeepOpenAreSpilledAtTheSourceAndStreamingComesBack()
            throws Exception {
        world.run(
                "ALTER DATABASE \"%s\" SET logical_decoding_work_mem = '64kB'"
                        .formatted(world.name));
        try (TrackCapture capture = started(CaptureWorld.QUICK);
                Connection one = world.server.connect(world.name);
                Statement first = one.createStatement()) {
            journal.tooLargeWhenOpen();
            first.execute("BEGIN");
            first.execute("INSERT INTO orders SELECT g, 'large' FROM generate_series(1, 3000) g");
            world.run("INSERT INTO clicks VALUES (1, 'small')");
            await().atMost(PATIENCE)
                    .until(() -> String.valueOf(capture.status().message()).contains("do not fit"));
            world.run("INSERT INTO clicks VALUES (2, 'small')");
            awaitTransactions(2);
            first.execute("COMMIT");
            awaitTransactions(3);

            assertThat(journal.committed().get(2).changes()).hasSize(3000);
            await().atMost(PATIENCE).until(() -> capture.status().reconnects() >= 2);
            await().atMost(PATIENCE)
                    .until(() -> capture.status().state() == CaptureState.STREAMING);
            assertThat(capture.status().message()).isNull();
        }
    }

    @Test
    void aLostSlotAnotherSourceOrASlotThatIsAheadAreGapsThatAreSaid() throws Exception {
        SourceIdentity real = SourceIdentities.read(world.database);
        assertGap(world.capture(journal, CaptureWorld.QUICK, new SourceIdentity(1, 1)), "TT-220");
        assertGap(
                world.capture(
                        journal,
                        CaptureWorld.QUICK,
                        new SourceIdentity(real.systemId(), real.timeline() + 1)),
                "TT-221");

        RecordingJournal lostItsEnd = new RecordingJournal();
        lostItsEnd.startAt(new Lsn(world.slot().confirmedFlush().value() - 8));
        assertGap(world.capture(lostItsEnd, CaptureWorld.QUICK, real), "TT-225");

        world.run("DROP PUBLICATION \"%s\"".formatted("tidetable_" + world.pipeline + "_bulk"));
        world.close();
        assertGap(world.capture(journal, CaptureWorld.QUICK, real), "TT-222");
    }

    private void assertGap(TrackCapture capture, String code) {
        world.gap = null;
        try (capture) {
            capture.start();
            await().atMost(PATIENCE).until(() -> world.gap != null);
            assertThat(world.gap).extracting(TidetableException::code).isEqualTo(code);
            assertThat(capture.status().state()).isEqualTo(CaptureState.GAP);
            assertThat(capture.status().message()).startsWith(code);
        }
    }

    @Test
    void aTransactionTooManyOrOutOfOrderIsNeverWrittenTwice() throws Exception {
        try (TrackCapture capture = started(CaptureWorld.QUICK)) {
            for (int i = 0; i < 5; i++) {
                world.run("INSERT INTO orders VALUES (%d, 'x')".formatted(i));
                world.run(
                        "SELECT pg_terminate_backend(%d)"
                                .formatted(world.slot().activePid().orElse(0)));
            }
            awaitTransactions(5);
            assertThat(journal.changes())
                    .containsExactlyElementsOf(
                            IntStream.range(0, 5)
                                    .mapToObj(i -> "INSERT orders " + i + ",x")
                                    .toList());
            assertThat(capture.status().state())
                    .isIn(CaptureState.STREAMING, CaptureState.CONNECTING);
        }
    }
}
