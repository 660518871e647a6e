package io.tidetable.node.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.node.fault.FaultPoint;
import io.tidetable.testkit.ChildProcess;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import io.tidetable.testkit.WorkloadRun;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that is killed at any moment of a switch completes it after the next start, and no
 * change is lost or doubled by it.
 */
@Tag("slow")
class StrategyKillTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int KILLED = 137;

    /** Every state of a switch; what is before the first was never decided. */
    private static final List<FaultPoint> MOMENTS =
            List.of(
                    FaultPoint.STRATEGY_DECIDED,
                    FaultPoint.STRATEGY_RESOLVED,
                    FaultPoint.MERGE_WRITTEN,
                    FaultPoint.STRATEGY_MERGED,
                    FaultPoint.STRATEGY_SETTLED);

    private final DatabasePair databases = Servers.freshPair();

    @TempDir Path directory;

    @AfterEach
    void dropDatabases() throws Exception {
        databases.close();
    }

    @Test
    void aSwitchThatIsKilledWithItsRowsThereAndNotSaidSoIsCompleted() throws Exception {
        try (WorkloadRun load = load()) {
            prepare();
            killAt(FaultPoint.STRATEGY_MERGED, "functional");
            finish(load);
        }
    }

    @Test
    @Tag("wide")
    void aSwitchThatIsKilledAtEachOfItsMomentsIsCompleted() throws Exception {
        try (WorkloadRun load = load()) {
            prepare();
            // Functional and back: each merge has rows to write.
            String[] turns = {"functional", "delta"};
            for (int i = 0; i < MOMENTS.size(); i++) {
                killAt(MOMENTS.get(i), turns[i % 2]);
                startAndSettle(turns[i % 2]);
            }
            finish(load);
        }
    }

    @Test
    @Tag("wide")
    void everySwitchThatIsKilledAtEachOfItsMomentsIsCompleted() throws Exception {
        try (WorkloadRun load = load()) {
            prepare();
            // Each of the twelve ordered pairs once a moment.
            for (FaultPoint moment : MOMENTS) {
                String from = "delta";
                for (String to :
                        List.of(
                                "full",
                                "delta",
                                "sampling",
                                "delta",
                                "functional",
                                "full",
                                "sampling",
                                "full",
                                "functional",
                                "sampling",
                                "functional",
                                "delta")) {
                    boolean writes = to.equals("functional") || from.equals("functional");
                    if (moment != FaultPoint.MERGE_WRITTEN || writes) {
                        killAt(moment, to);
                    }
                    startAndSettle(to);
                    from = to;
                }
            }
            finish(load);
        }
    }

    private WorkloadRun load() throws Exception {
        Parcels parcels = new Parcels();
        try (Connection connection = databases.connectSource()) {
            parcels.create(connection);
        }
        return WorkloadRun.start(parcels, databases.sourceJdbcUrl(), 2, 21, 300);
    }

    private void prepare() {
        try (ChildProcess process = start()) {
            process.awaitLine("table public.parcels streams", LIMIT);
        }
    }

    private void killAt(FaultPoint moment, String next) {
        try (ChildProcess process = start(moment.name())) {
            process.awaitLine("started", LIMIT);
            process.send("switch " + next);
            assertThat(process.exitCode(LIMIT))
                    .as(() -> moment + " was not reached: " + process.output())
                    .isEqualTo(KILLED);
        }
    }

    /** It goes on by itself; asking for it again only waits for it. */
    private void startAndSettle(String next) {
        try (ChildProcess process = start()) {
            process.awaitLine("started", LIMIT);
            process.send("switch " + next);
            process.awaitLine("has " + next, LIMIT);
            process.kill();
        }
    }

    private void finish(WorkloadRun load) throws Exception {
        try (ChildProcess process = start()) {
            process.awaitLine("started", LIMIT);
            process.send("switch delta");
            process.awaitLine("has delta", LIMIT);
            load.stop();
            process.send("finish");
            process.awaitLine("complete", LIMIT);
            process.awaitLine("verified", LIMIT);
            assertThat(process.exitCode(LIMIT)).isZero();
        }
        databases.comparer().assertEqual();
    }

    private ChildProcess start(String... fault) {
        return ChildProcess.of(StrategyProcess.class)
                .heap("512m")
                .arguments(
                        databases.sourceJdbcUrl(),
                        databases.destinationJdbcUrl(),
                        databases.sourceName(),
                        directory.toString(),
                        "false")
                .arguments(fault)
                .start();
    }
}
