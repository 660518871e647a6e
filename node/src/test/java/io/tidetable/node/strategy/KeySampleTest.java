package io.tidetable.node.strategy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.schema.Strategy;
import io.tidetable.node.postgres.Database;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeySampleTest {
    private static final DatabasePair DATABASES = Servers.freshPair();
    private static final TableId TABLE = new TableId("public", "t");
    private static final Strategy.Sampling LOOSE =
            new Strategy.Sampling(0.1, 0.9, 0.01, Duration.ofMinutes(1), 2);

    @BeforeAll
    static void types() throws SQLException {
        DATABASES.onSource(
                "CREATE TYPE mood AS ENUM ('fine', 'bad', 'größer')",
                "CREATE DOMAIN code AS text CHECK (value <> '')");
    }

    @AfterAll
    static void drop() throws SQLException {
        DATABASES.close();
    }

    private static TableScope resolve(Strategy strategy) throws SQLException {
        try (Connection connection =
                new Database(DATABASES.sourceJdbcUrl(), java.util.Map.of()).connect("test")) {
            return new ScopeResolver(connection).resolve(TABLE, strategy);
        }
    }

    private static void table(String... statements) throws SQLException {
        DATABASES.onSource("DROP TABLE IF EXISTS t");
        DATABASES.onSource(statements);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '~',
            value = {
                "smallint;g::smallint",
                "int;g",
                "bigint;g * 10000000000",
                "text;'ключ ' || g",
                "varchar(20);'k' || g",
                "char(8);'k' || g",
                "code;'c' || g",
                "uuid;md5(g::text)::uuid",
                "date;'2000-01-01'::date + g",
                "timestamp;'1999-12-31'::timestamp + g * interval '1.000001 s'",
                "timestamptz;'2030-01-01 00:00:00+03'::timestamptz + g * interval '1 h'",
                "numeric(12,2);g * 1.25",
                "bytea;decode(md5(g::text), 'hex')",
                "inet;'10.0.0.0'::inet + g",
                "bit(16);g::bit(16)",
            })
    void theServerAndWeComeToTheSameKeys(String type, String value) throws SQLException {
        table(
                "CREATE TABLE t (id %s PRIMARY KEY)".formatted(type),
                "INSERT INTO t SELECT %s FROM generate_series(1, 3000) g".formatted(value));
        if (type.startsWith("bit")) {
            assertThatThrownBy(() -> resolve(LOOSE)).hasMessageContaining("stable sample");
            return;
        }
        sameKeys(1);
    }

    @Test
    void theyDoForKeysOfSeveralColumnsAndForEnums() throws SQLException {
        table(
                "CREATE TABLE t (a int, b mood, c text, PRIMARY KEY (c, b, a))",
                "INSERT INTO t SELECT g, (enum_range(NULL::mood))[g % 3 + 1], 'x' || g % 100 FROM"
                        + " generate_series(1, 3000) g");
        sameKeys(3);
    }

    private static void sameKeys(int columns) throws SQLException {
        KeySample sample = ((TableScope.Sampled) resolve(LOOSE)).sample();
        assertThat(sample.parts()).hasSize(columns);
        assertThat(sample.tableRows()).isEqualTo(3000);
        StringBuilder forms = new StringBuilder();
        for (KeySample.Part part : sample.parts()) {
            forms.append(", ").append(part.send()).append('(').append(part.column()).append(')');
        }
        int sampled = 0;
        try (Connection connection =
                        new Database(DATABASES.sourceJdbcUrl(), java.util.Map.of())
                                .connect("test");
                Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery(
                                "SELECT %s%s FROM public.t".formatted(sample.sql(), forms))) {
            while (row.next()) {
                List<byte[]> key = new ArrayList<>();
                for (int i = 0; i < columns; i++) {
                    key.add(row.getBytes(i + 2));
                }
                assertThat(sample.contains(key)).isEqualTo(row.getBoolean(1));
                sampled += row.getBoolean(1) ? 1 : 0;
            }
        }
        assertThat(sampled / 3000.0).isCloseTo(sample.share(), within(0.03));
    }

    @Test
    void aSmallerSampleIsPartOfALarger() {
        List<KeySample.Part> parts =
                List.of(new KeySample.Part("id", "pg_catalog.int4send", "integer"));
        KeySample small = KeySample.ofShare(parts, 0.1, 1000);
        KeySample large = KeySample.ofShare(parts, 0.3, 1000);
        for (int i = 0; i < 1000; i++) {
            List<byte[]> key = List.of(new byte[] {0, 0, (byte) (i >> 8), (byte) i});
            assertThat(!small.contains(key) || large.contains(key)).isTrue();
        }
        assertThat(large.share()).isCloseTo(0.3, within(1e-9));
        assertThat(KeySample.ofShare(parts, 1, 10).sql()).isEqualTo("true");
    }

    @Test
    void tablesWithoutAStableKeyAreRefusedWithTheReason() throws SQLException {
        table("CREATE TABLE t (id float8 PRIMARY KEY)");
        assertThatThrownBy(() -> resolve(LOOSE)).hasMessageContaining("double precision");
        table("CREATE TABLE t (id int)");
        assertThatThrownBy(() -> resolve(LOOSE)).hasMessageContaining("no primary key");
        table("CREATE TABLE t (id int PRIMARY KEY, mail text UNIQUE)");
        assertThatThrownBy(() -> resolve(LOOSE)).hasMessageContaining("further unique");
    }

    @Test
    void theKeyAlwaysTravelsAndConditionsAreRefusedUnlessTheyCanBeEvaluated() throws SQLException {
        table(
                "CREATE TABLE t (id int PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY, status"
                        + " text, price float8, at timestamptz, note text)");
        TableScope.Needed needed =
                (TableScope.Needed)
                        resolve(
                                new Strategy.Functional(
                                        List.of("desk"),
                                        List.of("status"),
                                        "status = 'open' AND at >= '2026-01-01 00:00:00+00'"));
        assertThat(needed.columns()).containsExactly("id", "n", "status");
        assertThat(needed.key()).containsExactly("id");
        for (String refused :
                List.of(
                        "price = 1",
                        "status > 'a'",
                        "nothing = 1",
                        "at > '2026-01-01'",
                        "id = 'x'",
                        "status = 5",
                        "lower(status) = 'a'")) {
            assertThatThrownBy(() ->
                            resolve(new Strategy.Functional(List.of("desk"), List.of(), refused)))
                    .as(refused)
                    .isInstanceOf(TidetableException.class);
        }
    }
}
