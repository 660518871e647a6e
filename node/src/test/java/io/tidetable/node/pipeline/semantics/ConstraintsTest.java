package io.tidetable.node.pipeline.semantics;

import static io.tidetable.node.pipeline.semantics.Case.transaction;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** What held at the source at each commit holds at the destination, whatever the order inside. */
@Tag("slow")
class ConstraintsTest {
    static final List<Case> CASES =
            List.of(
                    of("swap", "a further unique key, swapped inside a transaction")
                            .tables("CREATE TABLE t (id int PRIMARY KEY, u int UNIQUE, v text)")
                            .rows("INSERT INTO t SELECT g, g, 'v' FROM generate_series(1, 150) g")
                            .changes(
                                    transaction(
                                            "UPDATE t SET u = -1 WHERE id = 1",
                                            "UPDATE t SET u = 1 WHERE id = 2",
                                            "UPDATE t SET u = 2 WHERE id = 1"),
                                    transaction(
                                            "UPDATE t SET u = NULL WHERE id < 100",
                                            "UPDATE t SET u = 100 - id WHERE id < 100"),
                                    transaction(
                                            "DELETE FROM t WHERE id = 120",
                                            "INSERT INTO t VALUES (1120, 120, 'heir')",
                                            "UPDATE t SET u = 5000 WHERE id = 121",
                                            "INSERT INTO t VALUES (1121, 121, 'heir')")),
                    of("deferred", "a unique key that is checked at commit")
                            .tables(
                                    "CREATE TABLE t (id int PRIMARY KEY, u int UNIQUE DEFERRABLE INITIALLY DEFERRED, w int UNIQUE DEFERRABLE)")
                            .rows("INSERT INTO t SELECT g, g, g FROM generate_series(1, 150) g")
                            .changes(
                                    "UPDATE t SET u = 151 - u, w = w + 1",
                                    transaction(
                                            "UPDATE t SET u = 7 WHERE id = 1",
                                            "INSERT INTO t VALUES (900, 7, 900)",
                                            "UPDATE t SET u = 901 WHERE id = 1",
                                            "UPDATE t SET u = 902 WHERE u = 7 AND id <> 900")),
                    of("excluded", "an exclusion constraint")
                            .tables(
                                    "CREATE TABLE t (id int PRIMARY KEY, r int4range, EXCLUDE USING gist (r WITH &&))")
                            .rows(
                                    "INSERT INTO t SELECT g, int4range(g * 10, g * 10 + 10) FROM generate_series(1, 120) g")
                            .changes(
                                    transaction(
                                            "UPDATE t SET r = 'empty' WHERE id = 1",
                                            "UPDATE t SET r = '[10,20)' WHERE id = 2",
                                            "UPDATE t SET r = '[20,30)' WHERE id = 1"),
                                    transaction(
                                            "DELETE FROM t WHERE id = 50",
                                            "UPDATE t SET r = '[490,510)' WHERE id = 49",
                                            "INSERT INTO t VALUES (1000, '[1,5)')")),
                    of("foreign", "foreign keys and their actions, self-references and cycles")
                            .tables(
                                    "CREATE TABLE parent (id int PRIMARY KEY, v int)",
                                    "CREATE TABLE child (id int PRIMARY KEY, p int REFERENCES parent ON DELETE CASCADE ON UPDATE CASCADE, boss int REFERENCES child ON DELETE SET NULL)",
                                    "ALTER TABLE parent ADD favourite int REFERENCES child ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED")
                            .rows(
                                    "INSERT INTO parent SELECT g, g FROM generate_series(1, 30) g",
                                    "INSERT INTO child SELECT g, 1 + g % 30, NULLIF(g / 2, 0) FROM generate_series(1, 120) g",
                                    "UPDATE parent SET favourite = id")
                            .changes(
                                    "DELETE FROM parent WHERE id % 7 = 0",
                                    "UPDATE parent SET id = id + 1000 WHERE id % 5 = 0",
                                    "DELETE FROM child WHERE id IN (1, 2)",
                                    transaction(
                                            "INSERT INTO parent VALUES (500, 0, 500)",
                                            "INSERT INTO child VALUES (500, 500, 3)"),
                                    "TRUNCATE parent, child"),
                    of("foreignthere", "foreign keys at a destination made by hand")
                            .tables(
                                    "CREATE TABLE a (id int PRIMARY KEY)",
                                    "CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a)")
                            .there(
                                    "CREATE TABLE a (id int PRIMARY KEY)",
                                    "CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a ON DELETE CASCADE)")
                            .rows(
                                    "INSERT INTO a SELECT g FROM generate_series(1, 50) g",
                                    "INSERT INTO b SELECT g, g FROM generate_series(1, 50) g")
                            .changes(
                                    transaction(
                                            "DELETE FROM b WHERE id < 10",
                                            "DELETE FROM a WHERE id < 10"),
                                    transaction(
                                            "INSERT INTO a VALUES (1)",
                                            "INSERT INTO b VALUES (1, 1)"),
                                    "TRUNCATE b, a",
                                    "INSERT INTO a VALUES (7)"),
                    of("triggers", "triggers and rules on both sides do not fire twice")
                            .tables(
                                    "CREATE TABLE t (id int PRIMARY KEY, n int DEFAULT 0)",
                                    "CREATE TABLE log (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, what text)",
                                    "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$ BEGIN INSERT INTO log (what) VALUES (TG_OP); IF TG_OP = 'UPDATE' THEN NEW.n := NEW.n + 1; END IF; RETURN COALESCE(NEW, OLD); END $$",
                                    "CREATE TRIGGER note BEFORE INSERT OR UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION note()")
                            .there(
                                    "CREATE TABLE t (id int PRIMARY KEY, n int DEFAULT 0)",
                                    "CREATE TABLE log (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, what text)",
                                    "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$ BEGIN INSERT INTO log (what) VALUES (TG_OP); IF TG_OP = 'UPDATE' THEN NEW.n := NEW.n + 1; END IF; RETURN COALESCE(NEW, OLD); END $$",
                                    "CREATE TRIGGER note BEFORE INSERT OR UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION note()")
                            .rows("INSERT INTO t SELECT g FROM generate_series(1, 20) g")
                            .changes(
                                    "UPDATE t SET n = 5 WHERE id < 10",
                                    "DELETE FROM t WHERE id > 15"),
                    of("security", "row security at both sides")
                            .tables(
                                    "CREATE TABLE t (id int PRIMARY KEY, v int)",
                                    "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
                                    "ALTER TABLE t FORCE ROW LEVEL SECURITY",
                                    "CREATE POLICY p ON t USING (v > 10)")
                            .rows("INSERT INTO t SELECT g, g FROM generate_series(1, 20) g")
                            .changes(
                                    "UPDATE t SET v = 0 WHERE id < 10",
                                    "DELETE FROM t WHERE id > 15"),
                    of("functions", "functions in indexes, checks and defaults")
                            .tables(
                                    "CREATE FUNCTION twice(a int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT a * 2'",
                                    "CREATE TABLE t (id int PRIMARY KEY, a int)",
                                    "CREATE UNIQUE INDEX ON t (twice(a)) WHERE twice(id) > 0")
                            .there(
                                    "CREATE FUNCTION twice(a int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN a * 2; EXCEPTION WHEN division_by_zero THEN RETURN 0; END $$",
                                    "CREATE TABLE t (id int PRIMARY KEY CHECK (c_functions.twice(id) <> 1), a int, b int DEFAULT c_functions.twice(4), c int GENERATED ALWAYS AS (c_functions.twice(a)) STORED)",
                                    "CREATE UNIQUE INDEX ON t (c_functions.twice(a)) WHERE c_functions.twice(id) > 0",
                                    "ALTER TABLE t DROP b, DROP c")
                            .rows("INSERT INTO t SELECT g, g FROM generate_series(1, 120) g")
                            .changes(
                                    "UPDATE t SET a = a + 1000 WHERE id % 2 = 0",
                                    transaction(
                                            "UPDATE t SET a = -1 WHERE id = 1",
                                            "UPDATE t SET a = 1 WHERE id = 3"),
                                    "DELETE FROM t WHERE id = 5"),
                    of("nulls", "unique keys that hold NULLs, partial and by expression")
                            .tables(
                                    "CREATE TABLE t (id int PRIMARY KEY, a int, b text)",
                                    "CREATE UNIQUE INDEX ON t (a) WHERE b IS NOT NULL",
                                    "CREATE UNIQUE INDEX ON t (lower(b))")
                            .rows(
                                    "INSERT INTO t SELECT g, NULL, 'B' || g FROM generate_series(1, 120) g",
                                    "INSERT INTO t SELECT g, 1, NULL FROM generate_series(200, 220) g")
                            .changes(
                                    transaction(
                                            "UPDATE t SET b = 'x' WHERE id = 1",
                                            "UPDATE t SET b = 'b1' WHERE id = 2",
                                            "UPDATE t SET b = 'B2' WHERE id = 1"),
                                    transaction(
                                            "UPDATE t SET b = NULL, a = 1 WHERE id = 3",
                                            "UPDATE t SET b = 'b3' WHERE id = 200")));

    static final List<Case> TRANSACTIONS =
            List.of(
                    of("savepoints", "savepoints, released and rolled back")
                            .tables("CREATE TABLE t (id int PRIMARY KEY, v text)")
                            .rows("INSERT INTO t SELECT g, 'v' FROM generate_series(1, 20) g")
                            .changes(
                                    transaction(
                                            "INSERT INTO t VALUES (100, 'kept')",
                                            "SAVEPOINT a",
                                            "INSERT INTO t VALUES (101, 'gone')",
                                            "UPDATE t SET v = 'gone'",
                                            "SAVEPOINT b",
                                            "DELETE FROM t",
                                            "ROLLBACK TO b",
                                            "ROLLBACK TO a",
                                            "INSERT INTO t VALUES (101, 'kept')",
                                            "SAVEPOINT c",
                                            "UPDATE t SET v = 'c' WHERE id = 5",
                                            "RELEASE c",
                                            "SAVEPOINT d",
                                            "SAVEPOINT e",
                                            "DELETE FROM t WHERE id = 6",
                                            "RELEASE e",
                                            "ROLLBACK TO d"),
                                    "BEGIN; UPDATE t SET v = 'gone'; ROLLBACK",
                                    "DO $$ BEGIN FOR i IN 200..260 LOOP BEGIN INSERT INTO t VALUES (i, 'sub'); IF i % 3 = 0 THEN RAISE EXCEPTION 'undo'; END IF; UPDATE t SET v = 'sub ' || i WHERE id = 200; EXCEPTION WHEN raise_exception THEN NULL; END; END LOOP; END $$"),
                    of("large", "a transaction of many changes with undone parts")
                            .tables(
                                    "CREATE TABLE t (id int PRIMARY KEY, v text)",
                                    "CREATE TABLE s (id int PRIMARY KEY, v text)")
                            .rows(
                                    "INSERT INTO t SELECT g, repeat('v', 200) FROM generate_series(1, 2000) g")
                            .changes(
                                    transaction(
                                            "UPDATE t SET v = 'x' || v",
                                            "SAVEPOINT a",
                                            "INSERT INTO s SELECT g, repeat('gone', 50) FROM generate_series(1, 2000) g",
                                            "ROLLBACK TO a",
                                            "INSERT INTO s SELECT g, repeat('kept', 50) FROM generate_series(1, 2000) g",
                                            "DELETE FROM t WHERE id % 2 = 0",
                                            "UPDATE t SET id = id + 1 WHERE id % 2 = 1 AND id > 1000",
                                            "TRUNCATE s",
                                            "INSERT INTO s SELECT g, 'last' FROM generate_series(1, 500) g")),
                    of("empty", "transactions without changes, and of other tables")
                            .tables("CREATE TABLE t (id int PRIMARY KEY, v text)")
                            .rows("INSERT INTO t VALUES (1, 'v')")
                            .changes(
                                    "BEGIN; COMMIT",
                                    "SELECT txid_current()",
                                    transaction(
                                            "CREATE TABLE gone (a int)",
                                            "INSERT INTO gone VALUES (1)",
                                            "DROP TABLE gone"),
                                    transaction(
                                            "CREATE TEMP TABLE x (a int)",
                                            "INSERT INTO x VALUES (1)"),
                                    "SELECT pg_logical_emit_message(true, 'somebody', 'else')",
                                    "SELECT pg_logical_emit_message(false, 'somebody', 'else')",
                                    "UPDATE t SET v = v WHERE false",
                                    "UPDATE t SET v = v"),
                    of("prepared", "prepared transactions, committed and rolled back")
                            .tables("CREATE TABLE t (id int PRIMARY KEY, v text)")
                            .rows("INSERT INTO t SELECT g, 'v' FROM generate_series(1, 200) g")
                            .changes(
                                    "BEGIN; UPDATE t SET v = 'first' WHERE id = 1; SAVEPOINT a; UPDATE t SET v = 'gone' WHERE id = 2; ROLLBACK TO a; PREPARE TRANSACTION 'tt_NAMESPACE_1'",
                                    "BEGIN; UPDATE t SET v = 'gone' WHERE id = 3; PREPARE TRANSACTION 'tt_NAMESPACE_2'",
                                    "UPDATE t SET v = 'between' WHERE id = 4",
                                    "ROLLBACK PREPARED 'tt_NAMESPACE_2'",
                                    "COMMIT PREPARED 'tt_NAMESPACE_1'",
                                    "UPDATE t SET v = v || '!' WHERE id < 5"),
                    of("truncate", "truncate, of several tables, in the middle of others")
                            .tables(
                                    "CREATE TABLE a (id serial PRIMARY KEY, v int)",
                                    "CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a)",
                                    "CREATE TABLE c (id int PRIMARY KEY, b int REFERENCES b)",
                                    "CREATE TABLE d (id int PRIMARY KEY)")
                            .rows(
                                    "INSERT INTO a (v) SELECT g FROM generate_series(1, 200) g",
                                    "INSERT INTO b SELECT g, g FROM generate_series(1, 200) g",
                                    "INSERT INTO c SELECT g, g FROM generate_series(1, 200) g",
                                    "INSERT INTO d SELECT g FROM generate_series(1, 200) g")
                            .changes(
                                    "TRUNCATE c, d",
                                    "INSERT INTO c VALUES (1, 1)",
                                    transaction(
                                            "INSERT INTO d VALUES (1)",
                                            "TRUNCATE d",
                                            "INSERT INTO d VALUES (2)",
                                            "TRUNCATE d",
                                            "INSERT INTO d VALUES (3)"),
                                    transaction(
                                            "UPDATE a SET v = 0",
                                            "TRUNCATE a RESTART IDENTITY CASCADE",
                                            "INSERT INTO a (v) VALUES (7), (8)"),
                                    "INSERT INTO b VALUES (1, 1)",
                                    "BEGIN; TRUNCATE a CASCADE; ROLLBACK",
                                    transaction(
                                            "SAVEPOINT x",
                                            "TRUNCATE d",
                                            "ROLLBACK TO x",
                                            "INSERT INTO d VALUES (4)"),
                                    "TRUNCATE d",
                                    "TRUNCATE d"),
                    of("over", "one transaction over many tables")
                            .tables(
                                    "DO $$ BEGIN FOR i IN 1..30 LOOP EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY, v int)', i); END LOOP; END $$")
                            .rows(
                                    "DO $$ BEGIN FOR i IN 1..30 LOOP EXECUTE format('INSERT INTO t%s SELECT g, g FROM generate_series(1, 10) g', i); END LOOP; END $$")
                            .changes(
                                    "DO $$ BEGIN FOR j IN 1..5 LOOP FOR i IN 1..30 LOOP EXECUTE format('UPDATE t%s SET v = v + 1 WHERE id = %s', i, j); EXECUTE format('DELETE FROM t%s WHERE id = %s', i, 10 - j); END LOOP; END LOOP; END $$"),
                    of("made", "rows made and gone within one transaction")
                            .tables("CREATE TABLE t (id int PRIMARY KEY, v text)")
                            .rows("INSERT INTO t VALUES (1, 'v')")
                            .changes(
                                    transaction(
                                            "INSERT INTO t VALUES (2, 'a')",
                                            "DELETE FROM t WHERE id = 2",
                                            "INSERT INTO t VALUES (2, 'b')",
                                            "UPDATE t SET v = 'c' WHERE id = 2",
                                            "DELETE FROM t WHERE id = 2",
                                            "DELETE FROM t WHERE id = 1",
                                            "INSERT INTO t VALUES (1, 'again')",
                                            "INSERT INTO t VALUES (3, 'x') ON CONFLICT (id) DO UPDATE SET v = 'y'",
                                            "INSERT INTO t VALUES (3, 'x') ON CONFLICT (id) DO UPDATE SET v = 'y'")));

    private static Case of(String namespace, String name) {
        return Case.of("c_" + namespace, name);
    }

    @TestFactory
    Stream<DynamicNode> constraintsHold() {
        return Matrix.of(CASES);
    }

    @TestFactory
    Stream<DynamicNode> transactionsArriveWhole() {
        return Matrix.of(TRANSACTIONS);
    }
}
