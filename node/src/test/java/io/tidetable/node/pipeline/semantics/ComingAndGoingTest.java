package io.tidetable.node.pipeline.semantics;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.model.TableId;
import io.tidetable.node.fault.FaultPoint;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tables that come, go and change their names. */
@Tag("slow")
class ComingAndGoingTest {
    private final ReplicatedPair pair = ReplicatedPair.fresh();

    @AfterEach
    void close() throws Exception {
        pair.close();
    }

    private void streaming() throws Exception {
        pair.source(
                "CREATE TABLE t (id int PRIMARY KEY, v int)",
                "INSERT INTO t SELECT g, g FROM generate_series(1, 50) g");
        pair.stream();
    }

    @Test
    void aTableMadeWhileThePipelineIsDownIsCopiedAtItsNextStart() throws Exception {
        streaming();
        pair.stop();
        pair.source(
                "CREATE TABLE u (id int PRIMARY KEY, v int)",
                "INSERT INTO u SELECT g, g FROM generate_series(1, 50) g",
                "UPDATE t SET v = 0 WHERE id < 10");
        pair.stream();
        pair.source("UPDATE u SET v = 0 WHERE id < 10", "DELETE FROM t WHERE id > 40");
        pair.assertEqual();
    }

    @ParameterizedTest
    @CsvSource({
        "ALTER TABLE t RENAME TO renamed, public.renamed",
        "CREATE SCHEMA s; ALTER TABLE t SET SCHEMA s, s.t",
        "ALTER SCHEMA public RENAME TO s; CREATE SCHEMA public, s.t"
    })
    void aTableThatIsRenamedStopsInsteadOfGoingQuiet(String renaming, String name)
            throws Exception {
        streaming();
        pair.source(renaming, "UPDATE %s SET v = -1 WHERE id < 10".formatted(name));
        pair.awaitFailure("t", "TT-247");

        pair.stop();
        pair.stream();
        pair.source("DELETE FROM %s WHERE id = 5".formatted(name));
        pair.awaitComplete();
        String[] parts = name.split("\\.", 2);
        pair.databases().comparer().assertEqual(List.of(new TableId(parts[0], parts[1])));
    }

    @Test
    void aTableThatWasRenamedAndGotItsNameBackIsComparedAtTheNextStart() throws Exception {
        streaming();
        pair.source("ALTER TABLE t RENAME TO renamed", "UPDATE renamed SET v = -1 WHERE id < 10");
        pair.awaitFailure("t", "TT-247");
        pair.source("ALTER TABLE renamed RENAME TO t", "UPDATE t SET v = -2 WHERE id = 20");

        pair.stop();
        pair.stream().assertEqualInTheEnd();
    }

    /** Made in one transaction, their columns look alike to whoever compares definitions. */
    @Test
    void twoTablesThatSwapTheirNamesAreNotMixedUp() throws Exception {
        pair.transaction(
                "CREATE TABLE t (id int PRIMARY KEY, v int)",
                "CREATE TABLE u (id int PRIMARY KEY, v int)",
                "INSERT INTO t SELECT g, g FROM generate_series(1, 50) g",
                "INSERT INTO u SELECT g, -g FROM generate_series(30, 90) g");
        pair.stream();
        pair.awaitStorageNoted();
        pair.awaitBondsNoted();
        pair.transaction(
                "UPDATE t SET v = v + 7 WHERE id > 40",
                "ALTER TABLE t RENAME TO between",
                "ALTER TABLE u RENAME TO t",
                "ALTER TABLE between RENAME TO u",
                "UPDATE t SET v = v - 1 WHERE id BETWEEN 60 AND 70",
                "DELETE FROM u WHERE id IN (11, 12)");
        pair.source("UPDATE t SET v = 1000 WHERE id > 80", "DELETE FROM u WHERE id < 10");
        pair.assertEqualInTheEnd();
    }

    @Test
    void aTableThatIsDroppedStaysAsItIsAndTheOthersGoOn() throws Exception {
        pair.source("CREATE TABLE u (id int PRIMARY KEY)", "INSERT INTO u VALUES (1)");
        streaming();
        pair.source("UPDATE t SET v = 0 WHERE id = 1", "DROP TABLE t", "INSERT INTO u VALUES (2)");
        pair.awaitComplete();
        assertThat(pair.rows("SELECT count(*), min(v) FROM t")).containsExactly("50|0");
        assertThat(pair.rows("SELECT id FROM u ORDER BY id")).containsExactly("1", "2");

        pair.stop();
        pair.stream();
        pair.source("INSERT INTO u VALUES (3)");
        pair.awaitComplete();
        assertThat(pair.rows("SELECT count(*), min(v) FROM t")).containsExactly("50|0");
        pair.source("CREATE TABLE t (id int PRIMARY KEY, v int)", "INSERT INTO t VALUES (1, 1)");
        pair.stop();
        pair.stream().assertEqualInTheEnd();
    }

    @Test
    void aTableThatIsDroppedInTheMiddleOfItsCopyLeavesNothingBehind() throws Exception {
        pair.source(
                "CREATE TABLE t (id int PRIMARY KEY, v int)",
                "INSERT INTO t SELECT g, g FROM generate_series(1, 1000) g",
                "CREATE TABLE u (id int PRIMARY KEY)",
                "INSERT INTO u VALUES (1)");
        AtomicBoolean dropped = new AtomicBoolean();
        pair.start(point -> {
            if (point == FaultPoint.SNAPSHOT_TAKEN && dropped.compareAndSet(false, true)) {
                try {
                    pair.source("DROP TABLE t");
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            }
        });
        // TT-501 where it is gone before its copy was planned.
        pair.awaitFailure("t", "TT-5");
        pair.source("INSERT INTO u VALUES (2)");
        pair.settle();
        assertThat(pair.rows("SELECT id FROM u ORDER BY id")).containsExactly("1", "2");

        pair.stop();
        pair.stream();
        pair.source("INSERT INTO u VALUES (3)");
        pair.assertEqual(List.of(new TableId("public", "u")));
        assertThat(pair.rows("SELECT name FROM tidetable.chunk WHERE name = 't'")).isEmpty();
        assertThat(pair.rows("SELECT roname FROM pg_replication_origin")).isEmpty();
        assertThat(
                        pair.rows(
                                "SELECT relname FROM pg_class WHERE relname ~ 'stage|tidetable_' AND relkind = 'r' AND relpersistence = 'u'"))
                .isEmpty();
        assertThat(
                        pair.rowsAtSource(
                                "SELECT slot_name FROM pg_replication_slots WHERE database = current_database() AND slot_name <> 'tidetable_%s_bulk'"
                                        .formatted(pair.databases().sourceName())))
                .isEmpty();
        pair.stop();
        assertThat(
                        pair.rowsAtSource(
                                "SELECT application_name FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'tidetable%'"))
                .isEmpty();
    }

    @Test
    void truncatingTablesThatAreNotReplicatedBesideThoseThatAreEmptiesThose() throws Exception {
        pair.source(
                "CREATE TABLE u (id int PRIMARY KEY)",
                "INSERT INTO u SELECT generate_series(1, 5)");
        streaming();
        pair.source(
                "CREATE UNLOGGED TABLE outside (id int REFERENCES t)",
                "TRUNCATE t, outside, u",
                "INSERT INTO t VALUES (1, 1)",
                "INSERT INTO u VALUES (7)",
                "INSERT INTO outside VALUES (1)",
                "TRUNCATE t RESTART IDENTITY CASCADE",
                "INSERT INTO t VALUES (2, 2)",
                "DROP TABLE outside");
        pair.assertEqual();
    }
}
