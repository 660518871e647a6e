package io.tidetable.node.pipeline.semantics;

import io.tidetable.model.TableId;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tables that come, go and change their names. */
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

    @Test
    void twoTablesThatSwapTheirNamesAreNotMixedUp() throws Exception {
        pair.source(
                "CREATE TABLE u (id int PRIMARY KEY, v int)",
                "INSERT INTO u SELECT g, -g FROM generate_series(30, 90) g");
        streaming();
        pair.awaitStorageNoted();
        pair.transaction(
                "ALTER TABLE t RENAME TO between",
                "ALTER TABLE u RENAME TO t",
                "ALTER TABLE between RENAME TO u");
        pair.source("UPDATE t SET v = 1000 WHERE id > 80", "DELETE FROM u WHERE id < 10");
        pair.assertEqualInTheEnd();
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
