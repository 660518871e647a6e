package io.tidetable.node.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.node.copy.CopyWorld;
import io.tidetable.node.copy.EveryType;
import io.tidetable.node.copy.TableLayout;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TableComparisonTest {
    private static final String ORDERS =
            "CREATE TABLE orders (id int PRIMARY KEY, price numeric, note text, paid bool)";
    private static final String ORDER_ROWS =
            "INSERT INTO orders SELECT i, i / 7.0, 'note ' || i, i % 2 = 0 FROM generate_series(1, 2000) i";

    private CopyWorld world;

    @BeforeEach
    void open() throws Exception {
        world = new CopyWorld();
    }

    @AfterEach
    void close() throws Exception {
        world.close();
    }

    private interface Comparing {
        TableVerdict in(Connection source, Connection destination) throws Exception;
    }

    private TableVerdict inSnapshots(Comparing comparing) throws Exception {
        try (Connection source = snapshot(world.source.connect("test"));
                Connection destination = snapshot(world.destination.connect("test"))) {
            return comparing.in(source, destination);
        }
    }

    private static Connection snapshot(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        connection.setReadOnly(true);
        return connection;
    }

    private static TableComparison comparison() {
        return new TableComparison(100, InstantSource.system());
    }

    private TableVerdict compare(TableLayout layout, Scope scope) throws Exception {
        return inSnapshots((s, d) -> comparison().compare(layout, scope, s, d));
    }

    private TableVerdict compare(String table) throws Exception {
        return compare(world.layout(table), Scope.ALL);
    }

    private void orders() throws Exception {
        world.pair().onBoth(ORDERS, ORDER_ROWS, "ANALYZE orders");
    }

    private static RowKey key(String... values) {
        return new RowKey(List.of(values));
    }

    @Test
    void equalTablesAreEqualWhateverTheOrderOfRows() throws Exception {
        orders();
        world.pair()
                .onDestination(
                        "UPDATE orders SET paid = NOT paid", "UPDATE orders SET paid = NOT paid");

        TableVerdict verdict = compare("orders");

        assertThat(verdict.equal()).isTrue();
        assertThat(verdict.sourceRows()).isEqualTo(2000);
        assertThat(verdict.destinationRows()).isEqualTo(2000);
    }

    @Test
    void oneFlippedValueIsFound() throws Exception {
        orders();
        world.pair().onDestination("UPDATE orders SET paid = NOT paid WHERE id = 777");

        TableVerdict verdict = compare("orders");

        assertThat(verdict.different()).isOne();
        assertThat(verdict.missing() + verdict.extra()).isZero();
        assertThat(verdict.keys()).containsExactly(key("777"));
    }

    @Test
    void onlyRowsNearADifferenceAreLookedAtAgain() throws Exception {
        orders();
        world.pair()
                .onSource(
                        "CREATE TABLE clicks (id int) PARTITION BY RANGE (id)",
                        "CREATE TABLE clicks_1 PARTITION OF clicks DEFAULT",
                        "INSERT INTO clicks SELECT generate_series(1, 1000)",
                        "ANALYZE");
        world.pair().onDestination("CREATE TABLE clicks (id int)");

        try (Connection source = world.source.connect("test")) {
            assertThat(TableDigest.bucketsFor(source, world.layout("orders"))).isEqualTo(64);
            assertThat(TableDigest.bucketsFor(source, world.layout("clicks"))).isEqualTo(32);
        }
    }

    @Test
    void anEmptyTextIsNotTheSameAsNull() throws Exception {
        orders();
        world.pair().onSource("UPDATE orders SET note = NULL WHERE id = 5");
        world.pair().onDestination("UPDATE orders SET note = '' WHERE id = 5");

        assertThat(compare("orders").keys()).containsExactly(key("5"));
    }

    @Test
    void valuesSwappedBetweenRowsAndBetweenColumnsAreFound() throws Exception {
        world.pair().onBoth("CREATE TABLE clicks (id int PRIMARY KEY, a text, b text)");
        world.pair()
                .onSource("INSERT INTO clicks VALUES (1, 'x', 'y'), (2, 'z', 'w'), (3, 'p', 'q')");
        world.pair()
                .onDestination(
                        "INSERT INTO clicks VALUES (1, 'z', 'y'), (2, 'x', 'w'), (3, 'q', 'p')");

        TableVerdict verdict = compare("clicks");

        assertThat(verdict.different()).isEqualTo(3);
    }

    @Test
    void missingAndExtraRowsAreToldApart() throws Exception {
        orders();
        world.pair()
                .onDestination(
                        "DELETE FROM orders WHERE id IN (10, 20)",
                        "INSERT INTO orders VALUES (-1, 0, 'extra', true)");

        TableVerdict verdict = compare("orders");

        assertThat(verdict.missing()).isEqualTo(2);
        assertThat(verdict.extra()).isOne();
        assertThat(verdict.keys()).containsExactlyInAnyOrder(key("10"), key("20"), key("-1"));
        assertThat(verdict.sourceRows()).isEqualTo(2000);
        assertThat(verdict.destinationRows()).isEqualTo(1999);
    }

    @Test
    void duplicatesOfATableWithoutAKeyCount() throws Exception {
        world.pair().onBoth("CREATE TABLE clicks (page int, note text)");
        world.pair()
                .onSource(
                        "INSERT INTO clicks VALUES (1, 'a'), (1, 'a'), (1, 'a'), (2, 'b'), (2, 'b')");
        world.pair()
                .onDestination(
                        "INSERT INTO clicks VALUES (1, 'a'), (2, 'b'), (2, 'b'), (2, 'b'), (2, 'b')");

        TableVerdict verdict = compare("clicks");

        assertThat(verdict.missing()).isEqualTo(2);
        assertThat(verdict.extra()).isEqualTo(2);
    }

    @Test
    void allDifferencesAreCountedThoughOnlySomeAreListed() throws Exception {
        orders();
        world.pair().onDestination("TRUNCATE orders");

        TableVerdict verdict = compare("orders");

        assertThat(verdict.missing()).isEqualTo(2000);
        assertThat(verdict.differences()).hasSize(100);
    }

    @Test
    void everyTypeHashesAlikeOnBothSidesAndInAnotherColumnOrder() throws Exception {
        EveryType.create(world, 300);
        world.register("types");
        world.copyWhole(world.textLayout("types"));

        assertThat(compare("types").equal()).isTrue();

        for (var column : world.layout("types").columns()) {
            if (!column.name().equals("id") && !column.name().equals("counter")) {
                world.pair()
                        .onDestination(
                                "UPDATE types SET %s = (SELECT %s FROM types WHERE id = 8) WHERE id = 9"
                                        .formatted(column.quoted(), column.quoted()));
            }
        }
        assertThat(compare("types").keys()).containsExactly(key("9"));
    }

    @Test
    void aWidenedColumnIsComparedAsTheDestinationHoldsIt() throws Exception {
        world.pair()
                .onSource(
                        "CREATE TABLE orders (id int PRIMARY KEY, price numeric, at timestamptz, f real)");
        world.pair()
                .onDestination(
                        "CREATE TABLE orders (id bigint PRIMARY KEY, price numeric(12,4), at timestamptz(3), f float8)");
        world.pair().onSource("INSERT INTO orders VALUES (1, 1.5, '2026-01-01 00:00:00.123', 0.1)");
        world.pair()
                .onDestination(
                        "INSERT INTO orders VALUES (1, 1.5000, '2026-01-01 00:00:00.123', 0.1)");

        assertThat(compare("orders").equal()).isTrue();

        world.pair().onDestination("UPDATE orders SET price = 1.5001");
        assertThat(compare("orders").different()).isOne();
    }

    @Test
    void keysOfAnyCollationAreMatchedByTheirBytes() throws Exception {
        world.pair()
                .onSource(
                        "CREATE TABLE names (name text COLLATE \"en-x-icu\" PRIMARY KEY, value int)");
        world.pair()
                .onDestination(
                        "CREATE TABLE names (name text COLLATE \"C\" PRIMARY KEY, value int)");
        String rows =
                "INSERT INTO names SELECT CASE i % 3 WHEN 0 THEN 'É' WHEN 1 THEN 'e' ELSE 'Z' END || i, i"
                        + " FROM generate_series(1, 500) i";
        world.pair().onBoth(rows);
        assertThat(compare("names").equal()).isTrue();

        world.pair().onDestination("UPDATE names SET name = 'e\u0301' || 3 WHERE value = 3");
        TableVerdict verdict = compare("names");
        assertThat(verdict.missing()).isOne();
        assertThat(verdict.extra()).isOne();
    }

    @Test
    void aRangeAFilterAndColumnsNarrowWhatIsCompared() throws Exception {
        orders();
        world.pair()
                .onDestination(
                        "UPDATE orders SET note = 'other' WHERE id = 100",
                        "UPDATE orders SET price = 0 WHERE id = 200");
        TableLayout layout = world.layout("orders");

        assertThat(compare(layout.withColumns(Set.of("price")), Scope.ALL).keys())
                .containsExactly(key("200"));
        assertThat(compare(layout, Scope.of(new KeyRange(List.of("100"), List.of("200")))).keys())
                .containsExactly(key("100"));
        assertThat(compare(layout, Scope.of(new KeyRange(List.of("150"), null))).sourceRows())
                .isEqualTo(1851);
        TableVerdict filtered = compare(layout, new Scope(KeyRange.ALL, "id <= 1990"));
        assertThat(filtered.sourceRows()).isEqualTo(1990);
        assertThat(filtered.extra()).isEqualTo(10);
    }

    @Test
    void bothHashesOfRowsAgreeBetweenDatabasesOfDifferentEncodings() throws Exception {
        try (Connection server = world.pair().destinationServer().connect("postgres");
                Statement statement = server.createStatement()) {
            statement.execute(
                    "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
        }
        orders();
        world.pair().onSource("UPDATE orders SET note = 'größe ' || id");
        try (Connection latin = world.pair().destinationServer().connect("latin");
                Connection source = snapshot(world.source.connect("test"));
                Statement statement = latin.createStatement()) {
            statement.execute(ORDERS);
            statement.execute(ORDER_ROWS);
            statement.execute("UPDATE orders SET note = 'größe ' || id");
            latin.setAutoCommit(false);
            TableLayout layout = world.layout("orders");

            assertThat(RowHash.agreedOn(source, latin)).isEqualTo(RowHash.MD5);
            assertThat(comparison().compare(layout, Scope.ALL, source, latin).equal()).isTrue();
        } finally {
            try (Connection server = world.pair().destinationServer().connect("postgres");
                    Statement statement = server.createStatement()) {
                statement.execute("DROP DATABASE latin WITH (FORCE)");
            }
        }
    }
}
