package io.tidetable.node.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidetable.embedded.PostgresServer;
import io.tidetable.model.TableId;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RowApplyTest {
    private static PostgresServer server;
    private Replica replica;

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
    }

    @AfterEach
    void end() throws Exception {
        replica.close();
    }

    @Test
    void insertsUpdatesAndDeletesArriveWithTheirProgress() throws Exception {
        replica.both("CREATE TABLE orders (id bigint PRIMARY KEY, item text, price numeric)");
        replica.onSource(
                "INSERT INTO orders SELECT n, 'item ' || n, n / 3.0 FROM generate_series(1, 300) n");
        replica.onSource("UPDATE orders SET item = 'x' WHERE id % 3 = 0");
        replica.onSource("DELETE FROM orders WHERE id % 5 = 0");

        Applied first = replica.apply();
        replica.onSource("UPDATE orders SET price = 'NaN' WHERE id = 1");
        replica.onSource("DELETE FROM orders WHERE id = 2");
        replica.onSource("INSERT INTO orders VALUES (1000, NULL, 'Infinity'), (1001, '', 0)");
        Applied second = replica.apply();

        replica.assertSame("SELECT * FROM orders ORDER BY id");
        assertThat(first.inserts()).isEqualTo(300);
        assertThat(first.updates()).isEqualTo(100);
        assertThat(first.deletes()).isEqualTo(60);
        assertThat(first.conflicts()).isEmpty();
        assertThat(first.replayed()).isFalse();
        assertThat(second.changes()).isEqualTo(4);
        assertThat(second.replayed()).isFalse();
        assertThat(replica.atDestination("SELECT lsn, xid, epoch FROM tidetable.progress"))
                .containsExactly(
                        "%s|%d|1"
                                .formatted(
                                        second.progress().position().commitEnd(),
                                        second.progress().position().xid()));
    }

    @Test
    void oneOfTwoIdenticalRowsIsChangedWhereThereIsNoKey() throws Exception {
        replica.both("CREATE TABLE clicks (at int, page text, weight float8, tags text[], j json)");
        replica.onSource("ALTER TABLE clicks REPLICA IDENTITY FULL");
        replica.onSource(
                """
                INSERT INTO clicks SELECT 1, 'a', 'NaN', '{x,NULL}', '{"a": 1}' FROM generate_series(1, 3);
                INSERT INTO clicks (at) SELECT NULL FROM generate_series(1, 3)
                """);
        replica.apply();
        String one =
                " WHERE ctid = (SELECT min(ctid) FROM clicks WHERE at IS NOT DISTINCT FROM %s)";
        replica.onSource("UPDATE clicks SET page = 'b'" + one.formatted("1"));
        replica.onSource("DELETE FROM clicks" + one.formatted("NULL"));
        replica.onSource("UPDATE clicks SET at = 9" + one.formatted("NULL"));

        Applied applied = replica.apply();

        replica.assertSame("SELECT c::text FROM clicks c ORDER BY 1");
        assertThat(applied.conflicts()).isEmpty();
    }

    @Test
    void changesThatFindNoRowAreCountedAndNothingIsInvented() throws Exception {
        replica.both("CREATE TABLE orders (id int PRIMARY KEY, item text)");
        replica.onSource("INSERT INTO orders SELECT n, 'a' FROM generate_series(1, 300) n");
        replica.apply();
        replica.onDestination("DELETE FROM orders WHERE id IN (1, 2) OR id > 200");
        replica.onSource("UPDATE orders SET item = 'b' WHERE id = 1");
        replica.onSource("DELETE FROM orders WHERE id = 2");
        Applied few = replica.apply();
        replica.onSource("UPDATE orders SET item = 'b' WHERE id > 150");
        Applied many = replica.apply();

        assertThat(few.conflicts().values()).containsExactly(2L);
        assertThat(many.conflicts().values()).containsExactly(100L);
        assertThat(replica.atDestination("SELECT count(*) FROM orders")).containsExactly("198");
    }

    @Test
    void manyChangesOfOneRowBecomeOneWrite() throws Exception {
        replica.both("CREATE TABLE orders (id int PRIMARY KEY, n int)");
        replica.onSource("INSERT INTO orders VALUES (1, 0), (2, 0)");
        for (int i = 0; i < 50; i++) {
            replica.onSource("UPDATE orders SET n = n + 1 WHERE id = 1");
        }
        replica.onSource("DELETE FROM orders WHERE id = 2");

        Applied applied = replica.apply();

        replica.assertSame("SELECT * FROM orders");
        assertThat(applied.updates()).isEqualTo(50);
        assertThat(applied.folded()).isEqualTo(52);
    }

    @Test
    void aTruncateEmptiesItsTableAloneAndRestartsItsSequence() throws Exception {
        replica.both(
                """
                CREATE TABLE orders (id int PRIMARY KEY);
                CREATE TABLE items (id serial PRIMARY KEY, order_id int REFERENCES orders)
                """);
        replica.onSource(
                "INSERT INTO orders VALUES (1), (2); INSERT INTO items (order_id) VALUES (1)");
        replica.apply();
        replica.onDestination("SELECT nextval('items_id_seq') FROM generate_series(1, 5)");
        replica.onSource("TRUNCATE orders, items RESTART IDENTITY");
        List<SourceChanges.Part> parts = replica.changes.take();

        replica.apply(
                List.of(parts.getFirst().of(new TableId("public", "orders"))), ApplyMode.NORMAL);
        assertThat(replica.atDestination("SELECT count(*) FROM orders")).containsExactly("0");
        assertThat(replica.atDestination("SELECT count(*) FROM items")).containsExactly("1");
        replica.onSource("TRUNCATE items RESTART IDENTITY");
        replica.apply();

        assertThat(replica.atDestination("SELECT count(*) FROM items")).containsExactly("0");
        assertThat(replica.atDestination("SELECT nextval('items_id_seq')")).containsExactly("1");
    }

    @Test
    void aTruncateDoesNotWaitForAReader() throws Exception {
        replica.both("CREATE TABLE orders (id int PRIMARY KEY)");
        replica.onSource("INSERT INTO orders VALUES (1)");
        replica.apply();
        replica.destination.setAutoCommit(false);
        replica.atDestination("SELECT * FROM orders");
        replica.onSource("TRUNCATE orders");
        replica.onSource("INSERT INTO orders VALUES (2)");

        replica.apply();

        replica.destination.rollback();
        replica.destination.setAutoCommit(true);
        replica.assertSame("SELECT * FROM orders");
    }

    @Test
    void mendingNeverInventsAValueThatTheStreamDidNotCarry() throws Exception {
        replica.both("CREATE TABLE orders (id int PRIMARY KEY, item text, n int)");
        replica.both("ALTER TABLE orders ALTER item SET STORAGE EXTERNAL");
        replica.onDestination(
                """
                INSERT INTO tidetable.replicated_table (pipeline, namespace, name, lane, track, state)
                VALUES ('shop', 'public', 'orders', 'public.orders', 'bulk', 'copying')
                """);
        replica.onSource(
                "INSERT INTO orders SELECT n, repeat('long', 2000), 0 FROM generate_series(1, 300) n");
        replica.changes.take();
        replica.onDestination("INSERT INTO orders VALUES (1, 'copied', 0)");
        replica.onSource("UPDATE orders SET n = 1");

        Applied applied = replica.apply(ApplyMode.MEND);

        assertThat(applied.needsMerge()).containsExactly(new TableId("public", "orders"));
        assertThat(replica.atDestination("SELECT * FROM orders")).containsExactly("1|copied|1");
        assertThat(replica.atDestination("SELECT needs_merge FROM tidetable.replicated_table"))
                .containsExactly("t");
    }

    @Test
    void aTableWithoutKeyCannotBeMended() throws Exception {
        replica.both("CREATE TABLE clicks (at int)");
        replica.onSource("ALTER TABLE clicks REPLICA IDENTITY FULL");
        replica.onSource("INSERT INTO clicks VALUES (1)");

        assertThatThrownBy(() -> replica.apply(ApplyMode.MEND))
                .isInstanceOf(TableApplyException.class)
                .hasMessageContaining("must begin again");
    }

    @Test
    void triggersAndForeignKeysOfTheDestinationStaySilent() throws Exception {
        replica.both("CREATE TABLE orders (id int PRIMARY KEY)");
        replica.both("CREATE TABLE items (id int PRIMARY KEY, order_id int REFERENCES orders)");
        replica.onDestination(
                """
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                    $$BEGIN RAISE 'fired'; END$$;
                CREATE TRIGGER refuse BEFORE INSERT ON items
                    FOR EACH ROW EXECUTE FUNCTION refuse()
                """);
        replica.onSource("INSERT INTO orders VALUES (1); INSERT INTO items VALUES (1, 1)");
        List<SourceChanges.Part> parts = replica.changes.take();

        Applied applied =
                replica.apply(
                        List.of(parts.getFirst().of(new TableId("public", "items"))),
                        ApplyMode.NORMAL);

        assertThat(applied.replayed()).isFalse();
        replica.assertSame("SELECT * FROM items");
    }

    @Test
    void partitionsAtTheDestinationReceiveTheirRows() throws Exception {
        replica.onSource("CREATE TABLE orders (id int PRIMARY KEY, item text)");
        replica.onDestination(
                """
                CREATE TABLE orders (id int PRIMARY KEY, item text) PARTITION BY HASH (id);
                CREATE TABLE orders_0 PARTITION OF orders FOR VALUES WITH (MODULUS 2, REMAINDER 0);
                CREATE TABLE orders_1 PARTITION OF orders FOR VALUES WITH (MODULUS 2, REMAINDER 1)
                """);
        replica.onSource("INSERT INTO orders SELECT n, 'a' FROM generate_series(1, 200) n");
        replica.onSource("INSERT INTO orders VALUES (1000, 'x')");
        replica.apply();
        replica.onSource("UPDATE orders SET item = 'b' WHERE id <= 150");
        replica.onSource("UPDATE orders SET id = id + 5000 WHERE id = 3");
        replica.onSource("DELETE FROM orders WHERE id = 4");
        replica.apply();
        replica.assertSame("SELECT * FROM orders ORDER BY id");
        replica.onSource("TRUNCATE orders");

        replica.apply();

        replica.assertSame("SELECT * FROM orders ORDER BY id");
    }

    @Test
    void mendingSaysThatARowIsMissingEvenWhereNothingOfItWasSent() throws Exception {
        replica.both("CREATE TABLE orders (id int PRIMARY KEY, item text)");
        replica.both("ALTER TABLE orders ALTER item SET STORAGE EXTERNAL");
        replica.onSource(
                "INSERT INTO orders SELECT n, repeat('long', 2000) FROM generate_series(1, 200) n");
        replica.changes.take();
        replica.onSource("UPDATE orders SET id = id WHERE id < 3");
        assertThat(replica.apply(ApplyMode.MEND).needsMerge()).hasSize(1);
        replica.onSource("UPDATE orders SET id = id");
        assertThat(replica.apply(ApplyMode.MEND).needsMerge()).hasSize(1);
    }
}
