package io.tidetable.node.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.node.fault.FaultPoint;
import io.tidetable.testkit.AppendOnlyCounters;
import io.tidetable.testkit.BankTransfers;
import io.tidetable.testkit.ChildProcess;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.MixedChanges;
import io.tidetable.testkit.PgbenchLike;
import io.tidetable.testkit.Servers;
import io.tidetable.testkit.Workload;
import io.tidetable.testkit.WorkloadRun;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Nothing is lost and nothing is doubled, wherever the process is killed, under load. */
@Tag("slow")
class KillTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int KILLED = 137;

    /**
     * Transactions a second: with what comes while nothing runs, it is caught up with in seconds.
     */
    private static final double BANK = 300;

    private static final double MIXED = 60;

    private final DatabasePair databases = Servers.freshPair();

    private final BankTransfers transfers = new BankTransfers(200);
    private final AppendOnlyCounters counters = new AppendOnlyCounters(5);

    @TempDir Path directory;

    @AfterEach
    void dropDatabases() throws Exception {
        databases.close();
    }

    @ParameterizedTest
    @EnumSource(names = "CHUNK_WRITTEN")
    void nothingIsLostOrDoubledWhenKilledInTheMiddleOfACopy(FaultPoint point) throws Exception {
        killWhileTablesAreCopied(point);
    }

    @ParameterizedTest
    @EnumSource(
            names = {
                "TABLE_CREATED",
                "SLOT_CREATED",
                "SNAPSHOT_TAKEN",
                "CHUNK_COMMITTED",
                "TABLE_COPIED"
            })
    @Tag("wide")
    void nothingIsLostOrDoubledWhenKilledAtAnyOtherPointOfACopy(FaultPoint point) throws Exception {
        killWhileTablesAreCopied(point);
    }

    private void killWhileTablesAreCopied(FaultPoint point) throws Exception {
        try (WorkloadRun bank = load();
                WorkloadRun mixed = mixed();
                WorkloadRun transferring = run(transfers, 50);
                WorkloadRun counting = run(counters, 25)) {
            killAt(point, 2);
            transferring.stop();
            counting.stop();
            finish(bank, mixed);
        }
        try (Connection destination = databases.connectDestination()) {
            assertThat(transfers.violation(destination)).isEmpty();
            assertThat(counters.violation(destination)).isEmpty();
        }
    }

    @Test
    void nothingIsLostOrDoubledWhenKilledBesideACommit() throws Exception {
        killWhileItStreams(
                List.of(
                        FaultPoint.JOURNAL_APPENDED,
                        FaultPoint.BATCH_WRITTEN,
                        FaultPoint.BATCH_COMMITTED));
    }

    @Test
    @Tag("wide")
    void nothingIsLostOrDoubledWhenKilledAtEachPointOfTheStream() throws Exception {
        killWhileItStreams(
                List.of(
                        FaultPoint.JOURNAL_APPENDED,
                        FaultPoint.JOURNAL_SYNCED,
                        FaultPoint.SLOT_ACKNOWLEDGED,
                        FaultPoint.SEGMENT_SEALED,
                        FaultPoint.BATCH_READ,
                        FaultPoint.BATCH_WRITTEN,
                        FaultPoint.BATCH_COMMITTED,
                        FaultPoint.SLICE_STAGED,
                        FaultPoint.SEGMENT_DELETED));
    }

    private void killWhileItStreams(List<FaultPoint> points) throws Exception {
        try (WorkloadRun bank = load();
                WorkloadRun mixed = mixed();
                WorkloadRun transferring = run(transfers, 50);
                WorkloadRun counting = run(counters, 25)) {
            try (ChildProcess first = start()) {
                first.awaitLine("started", LIMIT);
                first.awaitLine("table public.pgbench_accounts streams", LIMIT);
                first.awaitLine("table public.bank_accounts streams", LIMIT);
                first.awaitLine("table public.counters streams", LIMIT);
            }
            try (ContinuousChecks checks =
                    ContinuousChecks.start(databases.destinationJdbcUrl(), transfers, counters)) {
                points.forEach(point -> killAt(point, 3));
                transferring.stop();
                counting.stop();
                finish(bank, mixed);
                checks.assertNeverViolated();
            }
        }
    }

    @Test
    void nothingIsLostOrDoubledWhenKilledInTheMiddleOfAMerge() throws Exception {
        try (WorkloadRun bank = load();
                WorkloadRun mixed = mixed();
                WorkloadRun transferring = run(transfers, 50);
                WorkloadRun counting = run(counters, 25)) {
            try (ChildProcess first = start()) {
                first.awaitLine("table public.pgbench_accounts streams", LIMIT);
                first.awaitLine("table public.bank_accounts streams", LIMIT);
                first.awaitLine("table public.counters streams", LIMIT);
            }
            databases.onDestination("DELETE FROM pgbench_accounts WHERE aid % 10 = 0");
            try (ContinuousChecks checks =
                    ContinuousChecks.start(databases.destinationJdbcUrl(), transfers, counters)) {
                try (ChildProcess merging = start(FaultPoint.MERGE_WRITTEN.name(), "1")) {
                    merging.awaitLine("started", LIMIT);
                    merging.send("resync public.pgbench_accounts");
                    assertThat(merging.exitCode(LIMIT)).isEqualTo(KILLED);
                }
                transferring.stop();
                counting.stop();
                finish(bank, mixed);
                checks.assertNeverViolated();
            }
        }
    }

    private WorkloadRun load() throws Exception {
        PgbenchLike bank = new PgbenchLike(1, 5_000);
        try (Connection connection = databases.connectSource()) {
            bank.create(connection);
        }
        databases.onSource("ALTER TABLE pgbench_history REPLICA IDENTITY FULL");
        return WorkloadRun.start(bank, databases.sourceJdbcUrl(), 2, 7, BANK);
    }

    private WorkloadRun run(Workload workload, double perSecond) throws Exception {
        try (Connection connection = databases.connectSource()) {
            workload.create(connection);
        }
        return WorkloadRun.start(workload, databases.sourceJdbcUrl(), 1, 9, perSecond);
    }

    private WorkloadRun mixed() throws Exception {
        // Large enough that some transactions are staged in slices, however slow the machine is.
        MixedChanges changes = new MixedChanges(true, true, 2000);
        try (Connection connection = databases.connectSource()) {
            changes.create(connection);
        }
        return WorkloadRun.start(changes, databases.sourceJdbcUrl(), 1, 8, MIXED);
    }

    private void killAt(FaultPoint point, int countdown) {
        System.out.println("killed at " + point);
        try (ChildProcess process = start(point.name(), Integer.toString(countdown))) {
            assertThat(process.exitCode(LIMIT))
                    .as(() -> point + " was not reached: " + process.output())
                    .isEqualTo(KILLED);
        }
    }

    private void finish(WorkloadRun bank, WorkloadRun mixed) throws Exception {
        try (ChildProcess process = start()) {
            process.awaitLine("started", LIMIT);
            bank.stop();
            mixed.stop();
            process.send("finish");
            process.awaitLine("complete", LIMIT);
            process.awaitLine("verified", LIMIT);
            assertThat(process.exitCode(LIMIT)).isZero();
            assertThat(process.line("status failed")).isEmpty();
        }
        databases.comparer().assertEqual();
    }

    private ChildProcess start(String... fault) {
        return ChildProcess.of(PipelineProcess.class)
                .heap("512m")
                .arguments(
                        databases.sourceJdbcUrl(),
                        databases.destinationJdbcUrl(),
                        databases.sourceName(),
                        directory.toString())
                .arguments(fault)
                .start();
    }
}
