package io.tidetable.node.apply;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.embedded.PostgresServer;
import io.tidetable.model.ByteSize;
import io.tidetable.model.Position;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever a source does to a table, and however its transactions are cut into batches. */
class RandomChangesTest {
    private static final int ROUNDS = 12;

    private static PostgresServer server;

    @BeforeAll
    static void startServer() {
        server = PostgresServer.start(Map.of("fsync", "off"));
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    /** A kind of table. */
    enum Table {
        WHOLE_NUMBER_KEY(
                "k bigint, a text, b text, c int, PRIMARY KEY (k)", List.of("k"), List.of("%d")),
        COMPOSITE_TEXT_KEY(
                "k text, l int, a text, b text, c int, PRIMARY KEY (k, l)",
                List.of("k", "l"),
                List.of("'key ' || %d", "%d %% 3")),
        LONG_TEXT_KEY(
                "k text, a text, b text, c int, PRIMARY KEY (k)",
                List.of("k"),
                List.of(
                        "(SELECT string_agg(md5(n::text || %d), '') FROM generate_series(1, 70) n)")),
        NUMERIC_KEY(
                "k numeric, a text, b text, c int, PRIMARY KEY (k)",
                List.of("k"),
                List.of("CASE WHEN random() < 0.5 THEN %d::numeric(10, 2) ELSE %<d END")),
        REPLICA_IDENTITY_FULL_WITH_KEY(
                "k int, a text, b text, c int, PRIMARY KEY (k)", List.of("k"), List.of("%d")),
        NO_KEY("k int, a text, b text, c int", List.of("k"), List.of("%d"));

        private final String columns;

        @SuppressWarnings("ImmutableEnumChecker")
        private final List<String> key;

        @SuppressWarnings("ImmutableEnumChecker")
        private final List<String> values;

        Table(String columns, List<String> key, List<String> values) {
            this.columns = columns;
            this.key = key;
            this.values = values;
        }

        boolean full() {
            return this == NO_KEY || this == REPLICA_IDENTITY_FULL_WITH_KEY;
        }

        String key() {
            return String.join(", ", key);
        }

        String value(int k) {
            return values.stream().map(v -> v.formatted(k)).collect(Collectors.joining(", "));
        }
    }

    @ParameterizedTest
    @EnumSource
    void theDestinationEqualsTheSourceAfterEveryBatch(Table table) throws Exception {
        long seed = Long.getLong("tidetable.seed", System.nanoTime());
        System.out.println("seed " + seed + " for " + table);
        Random random = new Random(seed);
        try (Replica replica =
                random.nextInt(4) == 0 ? Replica.inText(server) : Replica.on(server)) {
            replica.both("CREATE TABLE t (" + table.columns + ")");
            replica.both("ALTER TABLE t ALTER a SET STORAGE EXTERNAL");
            if (table.full()) {
                replica.onSource("ALTER TABLE t REPLICA IDENTITY FULL");
            }
            for (int round = 0; round < ROUNDS; round++) {
                replica.with(
                        new ApplySettings(
                                false,
                                random.nextBoolean() ? 100_000 : 1 + random.nextInt(50),
                                ByteSize.megabytes(64),
                                random.nextBoolean() ? 2 + random.nextInt(8) : 64,
                                Duration.ofMillis(500),
                                ApplySettings.MissingColumns.REFUSE,
                                0));
                int transactions = 1 + random.nextInt(8);
                for (int i = 0; i < transactions; i++) {
                    transaction(replica.source, table, random);
                }
                List<SourceChanges.Part> parts = replica.changes.take();
                for (int from = 0; from < parts.size(); ) {
                    int to = from + 1 + random.nextInt(parts.size() - from);
                    List<SourceChanges.Part> some = parts.subList(from, to);
                    Applied applied =
                            some.size() == 1 && random.nextBoolean()
                                    ? staged(replica, some.getFirst())
                                    : random.nextBoolean()
                                            ? replica.applyPacked(some)
                                            : replica.apply(some, ApplyMode.NORMAL);
                    assertThat(applied.conflicts()).isEmpty();
                    assertThat(applied.quarantined()).isEmpty();
                    assertThat(applied.needsMerge()).isEmpty();
                    assertThat(applied.replayed()).isFalse();
                    from = to;
                }
                replica.assertSame(
                        "SELECT %s, md5(a), md5(b), c FROM t ORDER BY 1, 2, 3, 4"
                                .formatted(table.key()));
            }
        }
    }

    @RepeatedTest(3)
    void mendingReachesTheSourceFromRowsOfTwoSnapshots() throws Exception {
        long seed = Long.getLong("tidetable.seed", System.nanoTime());
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        Table table = Table.WHOLE_NUMBER_KEY;
        try (Replica replica = Replica.on(server)) {
            replica.both("CREATE TABLE t (" + table.columns + ")");
            replica.both("ALTER TABLE t ALTER a SET STORAGE EXTERNAL");
            replica.onDestination(
                    """
                    INSERT INTO tidetable.replicated_table
                        (pipeline, namespace, name, lane, track, state)
                    VALUES ('shop', 'public', 't', 'public.orders', 'bulk', 'copying')
                    """);
            for (int i = 0; i < 20; i++) {
                transaction(replica.source, table, random);
            }
            replica.apply(replica.changes.take().subList(0, 0), ApplyMode.NORMAL);
            copy(replica, "k % 2 = 0");
            for (int i = 0; i < 15; i++) {
                transaction(replica.source, table, random);
            }
            copy(replica, "k % 2 = 1");
            List<SourceChanges.Part> parts = replica.changes.take();
            replica.with(
                    new ApplySettings(
                            false,
                            1 + random.nextInt(200),
                            ByteSize.megabytes(64),
                            random.nextBoolean() ? 1 + random.nextInt(8) : 64,
                            Duration.ofMillis(500),
                            ApplySettings.MissingColumns.REFUSE,
                            0));
            boolean incomplete = false;
            for (int from = 0; from < parts.size(); ) {
                int to = from + 1 + random.nextInt(parts.size() - from);
                Applied applied = replica.apply(parts.subList(from, to), ApplyMode.MEND);
                incomplete |= !applied.needsMerge().isEmpty();
                assertThat(applied.replayed()).isFalse();
                from = to;
            }

            List<String> there = replica.atDestination("SELECT md5(t::text) FROM t ORDER BY k");
            List<String> expected = replica.atSource("SELECT md5(t::text) FROM t ORDER BY k");
            if (incomplete) {
                assertThat(expected).containsAll(there);
                assertThat(
                                replica.atDestination(
                                        "SELECT needs_merge FROM tidetable.replicated_table"))
                        .containsExactly("t");
            } else {
                assertThat(there).isEqualTo(expected);
            }
        }
    }

    private static void copy(Replica replica, String condition) throws SQLException {
        for (String row :
                replica.atSource("SELECT quote_literal(t::text) FROM t WHERE " + condition)) {
            replica.onDestination("INSERT INTO t SELECT ((" + row + ")::t).*");
        }
    }

    private static Applied staged(Replica replica, SourceChanges.Part part) {
        try (StagedTransaction staged =
                replica.applier.stage(replica.progress, part, ApplyMode.NORMAL)) {
            boolean more;
            do {
                more = staged.stageNextSlice();
            } while (more);
            Position upTo = part.position();
            Applied applied = staged.apply(upTo);
            replica.progress = applied.progress();
            return applied;
        }
    }

    private static void transaction(Connection source, Table table, Random random)
            throws SQLException {
        source.setAutoCommit(false);
        try (Statement statement = source.createStatement()) {
            int changes = 1 + random.nextInt(random.nextInt(5) == 0 ? 300 : 12);
            for (int i = 0; i < changes; i++) {
                statement.execute(change(table, random));
            }
            source.commit();
        } finally {
            source.setAutoCommit(true);
        }
    }

    private static String change(Table table, Random random) {
        int k = random.nextInt(25);
        String where = where(table, k);
        return switch (random.nextInt(20)) {
            case 0, 1, 2, 3, 4 ->
                    "INSERT INTO t (%s, a, b, c) SELECT %s, %s, %s, %d WHERE %s"
                            .formatted(
                                    table.key(),
                                    table.value(k),
                                    text(random),
                                    text(random),
                                    random.nextInt(100),
                                    table == Table.NO_KEY
                                            ? "true"
                                            : "NOT EXISTS (SELECT FROM t WHERE " + where + ")");
            case 5, 6, 7, 8 -> "UPDATE t SET c = %d WHERE %s".formatted(random.nextInt(100), where);
            case 9, 10 -> "UPDATE t SET a = %s WHERE %s".formatted(text(random), where);
            case 11, 12 -> "UPDATE t SET b = %s WHERE %s".formatted(text(random), where);
            case 13 ->
                    "UPDATE t SET a = %s, b = %s WHERE %s"
                            .formatted(text(random), text(random), where);
            case 14, 15, 16 -> "DELETE FROM t WHERE " + where;
            case 17 -> rekey(table, random.nextInt(25), where);
            case 18 -> rekey(table, 25 + random.nextInt(5), where);
            default ->
                    random.nextInt(12) == 0 ? "TRUNCATE t" : "UPDATE t SET c = c + 1 WHERE c < 20";
        };
    }

    private static String rekey(Table table, int k, String where) {
        return "UPDATE t SET (%s) = ROW(%s) WHERE %s AND NOT EXISTS (SELECT FROM t WHERE %s)"
                .formatted(table.key(), table.value(k), where, where(table, k));
    }

    private static String where(Table table, int k) {
        return IntStream.range(0, table.key.size())
                .mapToObj(i -> table.key.get(i) + " = " + table.values.get(i).formatted(k))
                .collect(Collectors.joining(" AND "));
    }

    private static String text(Random random) {
        List<String> texts = new ArrayList<>(List.of("NULL", "''", "'short'"));
        texts.add(
                "(SELECT string_agg(md5(n::text || '%d'), '') FROM generate_series(1, 120) n)"
                        .formatted(random.nextInt(1000)));
        texts.add(texts.getLast());
        return texts.get(random.nextInt(texts.size()));
    }
}
