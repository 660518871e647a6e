package io.tidetable.node.functional;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.model.TableId;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What is found out about a query is right when its outcome over nothing but that is the same. So
 * each is run over the whole tables, and over copies in which all else is missing.
 */
class QueryNeedsTest {
    private static final DatabasePair DATABASES = Servers.freshPair();
    private static final TableId ORDERS = new TableId("public", "orders");
    private static final TableId CUSTOMERS = new TableId("public", "customers");

    @BeforeAll
    static void fill() throws SQLException {
        DATABASES.onSource(
                "CREATE TABLE customers (id int PRIMARY KEY, name text, age int, city text, vip"
                        + " bool, data jsonb)",
                "CREATE TABLE orders (id int PRIMARY KEY, customer_id int, status text, total"
                        + " numeric, at timestamptz, \"Odd name\" text)",
                "CREATE TABLE items (order_id int, line int, product text, amount int, PRIMARY KEY"
                        + " (order_id, line))",
                "CREATE VIEW open_orders AS SELECT id, total FROM orders WHERE status = 'open'",
                "INSERT INTO customers SELECT g, 'n' || g % 7, CASE WHEN g % 5 > 0 THEN g % 60 END,"
                        + " (ARRAY['Rome', 'Oslo', 'Bonn'])[g % 3 + 1], g % 4 = 0,"
                        + " jsonb_build_object('k', g % 3) FROM generate_series(1, 60) g",
                "INSERT INTO orders SELECT g, CASE WHEN g % 9 > 0 THEN g % 70 END, (ARRAY['open',"
                        + " 'closed', 'lost', NULL])[g % 4 + 1], g * 1.5, '2026-01-01'::timestamptz + g"
                        + " * interval '1 hour', 'o' || g % 2 FROM generate_series(1, 200) g",
                "INSERT INTO items SELECT g % 210, g, 'p' || g % 11, g % 13 FROM generate_series(1,"
                        + " 400) g",
                "CREATE SCHEMA reduced");
    }

    @AfterAll
    static void drop() throws SQLException {
        DATABASES.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT id, total FROM orders WHERE status = 'open' ORDER BY total",
                "SELECT count(*) FROM orders WHERE status = 'open' AND total > 100",
                "SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id WHERE"
                        + " c.city = 'Rome' AND o.status IN ('open', 'lost')",
                "SELECT o.id, c.name FROM orders o LEFT JOIN customers c ON c.id = o.customer_id"
                        + " AND c.age > 30",
                "SELECT o.id, c.name FROM orders o LEFT JOIN customers c ON c.id = o.customer_id"
                        + " WHERE c.age > 30",
                "SELECT o.id FROM orders o LEFT JOIN customers c ON c.id = o.customer_id WHERE"
                        + " c.age IS NULL",
                "SELECT o.id FROM orders o LEFT JOIN customers c ON c.id = o.customer_id WHERE"
                        + " c.age IS NULL OR c.age > 50",
                "SELECT c.id, o.id FROM orders o RIGHT JOIN customers c ON c.id = o.customer_id AND"
                        + " o.status = 'open' WHERE c.vip",
                "SELECT c.id, o.id FROM orders o RIGHT JOIN customers c ON c.id = o.customer_id"
                        + " WHERE o.status IS NULL",
                "SELECT c.id, o.id FROM orders o FULL JOIN customers c ON c.id = o.customer_id AND"
                        + " c.vip WHERE o.total > 20",
                "SELECT c.id, o.id FROM orders o FULL JOIN customers c ON c.id = o.customer_id AND"
                        + " o.status = 'open'",
                "SELECT name FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE"
                        + " o.customer_id = c.id AND o.status = 'lost')",
                "SELECT name FROM customers WHERE NOT EXISTS (SELECT 1 FROM orders WHERE customer_id"
                        + " = customers.id AND status = 'open')",
                "SELECT name FROM customers WHERE id IN (SELECT customer_id FROM orders WHERE total"
                        + " BETWEEN 20 AND 50)",
                "SELECT (SELECT max(total) FROM orders o WHERE o.customer_id = c.id AND age < 20)"
                        + " FROM customers c",
                "WITH big AS (SELECT * FROM orders WHERE total >= 200.5) SELECT b.id, i.product"
                        + " FROM big b JOIN items i ON i.order_id = b.id",
                "WITH orders AS (SELECT 1 AS id, 'x' AS status) SELECT * FROM orders WHERE status ="
                        + " 'open'",
                "SELECT status, sum(total) FROM orders GROUP BY status HAVING sum(total) > 10 ORDER"
                        + " BY 2",
                "SELECT DISTINCT ON (customer_id) customer_id, at FROM orders ORDER BY customer_id,"
                        + " at DESC",
                "SELECT o.* FROM orders o JOIN customers USING (id) WHERE status <> 'open'",
                "SELECT count(o) FROM orders o",
                "SELECT row_to_json(c) FROM customers c WHERE vip",
                "SELECT * FROM items NATURAL JOIN (SELECT id AS order_id FROM orders WHERE status ="
                        + " 'lost') x",
                "SELECT id FROM orders WHERE status = 'open' UNION ALL SELECT order_id FROM items"
                        + " WHERE amount = 3",
                "SELECT a.id FROM orders a JOIN orders b ON a.id = b.id + 1 WHERE a.status = 'open'"
                        + " AND b.status = 'closed'",
                "SELECT id FROM orders WHERE (status = 'open' OR total < 12) AND NOT (customer_id ="
                        + " 3)",
                "SELECT id, rank() OVER (PARTITION BY status ORDER BY at) FROM orders",
                "SELECT id, sum(total) OVER w FROM orders WINDOW w AS (PARTITION BY customer_id)",
                "SELECT \"Odd name\" FROM orders WHERE \"Odd name\" = 'o1'",
                "SELECT id FROM open_orders WHERE total > 30",
                "SELECT data->>'k' FROM customers WHERE data->>'k' = '1' AND 18 <= age",
                "SELECT c.name, l.total FROM customers c, LATERAL (SELECT total FROM orders o WHERE"
                        + " o.customer_id = c.id AND c.city = 'Oslo' ORDER BY at LIMIT 1) l",
                "SELECT x.n FROM (SELECT name AS n, age FROM customers WHERE age NOT IN (3, 4)) x"
                        + " WHERE x.age > 10",
                "SELECT CASE WHEN vip THEN name ELSE city END FROM customers ORDER BY id",
                "SELECT at::date, count(*) FILTER (WHERE status = 'open') FROM orders GROUP BY 1",
                "SELECT id FROM orders WHERE customer_id = ANY (ARRAY[1, 2]) AND at < '2026-01-05"
                        + " 00:00:00+00'",
                "SELECT g, o.id FROM generate_series(1, 3) g JOIN orders o ON o.id = g WHERE"
                        + " o.status IS NOT NULL",
                "SELECT z.id FROM (orders z JOIN items i ON i.order_id = z.id AND i.amount > 5)"
                        + " WHERE z.status = 'open'",
                "SELECT o (id2, cust) FROM orders o",
                "SELECT u.b FROM orders AS u (a, b, c) WHERE u.c = 'open'",
                "SELECT vip IS TRUE, not vip FROM customers WHERE vip IS NOT TRUE",
                "SELECT name FROM customers WHERE NOT vip AND (age) > (-1)",
                "SELECT o.id FROM orders o JOIN customers c ON true WHERE c.id = o.customer_id AND"
                        + " (c.city = 'Rome' OR c.city = 'Bonn' AND c.age > 5)",
            })
    void theOutcomeOverWhatIsNeededIsTheOutcomeOverAll(String query) throws SQLException {
        try (Connection connection = DATABASES.connectSource();
                Statement statement = connection.createStatement()) {
            List<String> whole;
            try {
                whole = rows(statement, query);
            } catch (SQLException e) {
                // Not every dialect's form is PostgreSQL's; then it must only not be misread.
                return;
            }
            KnownTables known = KnownTables.read(connection);
            Map<TableId, TableNeed> needs = QueryNeeds.of(query, known).orElseThrow();
            for (TableId table : List.of(ORDERS, CUSTOMERS, new TableId("public", "items"))) {
                TableNeed need = needs.get(table);
                statement.execute("DROP TABLE IF EXISTS reduced." + table.name() + " CASCADE");
                statement.execute(
                        "CREATE TABLE reduced.%s AS SELECT %s FROM public.%s WHERE %s"
                                .formatted(
                                        table.name(),
                                        columns(requireNonNull(known.columns().get(table)), need),
                                        table.name(),
                                        need == null ? "false" : need.rows().sql()));
            }
            statement.execute(
                    "CREATE VIEW reduced.open_orders AS SELECT id, total FROM reduced.orders WHERE"
                            + " status = 'open'");
            statement.execute("SET search_path = reduced");
            assertThat(rows(statement, query)).as("%s", needs).isEqualTo(whole);
        }
    }

    private static String columns(List<String> all, @Nullable TableNeed need) {
        List<String> texts = new ArrayList<>();
        SortedSet<String> wanted = need == null ? new java.util.TreeSet<>() : need.columns();
        for (String column : all) {
            String quoted = TableId.quote(column);
            texts.add(
                    wanted == null || wanted.contains(column)
                            ? quoted
                            : "CASE WHEN false THEN %s END AS %s".formatted(quoted, quoted));
        }
        return String.join(", ", texts);
    }

    private static List<String> rows(Statement statement, String query) throws SQLException {
        List<String> rows = new ArrayList<>();
        try (ResultSet row = statement.executeQuery("SELECT q::text FROM (" + query + ") q")) {
            while (row.next()) {
                rows.add(row.getString(1));
            }
        }
        rows.sort(null);
        return rows;
    }

    private static Map<TableId, TableNeed> needs(String query) throws SQLException {
        try (Connection connection = DATABASES.connectSource()) {
            return QueryNeeds.of(query, KnownTables.read(connection)).orElseThrow();
        }
    }

    @Test
    void noMoreThanTheColumnsAndRowsThatAreReadIsNeeded() throws SQLException {
        Map<TableId, TableNeed> needs =
                needs(
                        "SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id"
                                + " WHERE c.city = 'Rome' AND o.total >= 10.5 AND o.at < now()");

        assertThat(requireNonNull(needs.get(ORDERS)).columns())
                .containsExactly("at", "customer_id", "id", "total");
        assertThat(requireNonNull(needs.get(ORDERS)).rows().sql()).isEqualTo("\"total\" >= 10.5");
        assertThat(requireNonNull(needs.get(CUSTOMERS)).columns())
                .containsExactly("city", "id", "name");
        assertThat(requireNonNull(needs.get(CUSTOMERS)).rows().sql())
                .isEqualTo("\"city\" = 'Rome'");
        assertThat(needs).hasSize(2);
    }

    @Test
    void aStatementThatChangesATableNeedsAllOfIt() throws SQLException {
        assertThat(needs("UPDATE orders SET total = 1 WHERE id = 3"))
                .containsEntry(ORDERS, TableNeed.EVERYTHING);
        assertThat(needs("INSERT INTO items SELECT id, 1, 'p', 1 FROM orders WHERE total > 3"))
                .containsOnlyKeys(ORDERS);
    }

    @Test
    void aNormalizedQueryTellsItsColumns() throws SQLException {
        TableNeed need =
                needs("SELECT name FROM customers WHERE city = $1 LIMIT $2").get(CUSTOMERS);
        assertThat(requireNonNull(need).columns()).containsExactly("city", "name");
        assertThat(requireNonNull(need).rows().isAlways()).isTrue();
    }

    @Test
    void whatIsNoSqlIsSaid() throws SQLException {
        try (Connection connection = DATABASES.connectSource()) {
            assertThat(QueryNeeds.of("SELEKT 1", KnownTables.read(connection))).isEmpty();
        }
    }

    @Test
    void functionsAreFoundInCommentsAndJoinedWithThoseOfQueries() throws SQLException {
        DATABASES.onSource(
                "COMMENT ON TABLE items IS 'lines; @function(stock) and @function( packing )'",
                "COMMENT ON COLUMN orders.total IS '@function(billing)'");
        try (Connection connection = DATABASES.connectSource()) {
            FunctionNeeds needs =
                    new FunctionNeeds(FunctionTags.read(connection))
                            .with(
                                    FunctionNeeds.ofQueries(
                                            "desk",
                                            List.of("SELECT status FROM orders WHERE id = 7"),
                                            KnownTables.read(connection)));

            assertThat(needs.functionsOf(ORDERS)).containsExactly("billing", "desk");
            assertThat(needs.functionsOf(new TableId("public", "items")))
                    .containsExactly("packing", "stock");
            assertThat(needs.strategyFor(ORDERS, java.util.Set.of("desk", "billing")).columns())
                    .containsExactly("id", "status", "total");
            assertThat(needs.strategyFor(ORDERS, java.util.Set.of("desk")).rows())
                    .isEqualTo("\"id\" = 7");
        }
    }
}
