package io.tidetable.node.copy;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.node.fault.Faults;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PartitionedCopyTest {
    private CopyWorld world;

    @BeforeEach
    void open() throws Exception {
        world = new CopyWorld();
        world.pair()
                .onSource(
                        "CREATE TABLE clicks (id int, day int, note text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day)",
                        "CREATE TABLE \"Clicks 1\" PARTITION OF clicks FOR VALUES FROM (0) TO (10)",
                        "CREATE TABLE clicks_2 PARTITION OF clicks FOR VALUES FROM (10) TO (20) PARTITION BY LIST (day)",
                        "CREATE TABLE clicks_2a PARTITION OF clicks_2 DEFAULT",
                        "INSERT INTO clicks SELECT i, i % 20, repeat('c', 50) FROM generate_series(1, 4000) i");
        world.pair()
                .onDestination(
                        "CREATE TABLE clicks (day int, id int, note text, PRIMARY KEY (day, id))");
        world.register("clicks");
    }

    @AfterEach
    void close() throws Exception {
        world.close();
    }

    @Test
    void allPartitionsAreCopiedAtAnyDepth() throws Exception {
        CopyResult result = world.copyWhole(world.layout("clicks"));

        world.assertEqual("clicks");
        assertThat(result.mergeNeeded()).isFalse();
    }

    @Test
    void aPartitionThatCameBeforeTheSnapshotIsCopied() throws Exception {
        try (TableCopy copy = world.copyOf(world.layout("clicks"), Faults.NONE)) {
            addPartition();
            CopyResult result = world.complete(copy);
            assertThat(result.mergeNeeded()).isFalse();
        }
        world.assertEqual("clicks");
    }

    @Test
    void aPartitionThatCameAfterTheSnapshotAsksForAMerge() throws Exception {
        try (TableCopy copy = world.copyOf(world.layout("clicks"), Faults.NONE);
                ChunkCopier copier = new ChunkCopier(world.destination, Faults.NONE)) {
            copy.step(copier, CopyPace.UNLIMITED);
            addPartition();
            assertThat(world.complete(copy).mergeNeeded()).isTrue();
        }
    }

    @Test
    void aPartitionThatWentStartsTheCopyOver() throws Exception {
        try (TableCopy copy = world.copyOf(world.layout("clicks"), Faults.NONE);
                ChunkCopier copier = new ChunkCopier(world.destination, Faults.NONE)) {
            CopyWorld.drain(copy, copier);
            world.pair().onSource("ALTER TABLE clicks DETACH PARTITION \"Clicks 1\"");

            assertThat(copy.finish()).isEmpty();
            world.complete(copy);
        }
        world.assertEqual("clicks");
    }

    private void addPartition() throws Exception {
        world.pair()
                .onSource(
                        "CREATE TABLE clicks_3 PARTITION OF clicks FOR VALUES FROM (20) TO (30)",
                        "INSERT INTO clicks SELECT i, 25, 'new' FROM generate_series(1, 500) i");
    }
}
