package io.tidetable.node.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidetable.embedded.PostgresServer;
import io.tidetable.model.ByteSize;
import io.tidetable.model.TableId;
import io.tidetable.node.journal.ChangeKind;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class QuarantineTest {
    private static final TableId ORDERS = new TableId("public", "orders");

    private static PostgresServer server;
    private Replica replica;
    private Connection quarantineConnection;
    private Quarantine quarantine;

    @BeforeAll
    static void startServer() {
        server = PostgresServer.start(Map.of("fsync", "off"));
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @BeforeEach
    void begin() throws Exception {
        replica = Replica.on(server);
        replica.both("CREATE TABLE orders (id int PRIMARY KEY, seat int, note text)");
        quarantineConnection = replica.destinationDatabase.connect("quarantine");
        quarantine =
                new Quarantine(
                        quarantineConnection,
                        Replica.PIPELINE,
                        ApplySettings.DEFAULT,
                        replica.types::mappingWith);
    }

    @AfterEach
    void end() throws Exception {
        quarantineConnection.close();
        replica.close();
    }

    @Test
    void aUniqueValueThatMovesBetweenRowsInOneTransactionArrives() throws Exception {
        replica.onSource("ALTER TABLE orders ADD UNIQUE (seat) DEFERRABLE INITIALLY DEFERRED");
        replica.onDestination("ALTER TABLE orders ADD UNIQUE (seat)");
        replica.onSource("INSERT INTO orders VALUES (1, 10), (2, 20), (3, 30)");
        replica.apply();
        replica.onSource(
                "UPDATE orders SET seat = 99 WHERE id = 1; UPDATE orders SET seat = 10 WHERE id = 2;"
                        + " UPDATE orders SET seat = 20 WHERE id = 1");
        replica.onSource("DELETE FROM orders WHERE id = 3; INSERT INTO orders VALUES (4, 30)");

        Applied applied = replica.apply();

        replica.assertSame("SELECT * FROM orders ORDER BY id");
        assertThat(applied.quarantined()).isEmpty();
        assertThat(applied.replayed()).isTrue();

        for (int i = 0; i < 12; i++) {
            replica.onSource("UPDATE orders SET note = coalesce(note, '') || " + i);
            assertThat(replica.apply().replayed()).isEqualTo(i < 9);
        }
        replica.assertSame("SELECT * FROM orders ORDER BY id");
    }

    @Test
    void aUniqueSwapThatOnlyHoldsAtCommitArrivesWhereTheConstraintIsDeferred() throws Exception {
        replica.both("ALTER TABLE orders ADD UNIQUE (seat) DEFERRABLE INITIALLY DEFERRED");
        replica.onSource("INSERT INTO orders VALUES (1, 10), (2, 20), (3, 30)");
        replica.apply();
        replica.onSource(
                "UPDATE orders SET seat = 20 WHERE id = 1; UPDATE orders SET seat = 10 WHERE id = 2");
        // Refused in any order, so that the whole batch goes one change at a time.
        replica.onDestination("ALTER TABLE orders ADD CHECK (id <> 5)");
        replica.onSource("INSERT INTO orders VALUES (5, 50)");

        Applied applied = replica.apply();

        assertThat(applied.quarantined()).containsExactly(Map.entry(ORDERS, 1L));
        assertThat(replica.atDestination("SELECT id, seat FROM orders ORDER BY id"))
                .containsExactly("1|20", "2|10", "3|30");
    }

    @Test
    void onlyTheRefusedRowWaitsWithAllItsLaterChangesAndComesBackInOrder() throws Exception {
        replica.onDestination("ALTER TABLE orders ADD CONSTRAINT small CHECK (seat < 100)");
        replica.onSource("INSERT INTO orders SELECT n, n FROM generate_series(1, 500) n");
        replica.onSource("INSERT INTO orders VALUES (1000, 100, 'refused')");
        replica.onSource("UPDATE orders SET note = 'x' WHERE id = 7");
        Applied first = replica.apply();
        replica.onSource("UPDATE orders SET seat = 5, note = note || ' no more' WHERE id = 1000");
        replica.onSource("UPDATE orders SET id = 2000 WHERE id = 1000");
        replica.onSource("INSERT INTO orders VALUES (1000, 6, 'another row')");
        replica.onSource("UPDATE orders SET note = note || '!' WHERE id = 2000");
        replica.onSource("UPDATE orders SET note = 'y' WHERE id = 8");
        Applied second = replica.apply();

        assertThat(first.quarantined()).containsExactly(Map.entry(ORDERS, 402L));
        assertThat(first.replayed()).isTrue();
        assertThat(second.quarantined()).containsExactly(Map.entry(ORDERS, 4L));
        assertThat(second.replayed()).isFalse();
        assertThat(replica.atDestination("SELECT note FROM orders WHERE id IN (7, 8) ORDER BY id"))
                .containsExactly("x", "y");
        assertThat(replica.atDestination("SELECT count(*) FROM orders WHERE id >= 1000"))
                .containsExactly("0");
        List<Quarantine.Entry> entries =
                quarantine.list(ORDERS, 1000).stream()
                        .filter(entry -> entry.chain().equals("\"id\"='1000'"))
                        .toList();
        assertThat(entries)
                .extracting(Quarantine.Entry::kind)
                .containsExactly(
                        ChangeKind.INSERT,
                        ChangeKind.UPDATE,
                        ChangeKind.UPDATE,
                        ChangeKind.INSERT,
                        ChangeKind.UPDATE);
        assertThat(entries.getFirst().sqlState()).isEqualTo("23514");
        assertThat(entries.getLast().sqlState()).isNull();

        Quarantine.Retried tooEarly = quarantine.retry(ORDERS, "\"id\"='1000'");
        assertThat(tooEarly.failure()).contains("small");
        assertThat(quarantine.counts()).containsExactly(Map.entry(ORDERS, 406L));

        replica.onDestination("ALTER TABLE orders DROP CONSTRAINT small");
        Quarantine.Retried retried = quarantine.retry(ORDERS, "\"id\"='1000'");
        assertThat(retried).isEqualTo(new Quarantine.Retried(5, 0, null));
        assertThat(quarantine.counts()).containsExactly(Map.entry(ORDERS, 401L));
        for (Quarantine.Entry entry : quarantine.list(ORDERS, 1000)) {
            quarantine.retry(ORDERS, entry.chain());
        }
        replica.assertSame("SELECT * FROM orders ORDER BY id");
    }

    @Test
    void aLaneThatIsAtWorkDuringARetryNoticesAndDoesItsBatchAgain() throws Exception {
        replica.onDestination("ALTER TABLE orders ADD CONSTRAINT small CHECK (seat < 100)");
        replica.onSource("INSERT INTO orders VALUES (1, 100)");
        replica.apply();
        replica.onSource("UPDATE orders SET seat = 7 WHERE id = 1");
        var parts = replica.changes.take();
        replica.onDestination("ALTER TABLE orders DROP CONSTRAINT small");
        replica.faults =
                point -> {
                    if (point == io.tidetable.node.fault.FaultPoint.BATCH_WRITTEN) {
                        try {
                            quarantine.retry(ORDERS, "\"id\"='1'");
                        } catch (java.sql.SQLException e) {
                            throw new IllegalStateException(e);
                        }
                    }
                };

        assertThatThrownBy(() -> replica.apply(parts, ApplyMode.NORMAL))
                .isInstanceOfSatisfying(
                        FencedException.class, e -> assertThat(e.ownerChanged()).isFalse());
        replica.faults = io.tidetable.node.fault.Faults.NONE;
        replica.progress =
                new ProgressStore(replica.destination, Duration.ofSeconds(5))
                        .read(Replica.PIPELINE, Replica.LANE)
                        .orElseThrow();
        replica.apply(parts, ApplyMode.NORMAL);

        replica.assertSame("SELECT * FROM orders");
        assertThat(quarantine.counts()).isEmpty();
    }

    @Test
    void discardedRowsLeaveTheirTableToBeMerged() throws Exception {
        replica.onDestination(
                """
                INSERT INTO tidetable.replicated_table (pipeline, namespace, name, lane, track, state)
                VALUES ('shop', 'public', 'orders', 'public.orders', 'bulk', 'live');
                ALTER TABLE orders ADD CHECK (seat < 100)
                """);
        replica.onSource("INSERT INTO orders VALUES (1, 100)");
        replica.onSource("UPDATE orders SET seat = 101");
        replica.apply();

        assertThat(quarantine.discard(ORDERS, "\"id\"='1'")).isEqualTo(2);

        assertThat(quarantine.counts()).isEmpty();
        assertThat(replica.atDestination("SELECT needs_merge FROM tidetable.replicated_table"))
                .containsExactly("t");
    }

    @Test
    void aTruncateTakesTheTablesQuarantineWithIt() throws Exception {
        replica.onDestination("ALTER TABLE orders ADD CHECK (seat < 100)");
        replica.onSource("INSERT INTO orders VALUES (1, 100)");
        replica.apply();
        replica.onSource("UPDATE orders SET seat = 101");
        replica.onSource("TRUNCATE orders");
        replica.onSource("INSERT INTO orders VALUES (1, 1)");

        replica.apply();

        replica.assertSame("SELECT * FROM orders");
        assertThat(quarantine.counts()).isEmpty();
    }

    @Test
    void identicalRowsWithoutKeyWaitTogetherAndComeBack() throws Exception {
        replica.both("CREATE TABLE clicks (at int, page text)");
        replica.onSource("ALTER TABLE clicks REPLICA IDENTITY FULL");
        replica.onDestination("ALTER TABLE clicks ADD CONSTRAINT few CHECK (at < 100)");
        replica.onSource("INSERT INTO clicks VALUES (1, 'a'), (1, 'a'), (100, 'b'), (100, 'b')");
        replica.apply();
        replica.onSource(
                "DELETE FROM clicks WHERE ctid = (SELECT min(ctid) FROM clicks WHERE at = 100)");
        replica.onSource("UPDATE clicks SET at = 5, page = 'c' WHERE at = 100");
        replica.apply();
        TableId clicks = new TableId("public", "clicks");
        assertThat(quarantine.counts()).containsExactly(Map.entry(clicks, 4L));
        replica.onDestination("ALTER TABLE clicks DROP CONSTRAINT few");

        Quarantine.Retried retried =
                quarantine.retry(clicks, quarantine.list(clicks, 1).getFirst().chain());

        assertThat(retried.applied()).isEqualTo(4);
        replica.assertSame("SELECT * FROM clicks ORDER BY at, page");
    }

    @Test
    void anInsertOntoAnExistingKeyIsQuarantined() throws Exception {
        replica.onDestination("INSERT INTO orders VALUES (1, 1, 'not ours')");
        replica.onSource("INSERT INTO orders VALUES (1, 1, 'ours'), (2, 2, 'ours')");

        Applied applied = replica.apply();

        assertThat(applied.quarantined()).containsExactly(Map.entry(ORDERS, 1L));
        assertThat(replica.atDestination("SELECT id, note FROM orders ORDER BY id"))
                .containsExactly("1|not ours", "2|ours");
    }

    @Test
    void aTableOfWhichTooMuchIsRefusedFailsAsAWholeAndNothingIsWritten() throws Exception {
        replica.with(
                new ApplySettings(
                        false,
                        1000,
                        ByteSize.megabytes(1),
                        64,
                        Duration.ofMillis(500),
                        ApplySettings.MissingColumns.REFUSE,
                        10));
        replica.onDestination("ALTER TABLE orders ADD CHECK (seat < 100)");
        replica.onSource("INSERT INTO orders SELECT n, n + 90 FROM generate_series(1, 100) n");

        assertThatThrownBy(() -> replica.apply())
                .isInstanceOfSatisfying(
                        TableApplyException.class,
                        e -> assertThat(e.tables()).containsExactly(ORDERS));
        assertThat(replica.atDestination("SELECT * FROM orders")).isEmpty();
        assertThat(quarantine.counts()).isEmpty();
    }

    @Test
    void whatIsNotARowsFaultQuarantinesNothing() throws Exception {
        replica.onDestination(
                """
                CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
                    $$BEGIN RAISE 'no space left' USING ERRCODE = '53100'; END$$;
                CREATE TRIGGER full_disk BEFORE INSERT ON orders
                    FOR EACH ROW EXECUTE FUNCTION full_disk();
                ALTER TABLE orders ENABLE ALWAYS TRIGGER full_disk
                """);
        replica.onSource("INSERT INTO orders VALUES (1, 1)");
        var parts = replica.changes.take();

        assertThatThrownBy(() -> replica.apply(parts, ApplyMode.NORMAL))
                .isInstanceOf(RetryableApplyException.class);
        assertThat(quarantine.counts()).isEmpty();
        replica.onDestination("DROP TRIGGER full_disk ON orders");
        replica.apply(parts, ApplyMode.NORMAL);
        replica.assertSame("SELECT * FROM orders");

        replica.onDestination("DROP TABLE orders");
        replica.onSource("INSERT INTO orders VALUES (2, 2)");
        assertThatThrownBy(() -> replica.apply()).isInstanceOf(ShapeMismatchException.class);
        assertThat(quarantine.counts()).isEmpty();
    }
}
