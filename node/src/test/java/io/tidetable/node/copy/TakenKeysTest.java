package io.tidetable.node.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidetable.node.destination.Bookkeeping;
import io.tidetable.node.destination.TakenKeys;
import io.tidetable.node.fault.Faults;
import java.sql.Connection;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A table that we made gets its key when its rows are there, whatever happens in between. */
class TakenKeysTest {
    private static final String HAS_KEY =
            "SELECT count(*) FROM pg_constraint WHERE conrelid = 'orders'::regclass AND contype = 'p' AND conname = 'orders_pkey'";

    private CopyWorld world;

    @BeforeEach
    void open() throws Exception {
        world = new CopyWorld();
        world.pair().onBoth("CREATE TABLE orders (id int PRIMARY KEY, price numeric, note text)");
    }

    @AfterEach
    void close() throws Exception {
        world.close();
    }

    private void orders(int rows) throws Exception {
        world.pair()
                .onSource(
                        "INSERT INTO orders SELECT i, i / 7.0, repeat('n', 100) FROM generate_series(1, %d) i"
                                .formatted(rows));
        world.registerOurs("orders");
    }

    private void copyWithTheKeyInPlace() throws Exception {
        try (TableCopy copy = world.copyOf(world.layout("orders"), Faults.NONE)) {
            assertThat(hasKey()).isTrue();
            world.complete(copy);
        }
    }

    private boolean hasKey() throws Exception {
        return world.atDestination(HAS_KEY) == 1;
    }

    private void step(TableCopy copy, ChunkCopier copier, int times) throws Exception {
        for (int i = 0; i < times; i++) {
            assertThat(copy.step(copier, CopyPace.UNLIMITED)).isInstanceOf(CopyStep.Copied.class);
        }
    }

    private void giveAllBack() throws Exception {
        try (Connection connection = world.destination.connect("test")) {
            connection.setAutoCommit(false);
            new TakenKeys(CopyWorld.PIPELINE).giveAllBack(connection);
            connection.commit();
        }
    }

    @Test
    void theKeyComesAfterTheRows() throws Exception {
        orders(5000);

        try (TableCopy copy = world.copyOf(world.layout("orders"), Faults.NONE);
                ChunkCopier copier = new ChunkCopier(world.destination, Faults.NONE)) {
            step(copy, copier, 3);
            assertThat(hasKey()).isFalse();
            assertThat(world.complete(copy).mendNeeded()).isFalse();
        }

        assertThat(hasKey()).isTrue();
        assertThat(world.atDestination("SELECT count(taken_key) FROM tidetable.replicated_table"))
                .isZero();
        world.assertEqual("orders");
    }

    @Test
    void aTableOfOneChunkKeepsItsKey() throws Exception {
        orders(50);

        copyWithTheKeyInPlace();

        assertThat(hasKey()).isTrue();
    }

    @Test
    void aTableThatOthersMadeKeepsItsKey() throws Exception {
        orders(5000);
        world.pair().onDestination("UPDATE tidetable.replicated_table SET created_here = false");

        copyWithTheKeyInPlace();

        world.assertEqual("orders");
    }

    @Test
    void aKeyThatAViewReliesOnStays() throws Exception {
        orders(5000);
        world.pair().onDestination("CREATE VIEW v AS SELECT id, price FROM orders GROUP BY id");

        copyWithTheKeyInPlace();

        world.assertEqual("orders");
    }

    @Test
    void rowsOfASecondSnapshotComeOnlyOnceTheKeyIsThere() throws Exception {
        orders(5000);

        try (TableCopy copy = world.copyOf(world.layout("orders"), Faults.NONE);
                ChunkCopier copier = new ChunkCopier(world.destination, Faults.NONE)) {
            step(copy, copier, 3);
            world.killAtSource("tidetable snapshot");
            world.pair().onSource("UPDATE orders SET price = -1 WHERE id <= 100");
            CopyWorld.drain(copy, copier);
            assertThat(hasKey()).isTrue();
            assertThat(copy.finish().orElseThrow().mendNeeded()).isTrue();
        }

        assertThat(world.atDestination("SELECT count(DISTINCT id) FROM orders")).isEqualTo(5000);
    }

    @Test
    void aCopyThatANewProcessTakesOverGoesOnWithTheKey() throws Exception {
        orders(5000);
        try (TableCopy copy = world.copyOf(world.layout("orders"), Faults.NONE);
                ChunkCopier copier = new ChunkCopier(world.destination, Faults.NONE)) {
            step(copy, copier, 3);
        }

        world.pair().onSource("INSERT INTO orders VALUES (0, 0, 'later')");
        giveAllBack();
        assertThat(hasKey()).isTrue();
        try (TableCopy copy = world.copyOf(world.layout("orders"), Faults.NONE)) {
            assertThat(world.complete(copy).mendNeeded()).isTrue();
        }

        world.assertEqual("orders");
        assertThat(hasKey()).isTrue();
    }

    @Test
    void aCleanUpInTheMiddleGivesTheKeyBack() throws Exception {
        orders(5000);
        try (TableCopy copy = world.copyOf(world.layout("orders"), Faults.NONE);
                ChunkCopier copier = new ChunkCopier(world.destination, Faults.NONE)) {
            step(copy, copier, 3);
        }

        try (Connection connection = world.destination.connect("test")) {
            Bookkeeping.forget(connection, CopyWorld.PIPELINE);
        }

        assertThat(hasKey()).isTrue();
    }

    @Test
    void rowsThatSomebodyElseWroteMeanwhileStopTheTableUntilTheyAreGone() throws Exception {
        orders(5000);

        try (TableCopy copy = world.copyOf(world.layout("orders"), Faults.NONE);
                ChunkCopier copier = new ChunkCopier(world.destination, Faults.NONE)) {
            world.pair().onDestination("INSERT INTO orders VALUES (7, 7, 'not ours')");
            CopyWorld.drain(copy, copier);
            assertThatThrownBy(copy::finish).hasMessageContaining("share a key");
            giveAllBack();
            world.pair().onDestination("DELETE FROM orders WHERE note = 'not ours'");
            copy.finish();
        }

        world.assertEqual("orders");
        assertThat(hasKey()).isTrue();
    }

    @Test
    void aTableThatIsGoneOrHasAKeyOfItsOwnNeedsNone() throws Exception {
        orders(5000);
        try (TableCopy copy = world.copyOf(world.layout("orders"), Faults.NONE)) {
            assertThat(copy.remaining()).isPositive();
        }
        world.pair().onDestination("ALTER TABLE orders ADD CONSTRAINT by_hand PRIMARY KEY (id)");

        giveAllBack();

        assertThat(world.atDestination("SELECT count(taken_key) FROM tidetable.replicated_table"))
                .isZero();
    }
}
