package io.tidetable.node.pipeline.semantics;

import static io.tidetable.node.pipeline.semantics.Case.transaction;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

/** Partitioned tables are carried as wholes, wherever their rows lie and move. */
class PartitionsTest {
    private static final String[] RANGED = {
        "CREATE TABLE t (id int, day int, v text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day)",
        "CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (0) TO (10)",
        "CREATE TABLE t_2 (v text, gone int, day int NOT NULL, id int NOT NULL)",
        "ALTER TABLE t_2 DROP gone",
        "ALTER TABLE t ATTACH PARTITION t_2 FOR VALUES FROM (10) TO (20)",
        "CREATE TABLE t_rest PARTITION OF t DEFAULT"
    };
    private static final String RANGED_ROWS =
            "INSERT INTO t SELECT g, g % 25, 'v' || g FROM generate_series(1, 200) g";
    private static final String[] MOVES = {
        "UPDATE t SET v = 'w' WHERE id % 2 = 0",
        "UPDATE t SET day = day + 10 WHERE id % 5 = 0",
        "UPDATE t SET day = 99, v = 'far' WHERE id = 7",
        "DELETE FROM t WHERE id % 7 = 0",
        "UPDATE t SET id = id + 1000 WHERE day = 3",
        "UPDATE t_2 SET v = 'leaf' WHERE id % 3 = 0",
        transaction("DELETE FROM t_1", "INSERT INTO t VALUES (1, 1, 'after')"),
        "INSERT INTO t_rest VALUES (5000, 500, 'direct')"
    };

    static final List<Case> CASES =
            List.of(
                    of("ranged", "rows that move between partitions, one with another column order")
                            .tables(RANGED)
                            .rows(RANGED_ROWS)
                            .changes(MOVES),
                    of("plainthere", "partitions at the source, one plain table at the destination")
                            .tables(RANGED)
                            .there(
                                    "CREATE TABLE t (v text, day int, id int, PRIMARY KEY (id, day))")
                            .rows(RANGED_ROWS)
                            .changes(
                                    MOVES[0], MOVES[1], MOVES[2], MOVES[3], MOVES[4], MOVES[5],
                                    MOVES[7]),
                    of("otherthere", "other partitions at the destination")
                            .tables(RANGED)
                            .there(
                                    "CREATE TABLE t (v text, day int, id int, PRIMARY KEY (id, day)) PARTITION BY HASH (id)",
                                    "CREATE TABLE h_0 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
                                    "CREATE TABLE h_1 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 1)")
                            .rows(RANGED_ROWS)
                            .changes(
                                    MOVES[0], MOVES[1], MOVES[2], MOVES[3], MOVES[4], MOVES[5],
                                    MOVES[7]),
                    of("onlythere", "a plain table at the source, partitions at the destination")
                            .tables("CREATE TABLE t (id int PRIMARY KEY, v text)")
                            .there(
                                    "CREATE TABLE t (v text, id int PRIMARY KEY) PARTITION BY RANGE (id)",
                                    "CREATE TABLE low PARTITION OF t FOR VALUES FROM (MINVALUE) TO (100)",
                                    "CREATE TABLE high PARTITION OF t FOR VALUES FROM (100) TO (MAXVALUE)")
                            .rows("INSERT INTO t SELECT g, 'v' FROM generate_series(1, 200) g")
                            .changes(
                                    "UPDATE t SET v = 'w' WHERE id % 2 = 0",
                                    "UPDATE t SET id = 1000 - id WHERE id % 3 = 0",
                                    "DELETE FROM t WHERE id > 950",
                                    transaction(
                                            "TRUNCATE t",
                                            "INSERT INTO t VALUES (1, 'a'), (500, 'b')")),
                    of("nested", "partitions of partitions")
                            .tables(
                                    "CREATE TABLE t (region text, day int, id int, v text, PRIMARY KEY (region, day, id)) PARTITION BY LIST (region)",
                                    "CREATE TABLE t_eu PARTITION OF t FOR VALUES IN ('de', 'fr') PARTITION BY RANGE (day)",
                                    "CREATE TABLE t_eu_1 PARTITION OF t_eu FOR VALUES FROM (0) TO (10)",
                                    "CREATE TABLE t_eu_2 PARTITION OF t_eu DEFAULT",
                                    "CREATE TABLE t_us PARTITION OF t FOR VALUES IN ('us')")
                            .rows(
                                    "INSERT INTO t SELECT (ARRAY['de','fr','us'])[1 + g % 3], g % 20, g, 'v' FROM generate_series(1, 200) g")
                            .changes(
                                    "UPDATE t SET v = 'w' WHERE id % 2 = 0",
                                    "UPDATE t SET region = 'us' WHERE id % 5 = 0",
                                    "UPDATE t_eu SET day = day + 5",
                                    "DELETE FROM t_us",
                                    "DELETE FROM t_eu_2 WHERE id % 3 = 0"),
                    of("hashed", "partitions by hash, with replica identity full and no key")
                            .tables(
                                    "CREATE TABLE t (id int, v text) PARTITION BY HASH (id)",
                                    "CREATE TABLE t_0 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
                                    "CREATE TABLE t_1 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
                                    "ALTER TABLE t REPLICA IDENTITY FULL",
                                    "ALTER TABLE t_0 REPLICA IDENTITY FULL",
                                    "ALTER TABLE t_1 REPLICA IDENTITY FULL")
                            .rows("INSERT INTO t SELECT g % 50, 'v' FROM generate_series(1, 200) g")
                            .changes(
                                    "UPDATE t SET v = 'w' WHERE id % 2 = 0",
                                    "UPDATE t SET id = id + 100 WHERE id % 5 = 0",
                                    "DELETE FROM t WHERE id = 7"),
                    of("enumed", "partitions by an enum, with generated columns and defaults")
                            .tables(
                                    "CREATE TYPE kind AS ENUM ('a', 'b')",
                                    "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, k kind, n int DEFAULT 5, twice int GENERATED ALWAYS AS (n * 2) STORED, PRIMARY KEY (id, k)) PARTITION BY LIST (k)",
                                    "CREATE TABLE t_a PARTITION OF t FOR VALUES IN ('a')",
                                    "CREATE TABLE t_b PARTITION OF t FOR VALUES IN ('b')")
                            .rows(
                                    "INSERT INTO t (k) SELECT (ARRAY['a','b'])[1 + g % 2]::kind FROM generate_series(1, 150) g")
                            .changes(
                                    "UPDATE t SET k = 'b' WHERE id % 3 = 0",
                                    "UPDATE t SET n = n + 1"));

    private static Case of(String namespace, String name) {
        return Case.of("p_" + namespace, name);
    }

    @TestFactory
    Stream<DynamicNode> arrives() {
        return Matrix.of(CASES);
    }
}
