package io.tidetable.node.pipeline.semantics;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Large transactions that the source sends while they are open, with savepoints, changed shapes and
 * undone parts, and small ones that commit in between.
 */
class InterleavedTransactionsTest {
    private final ReplicatedPair pair = ReplicatedPair.fresh();

    @AfterEach
    void close() throws Exception {
        pair.close();
    }

    private Connection session() throws SQLException {
        Connection connection = pair.databases().connectSource();
        connection.setAutoCommit(false);
        return connection;
    }

    private static void run(Connection connection, String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private void streaming(String setting) throws Exception {
        pair.source(
                "ALTER DATABASE \"%s\" SET %s".formatted(pair.databases().sourceName(), setting),
                "CREATE TABLE t (id int PRIMARY KEY, v text)",
                "CREATE TABLE u (id int PRIMARY KEY, v text)",
                "INSERT INTO t SELECT g, 'v' FROM generate_series(1, 200) g",
                "INSERT INTO u SELECT g, 'v' FROM generate_series(1, 200) g");
        pair.stream();
    }

    private static String rows(String table, int from, String value) {
        return "INSERT INTO %s SELECT g, repeat('%s', 200) FROM generate_series(%d, %d) g"
                .formatted(table, value, from, from + 1999);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "logical_decoding_work_mem = '64kB'",
                "debug_logical_replication_streaming = immediate"
            })
    void smallTransactionsArriveBetweenThePartsOfLargeOnes(String setting) throws Exception {
        streaming(setting);
        try (Connection a = session();
                Connection b = session();
                Connection c = session()) {
            run(a, rows("t", 10_000, "a"), "SAVEPOINT one");
            run(b, rows("u", 10_000, "b"), "UPDATE u SET v = 'b' WHERE id <= 50");
            pair.source("UPDATE t SET v = 'small' WHERE id = 200", "DELETE FROM u WHERE id = 200");
            run(a, "UPDATE t SET v = 'undone' WHERE id >= 10000", rows("u", 20_000, "undone"));
            run(c, rows("t", 30_000, "c"), "SAVEPOINT x", rows("u", 30_000, "c"));
            pair.source("INSERT INTO t VALUES (0, 'small')", "UPDATE u SET v = 's' WHERE id = 199");
            run(
                    a,
                    "ROLLBACK TO one",
                    "SAVEPOINT two",
                    "DELETE FROM t WHERE id BETWEEN 10500 AND 11000");
            run(c, "ROLLBACK TO x", "DELETE FROM t WHERE id BETWEEN 30100 AND 30200");

            pair.awaitComplete();
            assertThat(pair.rows("SELECT count(*), min(id), max(v) FROM t WHERE v <> 'v'"))
                    .as("small ones are there, large ones that are open are not")
                    .containsExactly("2|0|small");
            assertThat(pair.rows("SELECT count(*), max(id) FROM u")).containsExactly("199|199");

            run(b, "SAVEPOINT y", "TRUNCATE u", "ROLLBACK TO y", "DELETE FROM u WHERE id < 10");
            b.rollback();
            run(a, "SAVEPOINT three", rows("u", 40_000, "undone"), "ROLLBACK TO three");
            run(a, "RELEASE two", "UPDATE t SET id = id + 1000 WHERE id > 11500");
            pair.source(
                    "UPDATE t SET v = 'late' WHERE id = 200", "INSERT INTO u VALUES (10000, 's')");
            a.commit();
            pair.source("UPDATE t SET v = v || '!' WHERE id BETWEEN 10000 AND 10010");
            run(c, "TRUNCATE u", "INSERT INTO u VALUES (1, 'after')");
            c.commit();
        }
        pair.assertEqual();
        assertThat(pair.rows("SELECT count(*) FROM t")).containsExactly("3599");
        assertThat(pair.rows("SELECT id, v FROM u")).containsExactly("1|after");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "logical_decoding_work_mem = '64kB'",
                "debug_logical_replication_streaming = immediate"
            })
    void shapesThatChangeInsideOfLargeTransactionsAreTheirsUntilTheyCommit(String setting)
            throws Exception {
        streaming(setting);
        try (Connection a = session()) {
            run(a, rows("t", 10_000, "a"), "ALTER TABLE t ADD c int", "UPDATE t SET c = id");
            pair.source("UPDATE u SET v = 'between' WHERE id = 1");
            run(a, "SAVEPOINT one", "ALTER TABLE t ADD d int", "UPDATE t SET d = 1");
            pair.source("ALTER TABLE u ADD e int", "UPDATE u SET e = id");
            run(a, "ROLLBACK TO one", rows("t", 20_000, "b"), "SAVEPOINT two");
            run(a, "ALTER TABLE t ADD d text", "UPDATE t SET d = 'd' || id WHERE id > 20000");
            pair.source("UPDATE u SET e = e + 1");
            run(a, "SAVEPOINT three", "ALTER TABLE t DROP c", "UPDATE t SET d = 'undone'");
            run(a, "ROLLBACK TO three", "RELEASE two", "DELETE FROM t WHERE id % 3 = 0");
            a.commit();

            run(a, "ALTER TABLE t ADD gone int", "UPDATE t SET gone = 1", "TRUNCATE u");
            run(a, "ALTER TABLE u ALTER v TYPE int USING 1", "INSERT INTO u VALUES (1, 1, 1)");
            a.rollback();
        }
        pair.source(
                "UPDATE t SET v = v || 'x', c = NULL WHERE id % 2 = 0",
                "DELETE FROM u WHERE id = 9");
        pair.assertEqualInTheEnd();
        assertThat(
                        pair.rows(
                                "SELECT attname || ' ' || atttypid::regtype FROM pg_attribute WHERE attrelid = 'public.t'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attname"))
                .isEqualTo(List.of("c integer", "d text", "id integer", "v text"));
    }
}
