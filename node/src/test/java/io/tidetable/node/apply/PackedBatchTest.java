package io.tidetable.node.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidetable.embedded.PostgresServer;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Changes that were taken together before their turn. */
class PackedBatchTest {
    private static PostgresServer server;

    @BeforeAll
    static void startServer() {
        server = PostgresServer.start(Map.of("fsync", "off"));
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "k bigint PRIMARY KEY;%d;true",
                "k int PRIMARY KEY;%d;false",
                "k text PRIMARY KEY;concat('a key of some length ', %d);true",
                "k uuid PRIMARY KEY;md5(%d::text)::uuid;true",
                "k varchar(20) PRIMARY KEY;concat(repeat('x', %d %% 9), %d);false",
                "k date, l smallint, PRIMARY KEY (l, k);date(timestamp '2020-01-01' + %d * interval '1 day'), %d %% 3;true"
            })
    void whateverTheKeyIsTheRowsBecomeThoseOfTheSource(String key, String value, boolean binary)
            throws Exception {
        long seed = Long.getLong("tidetable.seed", System.nanoTime());
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        String names = key.startsWith("k date") ? "k, l" : "k";
        try (Replica replica = binary ? Replica.on(server) : Replica.inText(server)) {
            replica.both(
                    "CREATE TABLE t (a text, b numeric, n int UNIQUE, gone int, %s)"
                            .formatted(key));
            replica.both("ALTER TABLE t DROP gone");
            replica.onSource("INSERT INTO t SELECT 'a', 1, -1, " + value(value, 2_000_000));
            replica.apply();
            int number = 0;
            for (int round = 0; round < 4; round++) {
                List<Integer> there = new ArrayList<>();
                for (int transaction = 0; transaction < 5; transaction++) {
                    for (int i = 0; i < 40; i++) {
                        if (there.isEmpty() || random.nextInt(3) == 0) {
                            number++;
                            replica.onSource(
                                    "INSERT INTO t SELECT %s, %d, %d, %s"
                                            .formatted(
                                                    random.nextBoolean() ? "NULL" : "'x'",
                                                    number,
                                                    number,
                                                    value(value, number)));
                            there.add(number);
                        } else {
                            int chosen = there.get(random.nextInt(there.size()));
                            replica.onSource(
                                    random.nextInt(4) == 0
                                            ? "DELETE FROM t WHERE n = " + chosen
                                            : "UPDATE t SET a = repeat('y', %d), b = b + 1 WHERE n = %d"
                                                    .formatted(random.nextInt(300), chosen));
                        }
                    }
                }
                replica.onSource(
                        "INSERT INTO t (a, %s) SELECT 'again', %s"
                                .formatted(names, value(value, 3_000_000 + round)));
                replica.onSource("DELETE FROM t WHERE a = 'again'");
                replica.onSource(
                        "INSERT INTO t (a, %s) SELECT 'once more', %s"
                                .formatted(names, value(value, 3_000_000 + round)));
                List<SourceChanges.Part> parts = replica.changes.take();
                assertThat(replica.packed(parts)).isNotNull();

                Applied applied = replica.applyPacked(parts);

                assertThat(applied.conflicts()).isEmpty();
                assertThat(applied.replayed()).isFalse();
                assertThat(applied.inserts() + applied.updates() + applied.deletes())
                        .isEqualTo(parts.stream().mapToLong(p -> p.entries().size()).sum());
                replica.assertSame("SELECT * FROM t ORDER BY " + names);
            }
        }
    }

    private static String value(String format, int number) {
        return format.replace("%d", String.valueOf(number)).replace("%%", "%");
    }

    @Test
    void manyRowsAreWrittenAlongTheirKey() throws Exception {
        try (Replica replica = Replica.on(server)) {
            replica.both("CREATE TABLE t (k bigint PRIMARY KEY, a text)");
            replica.onSource("INSERT INTO t SELECT g, 'a' FROM generate_series(1, 20000) g");
            replica.apply();
            replica.onSource(
                    "UPDATE t SET a = 'b' || k WHERE k IN (SELECT k FROM t ORDER BY md5(k::text) LIMIT 15000)");
            replica.onSource("DELETE FROM t WHERE k % 7 = 0");
            replica.onSource(
                    "INSERT INTO t SELECT g, 'c' FROM generate_series(1, 20000, 7) g ON CONFLICT (k) DO UPDATE SET a = 'd'");

            Applied applied = replica.applyPacked(replica.changes.take());

            assertThat(applied.conflicts()).isEmpty();
            assertThat(applied.folded()).isPositive();
            replica.assertSame("SELECT * FROM t ORDER BY k");
        }
    }

    /** An update that finds no row is a conflict that is told, as it is the usual way. */
    @Test
    void rowsThatAreMissingAreCounted() throws Exception {
        try (Replica replica = Replica.on(server)) {
            replica.both("CREATE TABLE t (k bigint PRIMARY KEY, a text)");
            replica.onSource("INSERT INTO t SELECT g, 'a' FROM generate_series(1, 100) g");
            replica.apply();
            replica.onDestination("DELETE FROM t WHERE k <= 7");
            replica.onSource("UPDATE t SET a = 'b' WHERE k <= 20");
            replica.onSource("DELETE FROM t WHERE k <= 3");

            Applied applied = replica.applyPacked(replica.changes.take());

            assertThat(applied.conflicts().values()).containsExactly(7L);
        }
    }

    @Test
    void valuesThatMoveBetweenRowsAreAppliedInOrder() throws Exception {
        try (Replica replica = Replica.on(server)) {
            replica.both("CREATE TABLE t (k int PRIMARY KEY, place int UNIQUE)");
            replica.onSource("INSERT INTO t VALUES (1, 1), (2, 2)");
            replica.apply();
            replica.onSource("UPDATE t SET place = 3 WHERE k = 1");
            replica.onSource("UPDATE t SET place = 1 WHERE k = 2");
            replica.onSource("UPDATE t SET place = 2 WHERE k = 1");
            List<SourceChanges.Part> parts = replica.changes.take();
            assertThat(replica.packed(parts)).isNotNull();

            Applied applied = replica.applyPacked(parts);

            assertThat(applied.quarantined()).isEmpty();
            replica.assertSame("SELECT * FROM t ORDER BY k");
        }
    }

    @Test
    void whatIsUnusualIsLeftToTheUsualWay() throws Exception {
        try (Replica replica = Replica.on(server)) {
            replica.both("CREATE TABLE t (k int PRIMARY KEY, a text)");
            replica.both("ALTER TABLE t ALTER a SET STORAGE EXTERNAL");
            replica.both("CREATE TABLE loose (k int)");
            replica.onSource(
                    "INSERT INTO t SELECT g, repeat('x', 9000) FROM generate_series(1, 9) g");
            replica.onSource("INSERT INTO loose VALUES (1)");
            replica.apply();
            for (String sql :
                    List.of(
                            "UPDATE t SET k = 100 WHERE k = 1",
                            "ALTER TABLE t ADD n int; UPDATE t SET n = 5",
                            "UPDATE t SET n = 6",
                            "INSERT INTO loose VALUES (2)",
                            "TRUNCATE t",
                            "ALTER TABLE t ADD m int; INSERT INTO t VALUES (1, 'a', 1, 1)")) {
                if (sql.startsWith("ALTER")) {
                    replica.onDestination(sql.substring(0, sql.indexOf(';')));
                }
                replica.onSource(sql);
                List<SourceChanges.Part> parts = replica.changes.take();

                assertThat(replica.packed(parts)).as(sql).isNull();

                replica.applyPacked(parts);
                replica.assertSame("SELECT * FROM t ORDER BY k");
            }
        }
    }

    /** The columns stand elsewhere, have other types, and there is one more. */
    @Test
    void aTableThatWasMadeAnewMeanwhileIsWrittenAsItIs() throws Exception {
        try (Replica replica = Replica.on(server)) {
            replica.both("CREATE TABLE t (k int PRIMARY KEY, a text, n int)");
            replica.onSource("INSERT INTO t SELECT g, 'a', g FROM generate_series(1, 50) g");
            replica.apply();
            replica.onSource("UPDATE t SET a = 'b', n = n + 1 WHERE k < 20");
            replica.onSource("INSERT INTO t SELECT g, 'new', g FROM generate_series(51, 90) g");
            List<SourceChanges.Part> parts = replica.changes.take();
            PackedBatch packed = Objects.requireNonNull(replica.packed(parts));
            replica.onDestination(
                    """
                    CREATE TABLE other (n bigint, extra int DEFAULT 7, a varchar(20), k bigint PRIMARY KEY);
                    INSERT INTO other (n, a, k) SELECT n, a, k FROM t;
                    DROP TABLE t;
                    ALTER TABLE other RENAME TO t
                    """);

            Applied applied =
                    replica.applier.apply(replica.batch(parts, ApplyMode.NORMAL), packed, () -> {});

            assertThat(applied.conflicts()).isEmpty();
            replica.assertSame("SELECT k, a, n FROM t ORDER BY k");
        }
    }

    @Test
    void whoLostTheLaneCannotWriteWhatHeHadReady() throws Exception {
        try (Replica replica = Replica.on(server)) {
            replica.both("CREATE TABLE t (k int PRIMARY KEY, a text)");
            replica.onSource("INSERT INTO t VALUES (1, 'a')");
            replica.apply();
            replica.onSource("UPDATE t SET a = 'b'");
            List<SourceChanges.Part> parts = replica.changes.take();
            assertThat(replica.packed(parts)).isNotNull();
            claim(replica);

            assertThatThrownBy(() -> replica.applyPacked(parts))
                    .isInstanceOf(FencedException.class);

            assertThat(replica.atDestination("SELECT a FROM t")).containsExactly("a");
        }
    }

    private static void claim(Replica replica) throws SQLException {
        try (var other = replica.destinationDatabase.connect("new owner")) {
            new ProgressStore(other, Duration.ofSeconds(10)).claim(Replica.PIPELINE, Replica.LANE);
        }
    }

    @Test
    void whatWasMadeOfOtherTransactionsIsNotUsed() throws Exception {
        try (Replica replica = Replica.on(server)) {
            replica.both("CREATE TABLE t (k int PRIMARY KEY, a text)");
            replica.onSource("INSERT INTO t VALUES (1, 'a')");
            replica.apply();
            replica.onSource("UPDATE t SET a = 'b'");
            replica.onSource("UPDATE t SET a = 'c'");
            List<SourceChanges.Part> parts = replica.changes.take();
            PackedBatch packed = Objects.requireNonNull(replica.packed(parts.subList(0, 1)));

            replica.applier.apply(replica.batch(parts, ApplyMode.NORMAL), packed, () -> {});

            replica.assertSame("SELECT * FROM t");
        }
    }

    /** A stage for each of them would push out those that other batches use. */
    @Test
    void manyTablesAreLeftToTheUsualWay() throws Exception {
        try (Replica replica = Replica.on(server)) {
            tables(replica, 9);
            for (int table = 1; table <= 8; table++) {
                replica.onSource("UPDATE t%d SET n = n + 1000".formatted(table));
            }
            assertThat(replica.packed(replica.changes.take())).isNotNull();
            for (int table = 1; table <= 9; table++) {
                replica.onSource("UPDATE t%d SET n = n + 1000".formatted(table));
            }
            assertThat(replica.packed(replica.changes.take())).isNull();
        }
    }

    /** What a rolled back transaction made and dropped itself was never there. */
    @Test
    void stagesOfARolledBackBatchAreForgotten() throws Exception {
        try (Replica replica = Replica.on(server)) {
            tables(replica, 20);
            for (int table = 1; table <= 19; table++) {
                replica.onSource("UPDATE t%d SET n = n + 1000".formatted(table));
            }
            replica.onSource("UPDATE t20 SET n = -1 WHERE k = 1");
            replica.onSource("UPDATE t20 SET n = 1 WHERE k = 2");
            replica.onSource("UPDATE t20 SET n = 2 WHERE k = 1");
            assertThat(replica.apply().replayed()).isTrue();
            for (int batch = 0; batch < 20; batch++) {
                replica.onSource("UPDATE t1 SET n = n + 1000 WHERE k = 1");
                replica.apply();
            }
            for (int table = 1; table <= 20; table++) {
                replica.onSource("UPDATE t%d SET n = n + 1000".formatted(table));
            }

            Applied applied = replica.apply();

            assertThat(applied.replayed()).isFalse();
            for (int table = 1; table <= 20; table++) {
                replica.assertSame("SELECT * FROM t%d ORDER BY k".formatted(table));
            }
        }
    }

    private static void tables(Replica replica, int count) throws SQLException {
        for (int table = 1; table <= count; table++) {
            replica.both("CREATE TABLE t%d (k int PRIMARY KEY, n int UNIQUE)".formatted(table));
            replica.onSource(
                    "INSERT INTO t%d SELECT g, g FROM generate_series(1, 120) g".formatted(table));
        }
        replica.apply();
    }
}
