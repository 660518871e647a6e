package io.tidetable.node.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidetable.model.DestinationId;
import io.tidetable.model.Lsn;
import io.tidetable.model.Position;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.journal.ChangeCursor;
import io.tidetable.node.journal.TrackJournal;
import io.tidetable.node.journal.TransactionFeed;
import io.tidetable.node.journal.TransactionPart;
import io.tidetable.node.journal.local.LocalJournal;
import io.tidetable.node.journal.local.LocalJournalSettings;
import io.tidetable.node.pgoutput.TupleReader;
import io.tidetable.testkit.FaultProxy;
import io.tidetable.testkit.Servers;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Connections that end at any moment, while small and large transactions run. */
class ExactlyOnceTest {
    private static final int CLIENTS = 3;
    private static final int TRANSACTIONS = 80;

    @Test
    void everyCommittedChangeIsJournaledOnceInCommitOrderHoweverOftenTheConnectionEnds()
            throws Exception {
        long seed = System.nanoTime();
        System.out.println("ExactlyOnceTest seed " + seed);
        SplittableRandom random = new SplittableRandom(seed);
        try (FaultProxy proxy = FaultProxy.to(Servers.source().port());
                CaptureWorld world = new CaptureWorld(Servers.source(), proxy.port())) {
            world.run(
                    "ALTER DATABASE \"%s\" SET logical_decoding_work_mem = '64kB'"
                            .formatted(world.name),
                    "CREATE TABLE orders (id bigint PRIMARY KEY, customer text)",
                    "CREATE TABLE expected (id bigint)");
            RecordingJournal journal = new RecordingJournal();
            journal.startAt(world.publish("orders"));
            try (TrackCapture capture = world.capture(journal, CaptureWorld.QUICK)) {
                capture.start();
                CompletableFuture<Void> all = clients(world, random);
                int ends = 0;
                while (!all.isDone()) {
                    await().pollDelay(Duration.ofMillis(random.nextInt(20, 150))).until(() -> true);
                    end(world, proxy, random);
                    ends++;
                }
                all.join();
                long expected = Long.parseLong(world.ask("SELECT count(*) FROM orders"));
                await().atMost(Duration.ofSeconds(60))
                        .until(() -> journal.changes().size() >= expected);

                assertThat(capture.status().reconnects()).isGreaterThan(ends / 4);
                assertThat(journal.changes()).hasSize((int) expected);
                assertThat(new HashSet<>(journal.changes())).hasSize((int) expected);
                assertThat(journal.committed())
                        .extracting(RecordingJournal.Committed::commitEnd)
                        .isSorted();
                assertThat(perClient(journal)).allSatisfy((_, ids) -> assertThat(ids).isSorted());
                System.out.printf(
                        "ExactlyOnceTest: %d rows, %d ends, %d reconnects%n",
                        expected, ends, capture.status().reconnects());
            }
        }
    }

    @Test
    void everyCommittedChangeIsInTheRealJournalOnceAlsoAfterRestarts(@TempDir Path directory)
            throws Exception {
        long seed = System.nanoTime();
        System.out.println("ExactlyOnceTest seed " + seed);
        SplittableRandom random = new SplittableRandom(seed);
        TableId orders = new TableId("public", "orders");
        try (FaultProxy proxy = FaultProxy.to(Servers.source().port());
                CaptureWorld world = new CaptureWorld(Servers.source(), proxy.port())) {
            world.run(
                    "ALTER DATABASE \"%s\" SET logical_decoding_work_mem = '64kB'"
                            .formatted(world.name),
                    "CREATE TABLE orders (id bigint PRIMARY KEY, customer text)");
            Lsn consistent = world.publish("orders");
            CompletableFuture<Void> all = clients(world, random);
            boolean first = true;
            boolean complete = false;
            int restarts = 0;
            List<Long> ids = List.of();
            while (!complete) {
                boolean last = all.isDone();
                try (LocalJournal journal =
                        LocalJournal.open(
                                directory, LocalJournalSettings.defaults(), Faults.NONE)) {
                    journal.subscribe(new DestinationId("reporting"), orders);
                    TrackJournal track = journal.track(Track.BULK);
                    if (first) {
                        track.startAt(consistent);
                        first = false;
                    }
                    Lsn end = Lsn.parse(world.ask("SELECT pg_current_wal_lsn()"));
                    try (TrackCapture capture = world.capture(track, CaptureWorld.QUICK)) {
                        capture.start();
                        for (int i = 0; i < 6 && !last; i++) {
                            await().pollDelay(Duration.ofMillis(random.nextInt(20, 200)))
                                    .until(() -> true);
                            end(world, proxy, random);
                        }
                        if (last) {
                            await().atMost(Duration.ofSeconds(60))
                                    .until(() -> track.durableEnd().isAtOrAfter(end));
                            ids = idsIn(track, orders);
                            complete = true;
                        }
                    }
                }
                restarts++;
            }
            all.join();
            long expected = Long.parseLong(world.ask("SELECT count(*) FROM orders"));

            assertThat(ids).hasSize((int) expected);
            assertThat(new HashSet<>(ids)).hasSize((int) expected);
            assertThat(restarts).isGreaterThan(1);
            System.out.printf("ExactlyOnceTest: %d rows, %d restarts%n", expected, restarts);
        }
    }

    @Test
    void aNetworkThatSwallowsEverythingIsNoticedAndASilentSourceIsNotGivenUp() throws Exception {
        try (FaultProxy proxy = FaultProxy.to(Servers.source().port());
                CaptureWorld world = new CaptureWorld(Servers.source(), proxy.port())) {
            world.run("CREATE TABLE orders (id bigint PRIMARY KEY, customer text)");
            RecordingJournal journal = new RecordingJournal();
            journal.startAt(world.publish("orders"));
            try (TrackCapture capture = world.capture(journal, CaptureWorld.QUICK)) {
                capture.start();
                world.run("INSERT INTO orders VALUES (1, 'before')");
                await().until(() -> journal.changes().size() == 1);
                await().during(Duration.ofSeconds(4))
                        .atMost(Duration.ofSeconds(6))
                        .until(() -> capture.status().reconnects() == 0);

                proxy.connections().forEach(c -> c.set(new FaultProxy.Fault.BlackHole()));
                world.run("INSERT INTO orders VALUES (2, 'after')");

                await().atMost(Duration.ofSeconds(30)).until(() -> journal.changes().size() == 2);
                assertThat(capture.status().reconnects()).isPositive();
            }
        }
    }

    private static List<Long> idsIn(TrackJournal track, TableId table) {
        List<Long> ids = new ArrayList<>();
        TupleReader tuples = new TupleReader();
        try (TransactionFeed feed = track.feed(Set.of(table))) {
            TransactionPart part = feed.peek();
            Position before = Position.START;
            while (part != null) {
                assertThat(part.position()).isGreaterThan(before);
                before = part.position();
                ChangeCursor changes = part.changes();
                while (changes.next()) {
                    tuples.reset(changes.payload());
                    tuples.nextTuple();
                    tuples.next();
                    ids.add(changes.payload().getLong(tuples.offset()));
                }
                feed.advance();
                part = feed.peek();
            }
        }
        return ids;
    }

    private static CompletableFuture<Void> clients(CaptureWorld world, SplittableRandom random) {
        List<CompletableFuture<Void>> clients = new ArrayList<>();
        for (int client = 0; client < CLIENTS; client++) {
            long base = client * 10_000_000L;
            SplittableRandom own = random.split();
            clients.add(CompletableFuture.runAsync(() -> transactions(world, base, own)));
        }
        return CompletableFuture.allOf(clients.toArray(CompletableFuture[]::new));
    }

    private static void end(CaptureWorld world, FaultProxy proxy, SplittableRandom random)
            throws SQLException {
        if (random.nextBoolean()) {
            proxy.cut();
        } else {
            world.run(
                    """
                    SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots
                    WHERE database = current_database() AND active_pid IS NOT NULL
                    """);
        }
    }

    private static Map<Long, List<Long>> perClient(RecordingJournal journal) {
        Map<Long, List<Long>> ids = new HashMap<>();
        for (String change : journal.changes()) {
            long id =
                    Long.parseLong(
                            change.substring("INSERT orders ".length(), change.indexOf(',')));
            ids.computeIfAbsent(id / 10_000_000L, _ -> new ArrayList<>()).add(id);
        }
        return ids;
    }

    private static void transactions(CaptureWorld world, long base, SplittableRandom random) {
        try (Connection connection = world.server.connect(world.name);
                Statement statement = connection.createStatement()) {
            long next = base;
            for (int i = 0; i < TRANSACTIONS; i++) {
                int rows = random.nextInt(10) == 0 ? random.nextInt(1000, 3000) : 1;
                statement.execute("BEGIN");
                next = insert(statement, next, rows);
                if (random.nextInt(5) == 0) {
                    statement.execute("SAVEPOINT a");
                    next = insert(statement, next, rows);
                    statement.execute("ROLLBACK TO a");
                }
                next = insert(statement, next, rows);
                statement.execute(random.nextInt(8) == 0 ? "ROLLBACK" : "COMMIT");
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static long insert(Statement statement, long next, int rows) throws SQLException {
        statement.execute(
                "INSERT INTO orders SELECT g, 'c' FROM generate_series(%d, %d) g"
                        .formatted(next, next + rows - 1));
        return next + rows;
    }
}
