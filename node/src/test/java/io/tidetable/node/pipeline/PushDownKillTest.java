package io.tidetable.node.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.node.fault.FaultPoint;
import io.tidetable.testkit.ChildProcess;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import io.tidetable.testkit.WorkloadRun;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that is killed at any moment while publications begin to carry more or less of a table
 * misses nothing that its lanes need: no merge comes after the one of the switch that could hide
 * it.
 */
@Tag("slow")
class PushDownKillTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int KILLED = 137;

    private static final String LEFT_OUT =
            """
            SELECT count(*) > 0 FROM pg_publication_rel
            WHERE prrelid = 'parcels'::regclass AND (prattrs IS NOT NULL OR prqual IS NOT NULL)
            """;

    private final DatabasePair databases = Servers.freshPair();

    @TempDir Path directory;

    @AfterEach
    void dropDatabases() throws Exception {
        databases.close();
    }

    @Test
    void aProcessThatIsKilledOnceMoreIsSentBringsIt() throws Exception {
        try (WorkloadRun load = load()) {
            prepare("few");
            killAt(FaultPoint.PUBLICATION_WIDENED, "more");
            settleAndVerify(load, "more");
        }
    }

    @Test
    @Tag("wide")
    void aProcessThatIsKilledAtAnyMomentOfAChangeOfWhatIsSentCompletesIt() throws Exception {
        try (WorkloadRun load = load()) {
            prepare("few");
            for (FaultPoint moment :
                    List.of(
                            FaultPoint.STRATEGY_DECIDED,
                            FaultPoint.PUBLICATION_WIDENING,
                            FaultPoint.PUBLICATION_WIDENED,
                            FaultPoint.PUBLICATION_FENCED,
                            FaultPoint.STRATEGY_RESOLVED,
                            FaultPoint.STRATEGY_MERGED,
                            FaultPoint.STRATEGY_SETTLED,
                            FaultPoint.PUBLICATION_NARROWING,
                            FaultPoint.PUBLICATION_NARROWED)) {
                for (String next : List.of("more", "other", "few")) {
                    killAt(moment, next);
                    settleAndVerify(load, next);
                }
            }
        }
    }

    @Test
    @Tag("wide")
    void aProcessThatIsKilledOnItsWayToAnotherStrategyCompletesThat() throws Exception {
        try (WorkloadRun load = load()) {
            prepare("few");
            for (FaultPoint moment :
                    List.of(
                            FaultPoint.PUBLICATION_WIDENING,
                            FaultPoint.PUBLICATION_WIDENED,
                            FaultPoint.PUBLICATION_FENCED,
                            FaultPoint.STRATEGY_SETTLED)) {
                for (String next : List.of("delta", "full")) {
                    killAt(moment, next);
                    settleAndVerify(load, next);
                    prepare("few");
                }
            }
        }
    }

    private WorkloadRun load() throws Exception {
        Parcels parcels = new Parcels();
        try (Connection connection = databases.connectSource()) {
            parcels.create(connection);
        }
        return WorkloadRun.start(parcels, databases.sourceJdbcUrl(), 2, 21, 300);
    }

    /** It has the strategy, and no more is sent than that needs. */
    private void prepare(String strategy) {
        try (ChildProcess process = start()) {
            process.awaitLine("started", LIMIT);
            process.send("switch " + strategy);
            process.awaitLine("has " + strategy, LIMIT);
            awaitLeftOut();
            process.kill();
        }
    }

    private void awaitLeftOut() {
        Awaitility.await()
                .atMost(LIMIT)
                .until(() -> {
                    try (Connection connection = databases.connectSource();
                            Statement statement = connection.createStatement();
                            ResultSet row = statement.executeQuery(LEFT_OUT)) {
                        row.next();
                        return row.getBoolean(1);
                    }
                });
    }

    private void killAt(FaultPoint moment, String next) {
        awaitLeftOut();
        try (ChildProcess process = start(moment.name())) {
            process.awaitLine("started", LIMIT);
            process.send("switch " + next);
            assertThat(process.exitCode(LIMIT))
                    .as(() -> moment + " was not reached: " + process.output())
                    .isEqualTo(KILLED);
        }
    }

    /** The switch goes on by itself; then what was streamed since is compared as it stands. */
    private void settleAndVerify(WorkloadRun load, String next) throws SQLException {
        try (ChildProcess process = start()) {
            process.awaitLine("started", LIMIT);
            process.send("switch " + next);
            process.awaitLine("has " + next, LIMIT);
            boolean functional = List.of("few", "more", "other").contains(next);
            if (functional) {
                awaitLeftOut();
            }
            long committed = load.committed();
            Awaitility.await().atMost(LIMIT).until(() -> load.committed() > committed + 100);
            process.send("finish");
            process.awaitLine("complete", LIMIT);
            process.awaitLine("verified", LIMIT);
            assertThat(process.exitCode(LIMIT)).isZero();
        }
    }

    private ChildProcess start(String... fault) {
        return ChildProcess.of(StrategyProcess.class)
                .heap("512m")
                .arguments(
                        databases.sourceJdbcUrl(),
                        databases.destinationJdbcUrl(),
                        databases.sourceName(),
                        directory.toString(),
                        "true")
                .arguments(fault)
                .start();
    }
}
