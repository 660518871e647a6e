package io.tidetable.node.merge;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.model.ByteSize;
import io.tidetable.node.copy.ChunkCopier;
import io.tidetable.node.copy.CopyPace;
import io.tidetable.node.copy.CopySettings;
import io.tidetable.node.copy.CopyStep;
import io.tidetable.node.copy.CopyWorld;
import io.tidetable.node.copy.TableCopy;
import io.tidetable.node.fault.Faults;
import io.tidetable.testkit.ChildProcess;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Prints how long copies and merges of large tables take here. */
@Tag("wide")
class LargeTablesTest {
    private static final String CLICKS =
            "CREATE TABLE clicks (id int PRIMARY KEY, at timestamptz, amount numeric, note text)";
    private static final String ROWS =
            "INSERT INTO clicks SELECT i, now(), i / 7.0, repeat(md5(i::text), 3) FROM generate_series(1, ";

    @Test
    void aMillionRowsOfAnySortOfDamageAreMergedInASmallHeap() throws Exception {
        try (CopyWorld world = new CopyWorld()) {
            world.pair().onBoth(CLICKS);
            world.pair().onSource(ROWS + "1000000) i", "ANALYZE clicks");

            merge(world, "all missing", "inserted=1000000");
            merge(world, "equal", "inserted=0, updated=0, deleted=0");
            world.pair().onDestination("UPDATE clicks SET note = 'x' WHERE id % 1000 = 0");
            merge(world, "a thousand differ", "updated=1000,");
            world.pair().onDestination("UPDATE clicks SET note = 'x'");
            merge(world, "all differ", "updated=1000000");
            world.pair().onSource("TRUNCATE clicks");
            merge(world, "all extra", "deleted=1000000");
        }
    }

    private static void merge(CopyWorld world, String what, String expected) throws Exception {
        try (ChildProcess child =
                ChildProcess.of(MergeChild.class)
                        .heap("64m")
                        .arguments(world.pair().sourceJdbcUrl(), world.pair().destinationJdbcUrl())
                        .start()) {
            String result = child.awaitLine("MergeResult[", Duration.ofMinutes(10));
            System.out.println(what + ": " + result);
            assertThat(result).contains(expected);
        }
        world.assertEqual("clicks");
    }

    @Test
    void twoMillionRowsAreCopiedByOneThreadAndByTwo() throws Exception {
        try (CopyWorld world = new CopyWorld()) {
            world.pair().onBoth(CLICKS);
            world.pair().onSource(ROWS + "2000000) i", "VACUUM ANALYZE clicks", "CHECKPOINT");
            world.register("clicks");
            CopySettings settings =
                    new CopySettings(ByteSize.megabytes(64), Duration.ofMinutes(30));
            for (int threads : new int[] {1, 2, 1, 2}) {
                world.pair()
                        .onDestination(
                                "DELETE FROM tidetable.chunk", "TRUNCATE clicks", "CHECKPOINT");
                long begun = System.nanoTime();
                try (TableCopy copy =
                                world.copyOf(
                                        world.layout("clicks"),
                                        settings,
                                        Faults.NONE,
                                        InstantSource.system());
                        ExecutorService pool = Executors.newFixedThreadPool(threads)) {
                    List<Future<?>> copiers = new ArrayList<>();
                    for (int i = 0; i < threads; i++) {
                        copiers.add(
                                pool.submit(() -> {
                                    try (ChunkCopier copier =
                                            new ChunkCopier(world.destination, Faults.NONE)) {
                                        return copyMost(copy, copier);
                                    }
                                }));
                    }
                    for (Future<?> copier : copiers) {
                        copier.get();
                    }
                    try (ChunkCopier copier = new ChunkCopier(world.destination, Faults.NONE)) {
                        CopyWorld.drain(copy, copier);
                    }
                    assertThat(copy.finish().orElseThrow().rows()).isEqualTo(2_000_000);
                }
                double seconds = (System.nanoTime() - begun) / 1e9;
                System.out.printf(
                        "copy of 2M rows, %d threads: %.1f s, %.0f rows/s%n",
                        threads, seconds, 2e6 / seconds);
            }
            world.assertEqual("clicks");
        }
    }

    private static int copyMost(TableCopy copy, ChunkCopier copier) throws InterruptedException {
        int chunks = 0;
        while (copy.step(copier, CopyPace.UNLIMITED) instanceof CopyStep.Copied) {
            chunks++;
        }
        return chunks;
    }
}
