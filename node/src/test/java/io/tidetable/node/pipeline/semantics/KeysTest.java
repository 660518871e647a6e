package io.tidetable.node.pipeline.semantics;

import static io.tidetable.node.pipeline.semantics.Case.transaction;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

/** Rows are found by whatever identifies them, and stay themselves when that changes. */
class KeysTest {
    static final List<Case> CASES =
            List.of(
                    Case.of("plain", "insert, update and delete by an integer key")
                            .tables("CREATE TABLE t (id int PRIMARY KEY, v text)")
                            .rows("INSERT INTO t SELECT g, 'v' || g FROM generate_series(1, 300) g")
                            .changes(
                                    "UPDATE t SET v = v || 'x' WHERE id % 2 = 0",
                                    "DELETE FROM t WHERE id % 3 = 0",
                                    "INSERT INTO t SELECT g, 'again' FROM generate_series(3, 300, 6) g",
                                    "UPDATE t SET v = NULL WHERE id = 4",
                                    "UPDATE t SET v = v"),
                    Case.of("moved", "every key moves up by one and back, far and near")
                            .tables("CREATE TABLE t (id int PRIMARY KEY, v text)")
                            .rows("INSERT INTO t SELECT g, 'v' || g FROM generate_series(1, 100) g")
                            .changes(
                                    "UPDATE t SET id = id + 1000",
                                    "UPDATE t SET id = id - 999, v = v || '-'",
                                    "DELETE FROM t WHERE id = 50",
                                    "UPDATE t SET id = 50 WHERE id = 51"),
                    Case.of("swapped", "two keys swapped within one transaction")
                            .tables("CREATE TABLE t (id int PRIMARY KEY, v text)")
                            .rows("INSERT INTO t VALUES (1, 'one'), (2, 'two'), (3, 'three')")
                            .changes(
                                    transaction(
                                            "UPDATE t SET id = -1 WHERE id = 1",
                                            "UPDATE t SET id = 1 WHERE id = 2",
                                            "UPDATE t SET id = 2 WHERE id = -1"),
                                    transaction(
                                            "DELETE FROM t WHERE id = 3",
                                            "UPDATE t SET id = 3 WHERE id = 1",
                                            "INSERT INTO t VALUES (1, 'new')",
                                            "UPDATE t SET v = v || '!'")),
                    Case.of("keyonly", "a table that is nothing but its key")
                            .tables("CREATE TABLE t (a int, b text, PRIMARY KEY (a, b))")
                            .rows("INSERT INTO t VALUES (1, 'x'), (1, 'y'), (2, 'x')")
                            .changes(
                                    "UPDATE t SET b = 'z' WHERE b = 'x'",
                                    "DELETE FROM t WHERE a = 2",
                                    "INSERT INTO t VALUES (2, 'z')"),
                    Case.of("composite", "a key of several columns, not in the table's order")
                            .tables(
                                    "CREATE TABLE t (v text, c uuid, b text, a numeric(10,2), PRIMARY KEY (a, b, c))")
                            .rows(
                                    "INSERT INTO t SELECT 'v', ('00000000-0000-0000-0000-' || lpad(g::text, 12, '0'))::uuid, 'b' || g % 3, g / 4.0 FROM generate_series(1, 200) g")
                            .changes(
                                    "UPDATE t SET v = b || a",
                                    "UPDATE t SET b = 'moved' WHERE a > 40",
                                    "DELETE FROM t WHERE a < 10"),
                    Case.of("textkey", "text keys of all kinds")
                            .tables("CREATE TABLE t (k text PRIMARY KEY, v int)")
                            .rows(
                                    "INSERT INTO t VALUES ('', 0), (' ', 1), ('a', 2), ('A', 3), ('ä', 4), (U&'a\\0308', 5), (E'tab\\tnew\\nline\\\\N', 6), (repeat('long', 300), 7), ('\\N', 8), ('NULL', 9), ('😀', 10)")
                            .changes(
                                    "UPDATE t SET v = v + 100",
                                    "UPDATE t SET k = k || 'x' WHERE v % 2 = 0",
                                    "DELETE FROM t WHERE v % 3 = 0"),
                    Case.of("uuidkey", "uuid keys")
                            .tables("CREATE TABLE t (k uuid PRIMARY KEY, v int)")
                            .rows(
                                    "INSERT INTO t SELECT gen_random_uuid(), g FROM generate_series(1, 200) g")
                            .changes(
                                    "UPDATE t SET v = -v WHERE v % 2 = 0",
                                    "UPDATE t SET k = gen_random_uuid() WHERE v % 5 = 0",
                                    "DELETE FROM t WHERE v % 7 = 0"),
                    Case.of("scale", "numeric keys that change only in how they are shown")
                            .tables("CREATE TABLE t (k numeric PRIMARY KEY, v text)")
                            .rows(
                                    "INSERT INTO t VALUES (1.0, 'a'), (2.00, 'b'), (3, 'c'), ('NaN', 'n'), (1e40, 'big')")
                            .changes(
                                    "UPDATE t SET k = 1.000, v = 'a2' WHERE k = 1",
                                    transaction(
                                            "UPDATE t SET v = 'b2' WHERE k = 2",
                                            "UPDATE t SET k = 2.0 WHERE k = 2",
                                            "UPDATE t SET v = v || '3' WHERE k = 2"),
                                    transaction(
                                            "DELETE FROM t WHERE k = 3",
                                            "INSERT INTO t VALUES (3.0, 'c2')"),
                                    "UPDATE t SET v = v || '!' WHERE k IN ('NaN', 1e40)"),
                    Case.of("zero", "float keys: 0 and -0 are the same row")
                            .tables("CREATE TABLE t (k float8 PRIMARY KEY, v text)")
                            .rows(
                                    "INSERT INTO t VALUES (0, 'a'), ('NaN', 'n'), ('-Infinity', 'i'), (0.1, 't')")
                            .changes(
                                    "UPDATE t SET k = '-0' WHERE k = 0",
                                    transaction(
                                            "UPDATE t SET v = 'b' WHERE k = 0",
                                            "DELETE FROM t WHERE k = 0",
                                            "INSERT INTO t VALUES (0, 'c')"),
                                    "UPDATE t SET v = v || v"),
                    Case.of("nocase", "citext keys: A and a are the same row")
                            .tables("CREATE TABLE t (k public.citext PRIMARY KEY, v text)")
                            .rows("INSERT INTO t VALUES ('Anna', 'a'), ('bob', 'b')")
                            .changes(
                                    "UPDATE t SET k = 'anna' WHERE k = 'ANNA'",
                                    transaction(
                                            "DELETE FROM t WHERE k = 'BOB'",
                                            "INSERT INTO t VALUES ('Bob', 'b2')",
                                            "UPDATE t SET v = 'b3' WHERE k = 'bob'")),
                    Case.of("folded", "keys under a collation that ignores case")
                            .tables(
                                    "CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
                                    "CREATE TABLE t (k text COLLATE nocase PRIMARY KEY, v text)")
                            .there(
                                    "CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
                                    "CREATE TABLE t (k text COLLATE nocase PRIMARY KEY, v text)")
                            .rows("INSERT INTO t VALUES ('Anna', 'a'), ('bob', 'b')")
                            .changes(
                                    "UPDATE t SET k = 'anna' WHERE k = 'ANNA'",
                                    transaction(
                                            "DELETE FROM t WHERE k = 'BOB'",
                                            "INSERT INTO t VALUES ('Bob', 'b2')",
                                            "UPDATE t SET v = 'b3' WHERE k = 'bob'")),
                    Case.of("odd", "keys of rare types")
                            .tables(
                                    "CREATE TYPE mood AS ENUM ('sad', 'happy')",
                                    "CREATE DOMAIN code AS char(4)",
                                    "CREATE TABLE t (a mood, b code, c date, d bytea, e int[], f inet, g jsonb, h interval, i int4range, v int, PRIMARY KEY (a, b, c, d, e, f, g, h, i))")
                            .rows(
                                    "INSERT INTO t VALUES ('sad', 'x', '2026-01-01', '\\x00ff', '{1,2}', '10.0.0.1', '{\"a\": 1.0}', '1 day', '[1,3)', 1), ('happy', '', 'infinity', '', '{}', '::1', '[]', '24:00:00', 'empty', 2)")
                            .changes(
                                    "UPDATE t SET v = v + 1",
                                    "UPDATE t SET h = '1 mon', g = '{\"a\": 1.00}' WHERE a = 'sad'",
                                    "UPDATE t SET a = 'sad'",
                                    "DELETE FROM t WHERE v = 3"),
                    Case.of("whole", "replica identity full beside a key")
                            .tables(
                                    "CREATE TABLE t (id int PRIMARY KEY, v text, big text)",
                                    "ALTER TABLE t REPLICA IDENTITY FULL")
                            .rows(
                                    "INSERT INTO t SELECT g, 'v', (SELECT string_agg(md5(g * i || ''), '') FROM generate_series(1, 200) i) FROM generate_series(1, 20) g")
                            .changes(
                                    "UPDATE t SET v = 'w' WHERE id < 10",
                                    "UPDATE t SET id = id + 100 WHERE id < 5",
                                    "DELETE FROM t WHERE id IN (7, 101)"),
                    Case.of("byindex", "replica identity by a unique index, no primary key")
                            .tables(
                                    "CREATE TABLE t (a int, b text NOT NULL, c int NOT NULL, v text)",
                                    "CREATE UNIQUE INDEX t_key ON t (c, b) INCLUDE (v)",
                                    "ALTER TABLE t REPLICA IDENTITY USING INDEX t_key")
                            .rows(
                                    "INSERT INTO t SELECT NULL, 'b' || g, g, 'v' FROM generate_series(1, 150) g")
                            .changes(
                                    "UPDATE t SET v = 'w', a = c WHERE c % 2 = 0",
                                    "UPDATE t SET b = 'moved' WHERE c % 5 = 0",
                                    "DELETE FROM t WHERE c % 7 = 0"),
                    Case.of("indexbeside", "replica identity by another index than the primary key")
                            .tables(
                                    "CREATE TABLE t (id int PRIMARY KEY, b text NOT NULL UNIQUE, v text)",
                                    "ALTER TABLE t REPLICA IDENTITY USING INDEX t_b_key")
                            .rows(
                                    "INSERT INTO t SELECT g, 'b' || g, 'v' FROM generate_series(1, 50) g")
                            .changes(
                                    "UPDATE t SET v = 'w' WHERE id % 2 = 0",
                                    "UPDATE t SET id = id + 1000 WHERE id % 5 = 0",
                                    "UPDATE t SET b = b || 'x', id = -id WHERE id % 3 = 0",
                                    "DELETE FROM t WHERE id % 7 = 0"),
                    Case.of("keyless", "no key at all, with duplicates and NULLs")
                            .tables(
                                    "CREATE TABLE t (a int, b text, c float8)",
                                    "ALTER TABLE t REPLICA IDENTITY FULL")
                            .rows(
                                    "INSERT INTO t SELECT g % 5, CASE g % 3 WHEN 0 THEN NULL ELSE 'b' || g % 3 END, CASE g % 2 WHEN 0 THEN 'NaN' ELSE 0.5 END FROM generate_series(1, 90) g")
                            .changes(
                                    "UPDATE t SET a = 100 WHERE ctid IN (SELECT ctid FROM t WHERE a = 1 LIMIT 3)",
                                    "DELETE FROM t WHERE ctid IN (SELECT ctid FROM t WHERE a = 2 LIMIT 5)",
                                    "UPDATE t SET b = 'all' WHERE b IS NULL",
                                    "INSERT INTO t SELECT * FROM t LIMIT 10",
                                    "DELETE FROM t WHERE a IS NULL OR c = 0.5",
                                    "INSERT INTO t DEFAULT VALUES",
                                    "INSERT INTO t DEFAULT VALUES"),
                    Case.of(
                                    "keyedthere",
                                    "replica identity full, and a key only at the destination")
                            .tables(
                                    "CREATE TABLE t (a int, b text)",
                                    "ALTER TABLE t REPLICA IDENTITY FULL")
                            .there("CREATE TABLE t (b text, a int PRIMARY KEY)")
                            .rows("INSERT INTO t SELECT g, 'b' FROM generate_series(1, 50) g")
                            .changes(
                                    "UPDATE t SET b = 'c' WHERE a % 2 = 0",
                                    "UPDATE t SET a = a + 100 WHERE a % 5 = 0",
                                    "DELETE FROM t WHERE a % 3 = 0"),
                    Case.of("keylessthere", "a key at the source, none at the destination")
                            .tables("CREATE TABLE t (a int PRIMARY KEY, b text)")
                            .there("CREATE TABLE t (b text, a int)")
                            .rows("INSERT INTO t SELECT g, 'b' FROM generate_series(1, 50) g")
                            .changes(
                                    "UPDATE t SET b = 'c' WHERE a % 2 = 0",
                                    "UPDATE t SET a = a + 100 WHERE a % 5 = 0",
                                    "DELETE FROM t WHERE a % 3 = 0"),
                    Case.of("wide", "a key in a column that is stored out of line")
                            .tables(
                                    "CREATE TABLE t (k text PRIMARY KEY, v int, big text)",
                                    "ALTER TABLE t ALTER k SET STORAGE EXTERNAL",
                                    "ALTER TABLE t SET (toast_tuple_target = 128)")
                            .rows(
                                    "INSERT INTO t SELECT repeat(md5(g::text), 70), g, repeat(md5(g::text), 300) FROM generate_series(1, 20) g")
                            .changes(
                                    "UPDATE t SET v = -v WHERE v % 2 = 0",
                                    "UPDATE t SET k = k || 'x' WHERE v % 5 = 0",
                                    "DELETE FROM t WHERE v = 7",
                                    "UPDATE t SET v = v * 2"),
                    Case.of("barren", "a table without columns")
                            .tables(
                                    "CREATE TABLE t ()",
                                    "CREATE TABLE with_one (id int PRIMARY KEY)",
                                    "ALTER TABLE t REPLICA IDENTITY FULL")
                            .rows("INSERT INTO t DEFAULT VALUES", "INSERT INTO t DEFAULT VALUES")
                            .changes("INSERT INTO t DEFAULT VALUES"));

    @TestFactory
    Stream<DynamicNode> arrives() {
        return Matrix.of(CASES);
    }
}
