package io.tidetable.node.apply;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.embedded.PostgresServer;
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
}
