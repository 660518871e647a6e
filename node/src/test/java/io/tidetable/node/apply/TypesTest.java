package io.tidetable.node.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidetable.embedded.PostgresServer;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TypesTest {
    /** A type and some of its values. */
    private record Typed(String type, List<String> values) {
        private static Typed of(String type, String... values) {
            return new Typed(type, List.of(values));
        }
    }

    private static final List<Typed> BUILT_IN =
            List.of(
                    Typed.of("boolean", "true", "false"),
                    Typed.of("bytea", "'\\x'", "'\\x00ff10'"),
                    Typed.of("\"char\"", "'x'", "''"),
                    Typed.of("name", "'a name'", "''"),
                    Typed.of("bigint", "-9223372036854775808", "9223372036854775807"),
                    Typed.of("smallint", "-32768", "32767"),
                    Typed.of("integer", "-2147483648", "2147483647"),
                    Typed.of("text", "''", "'ä€𝄞 '' \\ \"'", "repeat('long ', 40000)"),
                    Typed.of("oid", "4294967295", "0"),
                    Typed.of("json", "'{\"a\" : [1, null]}'", "'1'"),
                    Typed.of("jsonb", "'{\"a\":[1,null,\"x\"]}'", "'null'"),
                    Typed.of("jsonpath", "'$.a[*] ? (@ > 1)'"),
                    Typed.of("xml", "'<a b=\"c\">d</a>'"),
                    Typed.of("point", "'(1.5,-2)'"),
                    Typed.of("lseg", "'[(0,0),(1,1)]'"),
                    Typed.of("path", "'((0,0),(1,1),(2,0))'", "'[(0,0),(1,1)]'"),
                    Typed.of("box", "'(1,1),(0,0)'"),
                    Typed.of("polygon", "'((0,0),(1,1),(2,0))'"),
                    Typed.of("line", "'{1,-1,0}'"),
                    Typed.of("circle", "'<(1,2),3>'"),
                    Typed.of("real", "'NaN'", "'-Infinity'", "1.17549435e-38", "'-0'"),
                    Typed.of("double precision", "'NaN'", "'Infinity'", "0.1", "'-0'"),
                    Typed.of("money", "'-12.34'"),
                    Typed.of("macaddr", "'08:00:2b:01:02:03'"),
                    Typed.of("macaddr8", "'08:00:2b:01:02:03:04:05'"),
                    Typed.of("inet", "'192.168.0.1/24'", "'::1'"),
                    Typed.of("cidr", "'10.0.0.0/8'"),
                    Typed.of("char(5)", "'ab'", "''"),
                    Typed.of("varchar(20)", "'ab  '", "''"),
                    Typed.of(
                            "date", "'infinity'", "'-infinity'", "'0044-03-15 BC'", "'2026-02-28'"),
                    Typed.of("time", "'24:00:00'", "'12:34:56.789012'"),
                    Typed.of("time with time zone", "'12:34:56.789+05:30'"),
                    Typed.of(
                            "timestamp",
                            "'infinity'",
                            "'-infinity'",
                            "'2026-01-02 03:04:05.678901'"),
                    Typed.of("timestamp with time zone", "'infinity'", "'2026-01-02 03:04:05+02'"),
                    Typed.of("interval", "'1 year -2 days 03:04:05.6'", "'infinity'"),
                    Typed.of("bit(3)", "B'101'"),
                    Typed.of("bit varying", "B''", "B'10111'"),
                    Typed.of("numeric", "'NaN'", "'Infinity'", "'-Infinity'", "1.00", "1e300", "0"),
                    Typed.of("numeric(10,2)", "12345678.90", "-0.01"),
                    Typed.of("uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"),
                    Typed.of("pg_lsn", "'16/B374D848'"),
                    Typed.of("xid8", "'18446744073709551615'"),
                    Typed.of("tsvector", "'a:1A fat:2 cat'", "''"),
                    Typed.of("tsquery", "'fat & (rat | !cat)'"),
                    Typed.of("txid_snapshot", "'10:20:10,14,15'"),
                    Typed.of("pg_snapshot", "'10:20:10,14,15'"),
                    Typed.of("int4range", "'[1,5)'", "'empty'", "'(,)'"),
                    Typed.of("numrange", "'[1.50,2)'"),
                    Typed.of("tstzrange", "'[2026-01-01,infinity)'"),
                    Typed.of("int4multirange", "'{[1,3),[5,8)}'", "'{}'"),
                    Typed.of("datemultirange", "'{[2026-01-01,2026-02-01)}'"));

    private static PostgresServer server;

    @BeforeAll
    static void startServer() {
        server = PostgresServer.start(Map.of("fsync", "off"));
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    /** One by one and by COPY; in binary form and as text. */
    @ParameterizedTest
    @CsvSource({"true, 1000", "true, 1", "false, 1000", "false, 1"})
    void everyBuiltInTypeAndItsArrayArriveAsTheyWere(boolean binary, int stagedFrom)
            throws Exception {
        try (Replica replica = binary ? Replica.on(server) : Replica.inText(server)) {
            replica.with(stagedFrom(stagedFrom));
            replica.both(
                    "CREATE TABLE t (id int PRIMARY KEY, "
                            + IntStream.range(0, BUILT_IN.size())
                                    .mapToObj(i ->
                                            "c%1$d %2$s, a%1$d %2$s[]"
                                                    .formatted(i, BUILT_IN.get(i).type()))
                                    .collect(Collectors.joining(", "))
                            + ")");
            int rows = 6;
            for (int row = 0; row < rows; row++) {
                int n = row;
                replica.onSource(
                        "INSERT INTO t VALUES (%d, %s)"
                                .formatted(
                                        row,
                                        BUILT_IN.stream()
                                                .map(typed -> values(typed, n))
                                                .collect(Collectors.joining(", "))));
            }
            replica.onSource("INSERT INTO t (id) VALUES (100)");
            Applied inserted = replica.apply();
            replica.assertSame("SELECT md5(t::text), id FROM t ORDER BY id");
            replica.onSource(
                    "UPDATE t SET (%1$s) = (SELECT %1$s FROM t AS o WHERE o.id = (t.id + 1) %% 6)"
                            .formatted(
                                    IntStream.range(0, BUILT_IN.size())
                                            .mapToObj(i -> "c%1$d, a%1$d".formatted(i))
                                            .collect(Collectors.joining(", "))));
            Applied updated = replica.apply();

            replica.assertSame("SELECT md5(t::text), id FROM t ORDER BY id");
            assertThat(inserted.replayed() || updated.replayed()).isFalse();
        }
    }

    private static String values(Typed typed, int row) {
        String value = typed.values().get(row % typed.values().size());
        String cast = "CAST(%s AS %s)".formatted(value, typed.type());
        return "%s, ARRAY[%s, NULL, %s]".formatted(cast, cast, cast);
    }

    @ParameterizedTest
    @CsvSource({"true, 1000", "true, 1", "false, 1000", "false, 1"})
    void typesOfTheSourcesOwnArriveUnderOtherOids(boolean binary, int stagedFrom) throws Exception {
        String typesAndTable =
                """
                CREATE SCHEMA "Odd Names";
                CREATE TYPE "Odd Names"."Mood" AS ENUM ('sad', 'ok', 'hap''py');
                CREATE DOMAIN positive AS int CHECK (VALUE > 0);
                CREATE DOMAIN shortish AS varchar(10);
                CREATE TYPE address AS (street text, number positive, mood "Odd Names"."Mood");
                CREATE TYPE person AS (name text, homes address[]);
                CREATE TYPE moods AS RANGE (SUBTYPE = "Odd Names"."Mood");
                CREATE TABLE "Odd Names"."A ""Table\""" (
                    "Key" "Odd Names"."Mood", "k 2" shortish,
                    "select" positive, ms "Odd Names"."Mood"[], a address, p person, ps person[],
                    r moods, d positive[],
                    PRIMARY KEY ("Key", "k 2"))
                """;
        try (Replica replica = binary ? Replica.on(server) : Replica.inText(server)) {
            replica.with(stagedFrom(stagedFrom));
            replica.onDestination("CREATE TYPE shift_oids AS ENUM ('a', 'b', 'c')");
            replica.both(typesAndTable);
            String table = "\"Odd Names\".\"A \"\"Table\"\"\"";
            replica.onSource(
                    """
                    INSERT INTO %s VALUES
                    ('sad', 'x', 1, '{ok,NULL,sad}', ('Main "St"', 3, 'ok'),
                        ROW('Jo', ARRAY[('a', 1, 'sad')::address, NULL]),
                        ARRAY[ROW('Jo', ARRAY[('a', 1, NULL)::address])::person],
                        '[sad,ok]', '{1,2}'),
                    ('hap''py', '', 2, '{}', NULL, NULL, '{}', 'empty', NULL)
                    """
                            .formatted(table));
            Applied inserted = replica.apply();
            replica.assertSame("SELECT t::text FROM %s AS t ORDER BY 1".formatted(table));
            replica.onSource("UPDATE %s SET \"select\" = 7, a.number = 9".formatted(table));
            replica.onSource("DELETE FROM %s WHERE \"Key\" = 'sad'".formatted(table));
            Applied updated = replica.apply();

            replica.assertSame("SELECT t::text FROM %s AS t ORDER BY 1".formatted(table));
            assertThat(inserted.replayed() || updated.replayed()).isFalse();
            assertThat(updated.conflicts()).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({"true, 1000", "true, 1", "false, 1000", "false, 1"})
    void columnsMayStandInAnotherOrderBeWiderOrOnlyThere(boolean binary, int stagedFrom)
            throws Exception {
        try (Replica replica = binary ? Replica.on(server) : Replica.inText(server)) {
            replica.with(stagedFrom(stagedFrom));
            replica.onSource(
                    """
                    CREATE TYPE mood AS ENUM ('sad', 'ok');
                    CREATE TABLE t (gone int, id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                        a int, b varchar(5), c timestamp, d mood, e int[], f text,
                        twice int GENERATED ALWAYS AS (a * 2) STORED);
                    ALTER TABLE t DROP COLUMN gone
                    """);
            replica.onDestination(
                    """
                    CREATE TABLE t (f json, extra text DEFAULT 'here', twice int GENERATED ALWAYS AS (a * 2) STORED,
                        d text, c date, b text, a bigint, e bigint[],
                        id bigint GENERATED ALWAYS AS IDENTITY, made serial, PRIMARY KEY (id))
                    """);
            replica.onSource(
                    """
                    INSERT INTO t (a, b, c, d, e, f)
                    SELECT n, 'b' || n, '2026-01-01 10:00', 'ok', ARRAY[n, NULL], '{"n":1}'
                    FROM generate_series(1, 5) n
                    """);
            Applied inserted = replica.apply();
            replica.onSource("UPDATE t SET a = a + 100 WHERE id < 4");
            replica.onSource("DELETE FROM t WHERE id = 2");
            Applied updated = replica.apply();

            String columns = "SELECT id, a, b, c::date, d, e, f, twice FROM t ORDER BY id";
            replica.assertSame(columns);
            assertThat(replica.atDestination("SELECT DISTINCT extra FROM t"))
                    .containsExactly("here");
            assertThat(inserted.replayed() || updated.replayed()).isFalse();
            assertThat(updated.conflicts()).isEmpty();
        }
    }

    @Test
    void aColumnThatTheDestinationLacksIsSaidAndNothingIsWritten() throws Exception {
        try (Replica replica = Replica.on(server)) {
            replica.onSource("CREATE TABLE t (id int PRIMARY KEY, a int, b int)");
            replica.onDestination("CREATE TABLE t (id int PRIMARY KEY, a int)");
            replica.onSource("INSERT INTO t VALUES (1, 2, 3)");
            var parts = replica.changes.take();

            assertThatThrownBy(() -> replica.apply(parts, ApplyMode.NORMAL))
                    .isInstanceOfSatisfying(
                            ShapeMismatchException.class,
                            e ->
                                    assertThat(e.mismatch().missing())
                                            .extracting(column -> column.name())
                                            .containsExactly("b"));
            assertThat(replica.atDestination("SELECT * FROM t")).isEmpty();

            replica.onDestination("ALTER TABLE t ADD COLUMN b int");
            replica.apply(parts, ApplyMode.NORMAL);
            replica.assertSame("SELECT * FROM t");
        }
    }

    @Test
    void aColumnThatTheDestinationLacksIsLeftOutWhereThatIsThePolicy() throws Exception {
        try (Replica replica = Replica.on(server)) {
            replica.with(ApplySettings.DEFAULT.with(ApplySettings.MissingColumns.IGNORE));
            replica.onSource("CREATE TABLE t (id int PRIMARY KEY, a int, b int)");
            replica.onDestination("CREATE TABLE t (id int PRIMARY KEY, b int)");
            replica.onSource("INSERT INTO t VALUES (1, 2, 3)");

            replica.apply();

            replica.assertSame("SELECT id, b FROM t");
        }
    }

    @Test
    void aColumnAddedOnBothSidesIsWrittenFromItsFirstChangeOn() throws Exception {
        try (Replica replica = Replica.on(server)) {
            replica.both("CREATE TABLE t (id int PRIMARY KEY, a int)");
            replica.onSource("INSERT INTO t VALUES (1, 2)");
            replica.apply();
            replica.both("ALTER TABLE t ADD COLUMN b int, DROP COLUMN a");
            replica.onSource("INSERT INTO t VALUES (2, 3)");
            replica.onSource("UPDATE t SET b = 4 WHERE id = 1");

            replica.apply();

            replica.assertSame("SELECT * FROM t ORDER BY id");
        }
    }

    private static ApplySettings stagedFrom(int rows) {
        ApplySettings usual = ApplySettings.DEFAULT;
        return new ApplySettings(
                usual.synchronousCommit(),
                usual.foldRows(),
                usual.foldBytes(),
                rows,
                usual.truncateLockTimeout(),
                usual.missingColumns(),
                0);
    }
}
