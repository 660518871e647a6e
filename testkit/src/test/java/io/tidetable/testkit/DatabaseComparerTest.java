package io.tidetable.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidetable.model.TableId;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DatabaseComparerTest {
    private DatabasePair pair;

    @BeforeEach
    void open() {
        pair = Servers.freshPair();
    }

    @AfterEach
    void close() throws SQLException {
        pair.close();
    }

    @Test
    void rowsInAnotherOrderAreEqual() throws Exception {
        pair.onBoth("CREATE TABLE clicks (page int, visitor text)");
        pair.onSource("INSERT INTO clicks VALUES (1, 'a'), (2, NULL), (2, NULL)");
        pair.onDestination("INSERT INTO clicks VALUES (2, NULL), (1, 'a'), (2, NULL)");

        pair.comparer().assertEqual();
        assertThat(pair.comparer().compare().sourceRows()).isEqualTo(3);
    }

    @Test
    void aDoubledRowIsADifference() throws Exception {
        pair.onBoth("CREATE TABLE clicks (page int)", "INSERT INTO clicks VALUES (1), (2), (2)");
        pair.onDestination("INSERT INTO clicks VALUES (2)");

        assertThat(pair.comparer().compare().toString())
                .contains("public.clicks: 3 rows at the source, 4 at the destination")
                .contains("destination has 1 x (2)");
    }

    @Test
    void swappedDoublesAreADifference() throws Exception {
        pair.onBoth("CREATE TABLE clicks (page int)");
        pair.onSource("INSERT INTO clicks VALUES (1), (1), (2)");
        pair.onDestination("INSERT INTO clicks VALUES (1), (2), (2)");

        assertThat(pair.comparer().compare().isEqual()).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '!',
            value = {
                "text|NULL|''",
                "text|NULL|'NULL'",
                "text|'a'|'a '",
                "text|'é'|'e' || U&'\\0301'",
                "float8|0.3|0.30000000000000004",
                "float8|0|-0.0::float8 * 1",
                "float8|'NaN'|'Infinity'",
                "float4|1.1|1.1000001",
                "numeric|1.5|1.50",
                "text[]|ARRAY[NULL]|ARRAY['NULL']",
                "text[]|'{}'|NULL",
                "text[]|ARRAY['a,b']|ARRAY['a','b']",
                "int[]|'{1,2}'|'[0:1]={1,2}'",
                "bytea|'\\x00'|'\\x'",
                "timestamptz|'2026-01-01 00:00:00+00'|'2026-01-01 00:00:00.000001+00'",
                "json|'{\"a\": 1}'|'{\"a\":1}'",
                "bpchar|'a'|'a '"
            })
    void valuesThatLookAlikeDiffer(String type, String one, String other) throws Exception {
        pair.onBoth("CREATE TABLE orders (id int PRIMARY KEY, value " + type + ")");
        pair.onSource("INSERT INTO orders VALUES (7, " + one + ")");
        pair.onDestination("INSERT INTO orders VALUES (7, " + other + ")");

        assertThat(pair.comparer().compare().toString())
                .contains("key (7):")
                .contains("source has 1 x (7,")
                .contains("destination has 1 x (7,");
    }

    @Test
    void aMissingTableOrColumnIsADifference() throws Exception {
        pair.onSource("CREATE TABLE orders (id int, note text)", "CREATE TABLE clicks (id int)");
        pair.onDestination("CREATE TABLE orders (id int)", "CREATE TABLE audit_log (id int)");

        assertThat(pair.comparer().compare().differences())
                .containsExactly(
                        "public.audit_log: is missing at the source",
                        "public.clicks: is missing at the destination",
                        "public.orders: columns at the source [id, note], at the destination [id]");
        assertThatThrownBy(() -> pair.comparer().assertEqual()).isInstanceOf(AssertionError.class);
    }

    @Test
    void columnsInAnotherOrderAndDroppedOnesDoNotMatter() throws Exception {
        pair.onSource("CREATE TABLE orders (id int PRIMARY KEY, gone int, note text)");
        pair.onSource("ALTER TABLE orders DROP COLUMN gone", "INSERT INTO orders VALUES (1, 'x')");
        pair.onDestination("CREATE TABLE orders (note text, id int PRIMARY KEY)");
        pair.onDestination("INSERT INTO orders VALUES ('x', 1)");

        pair.comparer().assertEqual(List.of(new TableId("public", "orders")));
    }

    @Test
    void oneWrongRowInAMillionIsNamed() throws Exception {
        pair.onBoth(
                "CREATE TABLE orders (id bigint PRIMARY KEY, customer text, amount numeric)",
                "INSERT INTO orders SELECT i, md5(i::text), i / 7.0 FROM generate_series(1, 1000000) i");
        pair.comparer().assertEqual();

        pair.onDestination("UPDATE orders SET amount = amount + 1e-12 WHERE id = 654321");

        long start = System.nanoTime();
        assertThat(pair.comparer().compare().toString()).contains("key (654321):");
        System.out.printf(
                "a million rows compared in %d ms%n", (System.nanoTime() - start) / 1_000_000);
    }
}
