package io.tidetable.node.pipeline;

import static io.tidetable.node.pipeline.Arrivals.awaitComplete;

import io.tidetable.embedded.PostgresServer;
import io.tidetable.model.Consistency;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.model.status.TableStatus;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A source that crashes in the middle of a move, and takes back what it had not flushed, also
 * changes of its publications: the move is carried through and nothing is lost or doubled.
 */
@Tag("slow")
class SourceCrashInAMoveTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final TableId HOT = new TableId("public", "hot");

    @TempDir Path directory;

    @Test
    void aMoveIsCarriedThroughWhereverTheSourceCrashes() throws Exception {
        crashAt(List.of(FaultPoint.MOVE_READ));
    }

    @Test
    @Tag("wide")
    void aMoveIsCarriedThroughWhereverElseTheSourceCrashes() throws Exception {
        crashAt(
                List.of(
                        FaultPoint.MOVE_DECIDED,
                        FaultPoint.MOVE_ADDED,
                        FaultPoint.MOVE_SETTLED,
                        FaultPoint.MOVE_TURNED,
                        FaultPoint.MOVE_DROPPED,
                        FaultPoint.MOVE_FLUSHED,
                        FaultPoint.MOVE_NOTED));
    }

    private void crashAt(List<FaultPoint> steps) throws Exception {
        try (PostgresServer source =
                        PostgresServer.start(
                                Map.of(
                                        "wal_level",
                                        "logical",
                                        "synchronous_commit",
                                        "off",
                                        "wal_writer_delay",
                                        "1s"));
                DatabasePair databases = Servers.pairOn(source, Servers.destination())) {
            databases.onSource(
                    "CREATE TABLE hot (id int PRIMARY KEY, value int)",
                    "CREATE TABLE cold (id int PRIMARY KEY, value int)",
                    "INSERT INTO hot SELECT g, 0 FROM generate_series(1, 100) g");
            for (FaultPoint step : steps) {
                Gate reached = new Gate(step, "move-");
                try (Pipeline pipeline =
                        new PipelineBuilder(databases, directory)
                                .rule("public.hot", new Consistency.Table(), Track.EXPRESS)
                                .with(reached)
                                .build()) {
                    pipeline.start();
                    awaitComplete(pipeline);
                    // There and back: not every step is on both ways.
                    for (int way = 0; way < 2; way++) {
                        reached.close();
                        Track to = ride(pipeline) == Track.BULK ? Track.EXPRESS : Track.BULK;
                        databases.onSource("UPDATE hot SET value = value + 1 WHERE id < 50");
                        pipeline.move(HOT, to);
                        Awaitility.await()
                                .atMost(LIMIT)
                                .until(() -> reached.isReached() || arrived(pipeline, to));
                        databases.onSource("UPDATE hot SET value = value + 1 WHERE id < 40");
                        source.stopImmediately();
                        source.restart();
                        databases.onSource("UPDATE hot SET value = value + 1 WHERE id < 30");
                        reached.open();
                        databases.onSource("UPDATE hot SET value = value * 2 WHERE id < 20");
                        Awaitility.await().atMost(LIMIT).until(() -> arrived(pipeline, to));
                        databases.onSource("UPDATE hot SET value = value + 1 WHERE id < 10");
                        awaitComplete(pipeline);
                        databases.comparer().assertEqual();
                    }
                } finally {
                    reached.open();
                }
            }
        }
    }

    private static Track ride(Pipeline pipeline) {
        return status(pipeline).track();
    }

    private static boolean arrived(Pipeline pipeline, Track to) {
        TableStatus status = status(pipeline);
        return status.track() == to && status.move() == null;
    }

    private static TableStatus status(Pipeline pipeline) {
        return pipeline.status().destinations().getFirst().tables().stream()
                .filter(it -> it.table().equals(HOT))
                .findFirst()
                .orElseThrow();
    }
}
