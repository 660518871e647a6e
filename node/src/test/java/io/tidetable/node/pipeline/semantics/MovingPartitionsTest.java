package io.tidetable.node.pipeline.semantics;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Partitions that come, go and are emptied while changes stream. */
@Tag("slow")
class MovingPartitionsTest {
    private static final String MERGED =
            "SELECT oldest_snapshot, needs_merge, state FROM tidetable.replicated_table WHERE name = 't'";

    private final ReplicatedPair pair = ReplicatedPair.fresh();

    @AfterEach
    void close() throws Exception {
        pair.close();
    }

    private void streaming(boolean partitionedThere) throws Exception {
        pair.source(
                "CREATE TABLE t (id int, day int, v text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day)",
                "CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (0) TO (10)",
                "CREATE TABLE t_2 PARTITION OF t FOR VALUES FROM (10) TO (20)",
                "INSERT INTO t SELECT g, g % 20, 'v' FROM generate_series(1, 100) g");
        if (!partitionedThere) {
            pair.destination("CREATE TABLE t (id int, day int, v text, PRIMARY KEY (id, day))");
        }
        pair.stream();
    }

    @Test
    void rowsOfANewPartitionArriveWithoutAMerge() throws Exception {
        streaming(true);
        var before = pair.rows(MERGED);
        pair.source(
                "CREATE TABLE t_3 PARTITION OF t FOR VALUES FROM (20) TO (30)",
                "INSERT INTO t SELECT g, 25, 'new' FROM generate_series(1, 20) g",
                "UPDATE t SET day = 26 WHERE day = 5");
        pair.assertEqual();
        pair.awaitPartitionsLookedAt();
        assertThat(pair.rows(MERGED)).isEqualTo(before);
    }

    @Test
    void aTableThatHasNoPartitionsYetGetsThemLater() throws Exception {
        pair.source(
                "CREATE TABLE t (id int, day int, v text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day)",
                "CREATE TABLE u (id int, v text) PARTITION BY LIST (id)",
                "ALTER TABLE u REPLICA IDENTITY FULL");
        pair.stream();
        pair.source(
                "CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (0) TO (10)",
                "INSERT INTO t SELECT g, g % 10, 'new' FROM generate_series(1, 20) g",
                "UPDATE t SET v = 'changed' WHERE day = 5");
        pair.assertEqualInTheEnd();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void rowsThatComeWithAnAttachedTableArrive(boolean partitionedThere) throws Exception {
        streaming(partitionedThere);
        pair.source(
                "CREATE TABLE t_3 (id int NOT NULL, day int NOT NULL, v text, PRIMARY KEY (id, day))",
                "INSERT INTO t_3 SELECT g, 25, 'before' FROM generate_series(1, 20) g",
                "ALTER TABLE t ATTACH PARTITION t_3 FOR VALUES FROM (20) TO (30)",
                "INSERT INTO t SELECT g, 25, 'after' FROM generate_series(21, 30) g");
        pair.assertEqualInTheEnd("t_3");
    }

    @Test
    void rowsThatComeWithATableMadeAndAttachedInOneTransactionArrive() throws Exception {
        streaming(true);
        pair.transaction(
                "CREATE TABLE t_3 (id int NOT NULL, day int NOT NULL, v text, PRIMARY KEY (id, day))",
                "INSERT INTO t_3 SELECT g, 25, 'before' FROM generate_series(1, 20) g",
                "ALTER TABLE t ATTACH PARTITION t_3 FOR VALUES FROM (20) TO (30)",
                "INSERT INTO t SELECT g, 25, 'after' FROM generate_series(21, 30) g");
        pair.assertEqualInTheEnd();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ALTER TABLE t DETACH PARTITION t_2", "DROP TABLE t_2", "TRUNCATE t_2"})
    void rowsThatGoWithTheirPartitionGo(String going) throws Exception {
        streaming(true);
        pair.source(going, "UPDATE t SET v = 'after' WHERE day < 10");
        pair.source("DROP TABLE IF EXISTS t_2_away");
        pair.assertEqualInTheEnd("t_2");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ALTER TABLE t DETACH PARTITION t_2", "DROP TABLE t_2", "TRUNCATE t_2"})
    void rowsThatGoWithTheirPartitionGoFromAPlainTableToo(String going) throws Exception {
        streaming(false);
        pair.source(going, "UPDATE t SET v = 'after' WHERE day < 10");
        pair.assertEqualInTheEnd("t_2");
    }

    @Test
    void aPartitionEmptiedWhileThePipelineIsDownIsNoticed() throws Exception {
        streaming(true);
        pair.stop();
        pair.source("TRUNCATE t_2", "INSERT INTO t VALUES (1000, 15, 'after')");
        pair.stream().assertEqualInTheEnd();
    }

    @Test
    void aPartitionThatLeavesAndComesBackIsWhole() throws Exception {
        streaming(true);
        pair.source(
                "ALTER TABLE t DETACH PARTITION t_2",
                "UPDATE t_2 SET v = 'outside'",
                "DELETE FROM t_2 WHERE id % 3 = 0",
                "ALTER TABLE t ATTACH PARTITION t_2 FOR VALUES FROM (10) TO (20)",
                "UPDATE t SET v = 'inside' WHERE id % 5 = 0");
        pair.assertEqualInTheEnd();
    }

    @Test
    void truncatingTheRootEmptiesAll() throws Exception {
        streaming(true);
        pair.source("TRUNCATE t", "INSERT INTO t VALUES (1, 1, 'a'), (2, 15, 'b')");
        pair.assertEqual();
    }

    @Test
    void aSubPartitionedTableIsAttachedWithItsRows() throws Exception {
        streaming(true);
        pair.source(
                "CREATE TABLE s (id int NOT NULL, day int NOT NULL, v text, PRIMARY KEY (id, day)) PARTITION BY LIST (id)",
                "CREATE TABLE s_1 PARTITION OF s FOR VALUES IN (1, 2)",
                "CREATE TABLE s_rest PARTITION OF s DEFAULT",
                "INSERT INTO s SELECT g, 35, 'before' FROM generate_series(1, 20) g",
                "ALTER TABLE t ATTACH PARTITION s FOR VALUES FROM (30) TO (40)",
                "INSERT INTO t VALUES (100, 36, 'after')");
        pair.assertEqualInTheEnd("s");
    }
}
