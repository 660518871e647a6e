package io.tidetable.node.strategy;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.model.TableId;
import io.tidetable.model.schema.Strategy;
import io.tidetable.node.postgres.Database;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A condition holds for us where it holds for PostgreSQL, on every kind of value. */
class RowFilterTest {
    private static final DatabasePair DATABASES = Servers.freshPair();

    @BeforeAll
    static void fill() throws SQLException {
        DATABASES.onSource(
                "CREATE TYPE mood AS ENUM ('fine', 'bad')",
                "CREATE TABLE t (id int PRIMARY KEY, s smallint, b bigint, n numeric, txt text, v"
                        + " varchar(9), f bool, u uuid, d date, ts timestamp, tz timestamptz, m mood)",
                "INSERT INTO t SELECT g, g % 7 - 3, (g % 5) * 3000000000, g % 11 * 0.25 - 1,"
                        + " (ARRAY['a', 'B', 'it''s', '', NULL, 'back\\slash'])[g % 6 + 1], 'v' || g %"
                        + " 3, CASE WHEN g % 4 > 0 THEN g % 2 = 0 END, md5((g % 3)::text)::uuid,"
                        + " '2026-01-01'::date + g % 10, '2025-12-31 12:00:00'::timestamp + g *"
                        + " interval '1 hour 0.000001 s', '2026-01-01 00:00:00+02'::timestamptz + g *"
                        + " interval '90 min', (ARRAY['fine', 'bad']::mood[])[g % 2 + 1] FROM"
                        + " generate_series(1, 300) g",
                "INSERT INTO t (id, n, d, ts) VALUES (1001, 'NaN', 'infinity', '-infinity'), (1002,"
                        + " 'Infinity', '-infinity', 'infinity'), (1003, '-Infinity', NULL,"
                        + " '1900-01-01'), (1004, 123456789012345678901234567890.12345, '0044-03-15"
                        + " BC', NULL), (1005, 0.00012, '2026-01-05', '2026-01-05'), (1006, 10000,"
                        + " NULL, NULL)");
    }

    @AfterAll
    static void drop() throws SQLException {
        DATABASES.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "s > 1",
                "s <= -2 OR s = 3",
                "b = 6000000000",
                "b < 3000000000.5",
                "n = 0.5",
                "n >= 1.50",
                "n < -0.99",
                "n > 1000",
                "n <> 0.25",
                "n = 123456789012345678901234567890.12345",
                "n = 0.00012",
                "n IN (10000, 0)",
                "txt = 'B'",
                "txt <> 'a'",
                "txt = 'it''s'",
                "txt = ''",
                "txt IS NULL",
                "txt IS NOT NULL AND f",
                "txt IN ('a', 'B')",
                "txt NOT IN ('a', 'B')",
                "v = 'v1' AND (s = 1 OR s = 2)",
                "f",
                "NOT f",
                "f IS TRUE",
                "u = 'cfcd2084-95d5-65ef-66e7-dff9f98764da'",
                "d >= '2026-01-05'",
                "d BETWEEN '2026-01-02' AND '2026-01-04'",
                "d < '1000-01-01'",
                "ts < '2026-01-05 03:00:00.00005'",
                "ts >= '2026-01-05'",
                "tz >= '2026-01-05 12:30:00+05:30'",
                "tz < '2026-01-10 00:00:00Z'",
                "tz <> '2026-01-01 01:30:00+02'",
                "m = 'bad'",
                "id IN (1, 2, 1001, 1003) AND n <> 5",
            })
    void itHoldsWhereThePostgresConditionDoes(String condition) throws SQLException {
        try (Connection connection =
                new Database(DATABASES.sourceJdbcUrl(), java.util.Map.of()).connect("test")) {
            RowFilter filter =
                    ((TableScope.Needed)
                                    new ScopeResolver(connection)
                                            .resolve(
                                                    new TableId("public", "t"),
                                                    new Strategy.Functional(
                                                            List.of("f"), List.of(), condition)))
                            .rows();
            Map<String, String> forms =
                    Map.ofEntries(
                            Map.entry("id", "int4send"),
                            Map.entry("s", "int2send"),
                            Map.entry("b", "int8send"),
                            Map.entry("n", "numeric_send"),
                            Map.entry("txt", "textsend"),
                            Map.entry("v", "varcharsend"),
                            Map.entry("f", "boolsend"),
                            Map.entry("u", "uuid_send"),
                            Map.entry("d", "date_send"),
                            Map.entry("ts", "timestamp_send"),
                            Map.entry("tz", "timestamptz_send"),
                            Map.entry("m", "enum_send"));
            StringBuilder columns = new StringBuilder();
            forms.forEach((column, send) ->
                    columns.append(", %s(%s) AS %s".formatted(send, column, column)));
            int held = 0;
            try (Statement statement = connection.createStatement();
                    ResultSet row =
                            statement.executeQuery(
                                    "SELECT coalesce(%s, false) AS holds, id AS number%s FROM public.t"
                                            .formatted(
                                                    java.util.Objects.requireNonNull(filter)
                                                            .condition()
                                                            .sql(),
                                                    columns))) {
                while (row.next()) {
                    Map<String, byte[]> values = new HashMap<>();
                    for (String column : forms.keySet()) {
                        values.put(column, row.getBytes(column));
                    }
                    boolean holds = row.getBoolean("holds");
                    assertThat(
                                    java.util.Objects.requireNonNull(filter)
                                            .verdict(new BinaryRow(values)))
                            .as("row %s", row.getInt("number"))
                            .isEqualTo(holds ? RowFilter.Verdict.YES : RowFilter.Verdict.NO);
                    held += holds ? 1 : 0;
                }
            }
            assertThat(held).isPositive();
        }
    }

    private record BinaryRow(Map<String, byte[]> values) implements RowFilter.Row {
        @Override
        public boolean isKnown(String column) {
            return true;
        }

        @Override
        public @Nullable ByteBuffer value(String column) {
            byte[] bytes = values.get(column);
            return bytes == null ? null : ByteBuffer.wrap(bytes);
        }
    }
}
