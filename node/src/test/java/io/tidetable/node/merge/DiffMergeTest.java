package io.tidetable.node.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidetable.node.copy.CopyPace;
import io.tidetable.node.copy.CopyWorld;
import io.tidetable.node.copy.EveryType;
import io.tidetable.node.copy.SnapshotHolder;
import io.tidetable.node.copy.TableLayout;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.verify.KeyRange;
import io.tidetable.node.verify.Scope;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DiffMergeTest {
    private static final String ORDERS =
            "CREATE TABLE orders (id int PRIMARY KEY, price numeric, note text)";
    private static final String ORDER_ROWS =
            "INSERT INTO orders SELECT i, i / 7.0, 'note ' || i FROM generate_series(1, 3000) i";

    private CopyWorld world;

    @BeforeEach
    void open() throws Exception {
        world = new CopyWorld();
    }

    @AfterEach
    void close() throws Exception {
        world.close();
    }

    private MergeResult merge(String table, Scope scope, int batch, MergeCommit commit)
            throws Exception {
        return merge(world.layout(table), scope, batch, commit, Faults.NONE);
    }

    private MergeResult merge(
            TableLayout layout, Scope scope, int batch, MergeCommit commit, Faults faults)
            throws Exception {
        try (SnapshotHolder holder =
                        SnapshotHolder.take(world.source, "test", InstantSource.system());
                Connection destination = world.destination.connect("test")) {
            destination.setAutoCommit(false);
            MergeResult result =
                    new DiffMerge(batch, CopyPace.UNLIMITED, faults)
                            .merge(layout, scope, holder.connection(), destination, commit);
            destination.commit();
            return result;
        }
    }

    private MergeResult merge(String table) throws Exception {
        return merge(table, Scope.ALL, 100, MergeCommit.AT_THE_END);
    }

    @Test
    void nothingIsWrittenWhereNothingDiffers() throws Exception {
        world.pair().onBoth(ORDERS, ORDER_ROWS);
        long before = world.atDestination("SELECT max(xmin::text::bigint) FROM orders");

        MergeResult result = merge("orders");

        assertThat(result).isEqualTo(new MergeResult(0, 0, 0, 3000));
        assertThat(world.atDestination("SELECT max(xmin::text::bigint) FROM orders"))
                .isEqualTo(before);
    }

    @Test
    void onlyDifferencesAreWritten() throws Exception {
        world.pair().onBoth(ORDERS, ORDER_ROWS);
        world.pair()
                .onDestination(
                        "UPDATE orders SET note = NULL WHERE id % 100 = 0",
                        "DELETE FROM orders WHERE id % 100 = 1",
                        "INSERT INTO orders SELECT -i, 0, 'extra' FROM generate_series(1, 7) i");

        MergeResult result = merge("orders");

        assertThat(result).isEqualTo(new MergeResult(30, 30, 7, 3000));
        world.assertEqual("orders");
        assertThat(
                        world.atDestination(
                                "SELECT count(*) FROM orders GROUP BY xmin::text ORDER BY count(*) LIMIT 1"))
                .isEqualTo(60);
    }

    /** The kinds of tables that random damage is done to: key, and what the columns are. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1|id int PRIMARY KEY, name text, value numeric",
                "2|id int, name text COLLATE \"en-x-icu\" PRIMARY KEY, value numeric",
                "3|id int, name text, value numeric",
                "4|id int UNIQUE, name text, value numeric, PRIMARY KEY (name, id)",
                "5|id int NOT NULL, name text, value numeric PRIMARY KEY, UNIQUE (id)",
            })
    void randomDamageIsMendedInBatchesOfTheirOwnTransactions(long seed, String columns)
            throws Exception {
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        world.pair().onSource("CREATE TABLE clicks (" + columns + ")");
        world.pair()
                .onDestination("CREATE TABLE clicks (" + columns.replace("en-x-icu", "C") + ")");
        world.pair()
                .onBoth(
                        "INSERT INTO clicks SELECT i, CASE i % 4 WHEN 0 THEN 'Ä' WHEN 1 THEN 'a' WHEN 2 THEN 'B' ELSE '''\\' END"
                                + " || i, i + 0.50 FROM generate_series(1, 2000) i");
        for (int round = 0; round < 3; round++) {
            for (int damage = 0; damage < 60; damage++) {
                String side = damage(random, damage);
                if (random.nextBoolean()) {
                    tolerating(() -> world.pair().onSource(side));
                } else {
                    tolerating(() -> world.pair().onDestination(side));
                }
            }
            AtomicInteger commits = new AtomicInteger();
            MergeResult result =
                    merge(
                            "clicks",
                            Scope.ALL,
                            1 + random.nextInt(20),
                            destination -> {
                                destination.commit();
                                commits.incrementAndGet();
                            });

            world.assertEqual("clicks");
            assertThat(result.wasEqual()).isFalse();
            assertThat(commits.get()).isPositive();
        }
    }

    private interface Statements {
        void run() throws SQLException;
    }

    /** Damage that a constraint refuses is none. */
    private static void tolerating(Statements statements) throws SQLException {
        try {
            statements.run();
        } catch (SQLException e) {
            if (!"23505".equals(e.getSQLState())) {
                throw e;
            }
        }
    }

    private static String damage(Random random, int number) {
        int id = random.nextInt(1, 2000);
        return switch (random.nextInt(7)) {
            case 0 ->
                    "DELETE FROM clicks WHERE id BETWEEN %d AND %d"
                            .formatted(id, id + random.nextInt(20));
            case 1 -> "UPDATE clicks SET value = -value WHERE id = " + id;
            case 2 -> "UPDATE clicks SET name = lower(name) || 'x' WHERE id = " + id;
            case 3 ->
                    "INSERT INTO clicks SELECT id + 100000 + %d, name || 'n%d', value + %d.25 FROM clicks WHERE id = %d"
                            .formatted(number * 5000, number, number * 5000, id);
            case 4 -> "UPDATE clicks SET id = id + 50000 WHERE id = " + id;
            case 5 -> "UPDATE clicks SET value = value * 1.0 WHERE id = " + id;
            default ->
                    "UPDATE clicks SET value = value + 0.001, name = name || ' ' WHERE id = " + id;
        };
    }

    @Test
    void uniqueValuesSwappedBetweenRowsAreMended() throws Exception {
        world.pair().onBoth("CREATE TABLE names (id int PRIMARY KEY, name text UNIQUE, live bool)");
        world.pair().onBoth("CREATE UNIQUE INDEX ON names (lower(name)) WHERE live");
        world.pair()
                .onSource(
                        "INSERT INTO names SELECT i, 'n' || i, true FROM generate_series(1, 1000) i");
        world.pair()
                .onDestination(
                        "INSERT INTO names SELECT i, 'N' || (i % 1000 + 1), true FROM generate_series(1, 1000) i");

        MergeResult result = merge("names", Scope.ALL, 10, Connection::commit);

        assertThat(result.updated()).isEqualTo(1000);
        world.assertEqual("names");
    }

    @Test
    void keysThatTheDestinationTakesForEqualAreMended() throws Exception {
        world.pair().onBoth("CREATE EXTENSION citext");
        world.pair().onBoth("CREATE TABLE names (name citext PRIMARY KEY, value int)");
        world.pair().onBoth("CREATE TABLE prices (price numeric PRIMARY KEY, value int)");
        world.pair()
                .onSource(
                        "INSERT INTO names SELECT 'Name' || i, i FROM generate_series(1, 300) i",
                        "INSERT INTO prices SELECT i::numeric, i FROM generate_series(1, 300) i");
        world.pair()
                .onDestination(
                        "INSERT INTO names SELECT 'nAME' || i, i FROM generate_series(1, 300) i",
                        "INSERT INTO prices SELECT i + 0.00, i FROM generate_series(1, 300) i");

        merge("names", Scope.ALL, 7, Connection::commit);
        merge("prices", Scope.ALL, 7, Connection::commit);

        world.assertEqual("names", "prices");
    }

    @Test
    void anEmptyTableIsFilledAndAFullOneEmptied() throws Exception {
        EveryType.create(world, 400);
        world.pair()
                .onDestination("ALTER TABLE types ALTER COLUMN counter SET GENERATED BY DEFAULT");

        assertThat(merge("types").inserted()).isEqualTo(400);
        world.assertEqual("types");

        world.pair().onSource("UPDATE types SET txt = 'x' || id, j = '[]' WHERE id % 2 = 0");
        assertThat(merge("types").updated()).isEqualTo(200);
        world.assertEqual("types");

        world.pair().onSource("DELETE FROM types");
        assertThat(merge("types").deleted()).isEqualTo(400);
        world.assertEqual("types");
    }

    @Test
    void anIdentityColumnThatUpdateMayNotSetIsMended() throws Exception {
        world.pair()
                .onBoth(
                        "CREATE TABLE clicks (id int PRIMARY KEY, counter int GENERATED ALWAYS AS IDENTITY, note text)");
        world.pair()
                .onBoth(
                        "INSERT INTO clicks (id, note) SELECT i, 'n' FROM generate_series(1, 50) i");
        world.pair()
                .onDestination(
                        "DELETE FROM clicks WHERE id = 7",
                        "INSERT INTO clicks (id, note) VALUES (7, 'n')");

        assertThat(merge("clicks").updated()).isOne();

        world.assertEqual("clicks");
    }

    @Test
    void partitionsOnEitherSideDoNotMatter() throws Exception {
        world.pair()
                .onSource(
                        "CREATE TABLE clicks (id int PRIMARY KEY, note text) PARTITION BY HASH (id)",
                        "CREATE TABLE clicks_0 PARTITION OF clicks FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
                        "CREATE TABLE clicks_1 PARTITION OF clicks FOR VALUES WITH (MODULUS 2, REMAINDER 1)");
        world.pair()
                .onDestination(
                        "CREATE TABLE clicks (note text, id int PRIMARY KEY) PARTITION BY RANGE (id)",
                        "CREATE TABLE clicks_low PARTITION OF clicks FOR VALUES FROM (MINVALUE) TO (500)",
                        "CREATE TABLE clicks_high PARTITION OF clicks FOR VALUES FROM (500) TO (MAXVALUE)");
        world.pair()
                .onBoth(
                        "INSERT INTO clicks (id, note) SELECT i, 'n' || i FROM generate_series(1, 1000) i");
        world.pair()
                .onDestination(
                        "DELETE FROM clicks WHERE id % 10 = 0",
                        "UPDATE clicks SET note = '' WHERE id % 10 = 1",
                        "INSERT INTO clicks (id, note) SELECT i, 'extra' FROM generate_series(5001, 5050) i");

        assertThat(merge("clicks")).isEqualTo(new MergeResult(100, 100, 50, 1000));

        world.assertEqual("clicks");
    }

    @Test
    void aRangeIsMendedAndTheRestLeftAlone() throws Exception {
        world.pair().onBoth(ORDERS, ORDER_ROWS);
        world.pair().onDestination("DELETE FROM orders WHERE id % 2 = 0");

        merge(
                "orders",
                Scope.of(new KeyRange(List.of("1001"), List.of("2001"))),
                100,
                MergeCommit.AT_THE_END);

        assertThat(
                        world.atDestination(
                                "SELECT count(*) FROM orders WHERE id BETWEEN 1001 AND 2000"))
                .isEqualTo(1000);
        assertThat(world.atDestination("SELECT count(*) FROM orders")).isEqualTo(2000);
    }

    @Test
    void rangesCoverTheWholeTableEvenWhileItGrows() throws Exception {
        world.pair().onBoth(ORDERS, ORDER_ROWS);
        world.pair().onDestination("UPDATE orders SET note = '?'");
        TableLayout layout = world.layout("orders");
        KeyRanges ranges = new KeyRanges(layout);
        assertThat(ranges.canSplit()).isTrue();
        List<KeyRange> seen = new ArrayList<>();
        try (Connection source = world.source.connect("test")) {
            Optional<KeyRange> range = ranges.next(source, null, 700);
            while (range.isPresent()) {
                seen.add(range.get());
                merge(layout, Scope.of(range.get()), 1000, MergeCommit.AT_THE_END, Faults.NONE);
                if (seen.size() == 2) {
                    world.pair()
                            .onSource(
                                    "INSERT INTO orders SELECT i, i, 'new' FROM generate_series(3001, 3500) i");
                }
                range = ranges.next(source, range.get(), 700);
            }
        }

        assertThat(seen).hasSize(5);
        world.assertEqual("orders");
    }

    @Test
    void aMergeThatBrokeOffLeavesTheTableWholeAndIsSimplyDoneAgain() throws Exception {
        world.pair().onBoth(ORDERS, ORDER_ROWS);
        world.pair().onDestination("UPDATE orders SET note = '?' WHERE id % 3 = 0");
        AtomicInteger reached = new AtomicInteger();
        Faults third =
                point -> {
                    if (point == FaultPoint.MERGE_WRITTEN && reached.incrementAndGet() == 3) {
                        throw new IllegalStateException("killed");
                    }
                };

        assertThatThrownBy(() ->
                        merge(world.layout("orders"), Scope.ALL, 100, Connection::commit, third))
                .hasMessage("killed");

        assertThat(world.atDestination("SELECT count(*) FROM orders WHERE note = '?'"))
                .isEqualTo(800);
        assertThat(world.atDestination("SELECT count(*) FROM orders")).isEqualTo(3000);
        assertThat(merge("orders").updated()).isEqualTo(800);
        world.assertEqual("orders");
    }
}
