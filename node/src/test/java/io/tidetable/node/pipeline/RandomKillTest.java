package io.tidetable.node.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidetable.embedded.PostgresServer;
import io.tidetable.model.TableId;
import io.tidetable.testkit.AppendOnlyCounters;
import io.tidetable.testkit.BankTransfers;
import io.tidetable.testkit.ChildProcess;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import io.tidetable.testkit.Workload;
import io.tidetable.testkit.WorkloadRun;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nothing is lost and nothing is doubled, whenever the process is killed, also when one of the
 * servers stops or crashes at the same time; somebody looks at the status and at the destination
 * all the while. How often is told by {@code -Dtidetable.kills=50}, a run is repeated with the seed
 * it printed by {@code -Dtidetable.kills.seed}.
 */
@Tag("slow")
class RandomKillTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Map<String, String> CONFIGURATION =
            Map.of("max_connections", "200", "max_wal_size", "4GB", "wal_writer_delay", "2s");

    private final BankTransfers bank = new BankTransfers(300);
    private final AppendOnlyCounters counters = new AppendOnlyCounters(8);
    private final AppendOnlyCounters spread =
            new AppendOnlyCounters(new TableId("public", "spread_counters"), 4);

    @TempDir Path directory;

    @Test
    void nothingIsLostOrDoubledWhenKilledTwiceAtRandom() throws Exception {
        killAtRandom(2, Long.getLong("tidetable.kills.seed", System.nanoTime()));
    }

    @Test
    @Tag("wide")
    void nothingIsLostOrDoubledWhenKilledManyTimesAtRandom() throws Exception {
        killAtRandom(
                Integer.getInteger("tidetable.kills", 50),
                Long.getLong("tidetable.kills.seed", System.nanoTime()));
    }

    private void killAtRandom(int kills, long seed) throws Exception {
        System.out.println("seed " + seed);
        SplittableRandom chance = new SplittableRandom(seed);
        long begun = System.nanoTime();
        try (PostgresServer source = PostgresServer.start(CONFIGURATION);
                PostgresServer destination = PostgresServer.start(CONFIGURATION);
                DatabasePair databases = Servers.pairOn(source, destination)) {
            try (WorkloadRun transfers = run(databases, bank, seed + 1, 150);
                    WorkloadRun counting = run(databases, counters, seed + 2, 60);
                    WorkloadRun spreading = run(databases, spread, seed + 3, 40)) {
                startOnce(databases);
                try (ContinuousChecks checks =
                        ContinuousChecks.start(databases.destinationJdbcUrl(), bank, counters)) {
                    for (int kill = 1; kill <= kills; kill++) {
                        kill(databases, chance, transfers, checks);
                        if (kill % 10 == 0) {
                            report(kill, begun, checks, transfers, counting);
                        }
                    }
                    finish(databases, List.of(transfers, counting, spreading));
                    checks.assertNeverViolated();
                    report(kills, begun, checks, transfers, counting);
                }
            }
            databases.comparer().assertEqual();
            assertSound(databases);
        }
    }

    private static WorkloadRun run(
            DatabasePair databases, Workload workload, long seed, double perSecond)
            throws Exception {
        try (Connection connection = databases.connectSource()) {
            workload.create(connection);
        }
        return WorkloadRun.start(workload, databases.sourceJdbcUrl(), 2, seed, perSecond);
    }

    private void startOnce(DatabasePair databases) {
        try (ChildProcess process = start(databases)) {
            process.awaitLine("table public.bank_accounts streams", LIMIT);
            process.awaitLine("table public.counters streams", LIMIT);
            process.awaitLine("table public.spread_counters streams", LIMIT);
        }
    }

    /** One life of the process: mostly it is killed some time after it began to work. */
    private void kill(
            DatabasePair databases,
            SplittableRandom chance,
            WorkloadRun transfers,
            ContinuousChecks checks) {
        try (ChildProcess process = start(databases)) {
            if (chance.nextInt(5) > 0) {
                process.awaitLine("started", LIMIT);
                if (chance.nextInt(6) == 0) {
                    process.send("resync public.spread_counters");
                }
            }
            awaitMore(transfers::committed, chance.nextInt(450));
            int also = chance.nextInt(12);
            boolean sourceStops = also < 2;
            switch (also) {
                case 0 -> databases.sourceServer().stop();
                case 1 -> databases.sourceServer().stopImmediately();
                case 2 -> databases.destinationServer().stop();
                case 3, 4 -> databases.destinationServer().stopImmediately();
                default -> {}
            }
            if (sourceStops) {
                awaitMore(checks::count, chance.nextInt(4));
            } else {
                awaitMore(transfers::committed, chance.nextInt(30));
            }
            boolean servedFirst = chance.nextBoolean();
            if (!servedFirst) {
                end(process);
            }
            switch (also) {
                case 0, 1 -> databases.sourceServer().restart();
                case 2, 3, 4 -> databases.destinationServer().restart();
                default -> {}
            }
            if (servedFirst) {
                awaitMore(transfers::committed, chance.nextInt(75));
                end(process);
            }
        }
    }

    /** The moment of a kill is random in what happens meanwhile, not in time. */
    private static void awaitMore(LongSupplier happened, int more) {
        long until = happened.getAsLong() + more;
        await().atMost(LIMIT)
                .pollInterval(Duration.ofMillis(5))
                .until(() -> happened.getAsLong() >= until);
    }

    private static void end(ChildProcess process) {
        process.kill();
        assertThat(process.line("status failed")).isEmpty();
        assertThat(process.line("failed unexpectedly")).isEmpty();
        assertThat(process.line("lost changes")).isEmpty();
    }

    private void finish(DatabasePair databases, List<WorkloadRun> workloads) {
        try (ChildProcess process = start(databases)) {
            process.awaitLine("started", LIMIT);
            workloads.forEach(WorkloadRun::stop);
            process.send("finish");
            process.awaitLine("complete", LIMIT);
            process.awaitLine("verified", LIMIT);
            assertThat(process.exitCode(LIMIT)).isZero();
            assertThat(process.line("status failed")).isEmpty();
            System.out.println(process.line("status was looked at").orElseThrow());
        }
    }

    private void assertSound(DatabasePair databases) throws Exception {
        try (Connection connection = databases.connectDestination()) {
            assertThat(bank.violation(connection)).isEmpty();
            assertThat(counters.violation(connection)).isEmpty();
            assertThat(spread.violation(connection)).isEmpty();
        }
    }

    private static void report(
            int kills,
            long begun,
            ContinuousChecks checks,
            WorkloadRun transfers,
            WorkloadRun counting) {
        System.out.printf(
                "kills=%d seconds=%d looks=%d violations=%d transfers=%d appends=%d%n",
                kills,
                (System.nanoTime() - begun) / 1_000_000_000L,
                checks.count(),
                checks.violations().size(),
                transfers.committed(),
                counting.committed());
    }

    private ChildProcess start(DatabasePair databases) {
        return ChildProcess.of(PipelineProcess.class)
                .heap("512m")
                .arguments(
                        databases.sourceJdbcUrl(),
                        databases.destinationJdbcUrl(),
                        databases.sourceName(),
                        directory.toString())
                .start();
    }
}
