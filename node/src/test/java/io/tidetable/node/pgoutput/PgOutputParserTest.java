package io.tidetable.node.pgoutput;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidetable.embedded.PostgresServer;
import io.tidetable.testkit.Servers;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Messages that a real server wrote, whole and damaged. */
class PgOutputParserTest {
    private static final String TABLES =
            """
            CREATE TYPE mood AS ENUM ('glad', 'sad');
            CREATE TABLE orders (id bigint PRIMARY KEY, customer text, mood mood, document text);
            ALTER TABLE orders ALTER COLUMN document SET STORAGE EXTERNAL;
            CREATE TABLE clicks (page int, rights aclitem);
            ALTER TABLE clicks REPLICA IDENTITY FULL;
            CREATE PUBLICATION spoken FOR TABLE orders, clicks
            """;

    private static final String CHANGES =
            """
            BEGIN;
            INSERT INTO orders VALUES (1, 'Ada', 'glad', repeat('d', 9000)), (2, NULL, NULL, NULL);
            UPDATE orders SET customer = 'Bea' WHERE id = 1;
            UPDATE orders SET id = 3 WHERE id = 2;
            DELETE FROM orders WHERE id = 3;
            SELECT pg_logical_emit_message(true, 'tidetable', 'inside');
            COMMIT;
            BEGIN;
            INSERT INTO clicks VALUES (7, '=r/postgres');
            UPDATE clicks SET page = 8;
            DELETE FROM clicks;
            COMMIT;
            SELECT pg_logical_emit_message(false, 'other', 'outside');
            TRUNCATE orders, clicks RESTART IDENTITY
            """;

    private static final String LARGE =
            """
            BEGIN;
            INSERT INTO orders SELECT g, 'x' FROM generate_series(10, 700) g;
            SAVEPOINT one;
            INSERT INTO orders SELECT g, 'y' FROM generate_series(1000, 1700) g;
            SELECT pg_logical_emit_message(true, 'tidetable', 'in a block');
            COMMIT
            """;

    private static final String READ =
            """
            SELECT data FROM pg_logical_slot_get_binary_changes('spoken_messages', NULL, NULL,
                'proto_version', '2', 'publication_names', 'spoken', 'binary', 'true',
                'messages', 'true', 'streaming', 'on')
            """;

    private static List<byte[]> small;
    private static List<byte[]> large;

    @BeforeAll
    static void letAServerSpeak() throws SQLException {
        PostgresServer server = Servers.source();
        String database = server.createDatabase("spoken");
        try (Connection connection = server.connect(database);
                Statement statement = connection.createStatement()) {
            statement.execute(TABLES);
            statement.execute(
                    "SELECT pg_create_logical_replication_slot('spoken_messages', 'pgoutput')");
            statement.execute("SET logical_decoding_work_mem = '64kB'");
            statement.execute(CHANGES);
            small = read(statement);
            statement.execute(LARGE);
            large = read(statement);
            statement.execute("SELECT pg_drop_replication_slot('spoken_messages')");
        }
    }

    private static List<byte[]> read(Statement statement) throws SQLException {
        try (ResultSet rows = statement.executeQuery(READ)) {
            List<byte[]> messages = new ArrayList<>();
            while (rows.next()) {
                messages.add(rows.getBytes(1));
            }
            return messages;
        }
    }

    private static List<String> spoken(List<byte[]> messages) {
        SpokenMessages handler = new SpokenMessages();
        PgOutputParser parser = new PgOutputParser();
        messages.forEach(message -> parser.parse(ByteBuffer.wrap(message), handler));
        return handler.lines;
    }

    @Test
    void everyKindOfMessageOfWholeTransactionsIsRead() {
        assertThat(spoken(small))
                .containsExactly(
                        "begin",
                        "relation public.orders",
                        "insert N(b8 b3 b4 b9000)",
                        "insert N(b8 n n n)",
                        "update N(b8 b3 b4 u)",
                        "update K(b8 n n n)N(b8 n n n)",
                        "delete K(b8 n n n)",
                        "message transactional tidetable inside",
                        "commit",
                        "begin",
                        "relation public.clicks",
                        "insert N(b4 t11)",
                        "update O(b4 t11)N(b4 t11)",
                        "delete O(b4 t11)",
                        "commit",
                        "message loose other outside",
                        "begin",
                        "relation public.orders",
                        "relation public.clicks",
                        "truncate of 2, options 2",
                        "commit");
    }

    @Test
    void blocksOfOpenTransactionsAreRead() {
        List<String> lines = spoken(large);

        assertThat(lines)
                .contains(
                        "stream start first",
                        "relation public.orders streamed",
                        "stream stop",
                        "stream start",
                        "message transactional tidetable in a block streamed",
                        "stream commit")
                .doesNotContain("begin");
        assertThat(lines).filteredOn("insert N(b8 b1 n n) streamed"::equals).hasSize(1392);
    }

    @Test
    void rollbacksOfOpenTransactionsAreReadInBothForms() {
        byte[] whole = HexFormat.of().parseHex("41" + "00000300" + "00000300");
        byte[] part = HexFormat.of().parseHex("41" + "00000300" + "00000301" + "00".repeat(16));

        assertThat(spoken(List.of(whole, part)))
                .containsExactly("stream abort", "stream abort of a part");
    }

    @Test
    void rowsOfDamagedMessagesEndInOneClearExceptionAndNothingElse() {
        long seed = System.nanoTime();
        System.out.println("PgOutputParserTest seed " + seed);
        SplittableRandom random = new SplittableRandom(seed);
        List<byte[]> messages = new ArrayList<>(small);
        messages.addAll(large.subList(0, 40));
        int refused = 0;
        for (int round = 0; round < 60_000; round++) {
            byte[] damaged = damaged(messages.get(random.nextInt(messages.size())), random);
            PgOutputParser parser = new PgOutputParser();
            SpokenMessages handler = new SpokenMessages();
            try {
                if (random.nextBoolean()) {
                    parser.parse(ByteBuffer.wrap(streamStart()), handler);
                }
                parser.parse(ByteBuffer.wrap(damaged), handler);
            } catch (DamagedMessageException e) {
                refused++;
                assertThat(e.code()).isEqualTo("TT-210");
            } catch (RuntimeException e) {
                throw new AssertionError(
                        "seed %d: %s".formatted(seed, HexFormat.of().formatHex(damaged)), e);
            }
        }
        assertThat(refused).isGreaterThan(20_000);
    }

    @Test
    void everyTruncationOfAMessageIsRefused() {
        for (byte[] message : small) {
            for (int length = 0; length < Math.min(message.length, 300); length++) {
                ByteBuffer cut = ByteBuffer.wrap(message, 0, length);
                assertThatThrownBy(() -> new PgOutputParser().parse(cut, new SpokenMessages()))
                        .isInstanceOf(DamagedMessageException.class);
            }
        }
    }

    @Test
    void aRowWithAnotherNumberOfColumnsThanAnnouncedIsRefused() {
        ByteBuffer row = ByteBuffer.wrap(new byte[] {'N', 0, 1, 'n'});

        new RowChecker().insert(row, 1);

        assertThatThrownBy(() -> new RowChecker().insert(row, 2))
                .isInstanceOf(DamagedMessageException.class)
                .hasMessageContaining("1 columns, its table was announced with 2");
        assertThatThrownBy(() -> new RowChecker().delete(row, 1)).hasMessageContaining("which row");
    }

    private static byte[] streamStart() {
        return new byte[] {'S', 0, 0, 2, (byte) 0xBC, 1};
    }

    private static byte[] damaged(byte[] message, SplittableRandom random) {
        byte[] damaged = message.clone();
        int wounds = 1 + random.nextInt(3);
        for (int i = 0; i < wounds && damaged.length > 0; i++) {
            int at = random.nextInt(Math.min(damaged.length, 60));
            switch (random.nextInt(3)) {
                case 0 -> damaged[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> damaged[at] = (byte) random.nextInt(256);
                default -> damaged = java.util.Arrays.copyOf(damaged, at);
            }
        }
        return damaged;
    }
}
