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
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nothing is lost, doubled or reordered when the process is killed at any step of a move between
 * tracks, under load and with transactions held open, and streamed, across the cut.
 */
@Timeout(value = 15, unit = TimeUnit.MINUTES)
@Tag("slow")
class TrackMoveKillTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int KILLED = 137;

    /**
     * Transactions a second: with what comes while nothing runs, it is caught up with in seconds.
     */
    private static final double BANK = 300;

    private static final double MIXED = 60;

    private static final List<FaultPoint> STEPS =
            List.of(
                    FaultPoint.MOVE_DECIDED,
                    FaultPoint.MOVE_ADDING,
                    FaultPoint.MOVE_ADDED,
                    FaultPoint.MOVE_SETTLED,
                    FaultPoint.MOVE_TURNED,
                    FaultPoint.MOVE_READ,
                    FaultPoint.MOVE_DROPPING,
                    FaultPoint.MOVE_DROPPED,
                    FaultPoint.MOVE_FLUSHED,
                    FaultPoint.MOVE_NOTED,
                    FaultPoint.MOVE_ENDED,
                    FaultPoint.MOVE_TAKEN_BACK);

    /** A table of each kind of lane: key lanes, a group, a table without key, a lane of its own. */
    private static final List<String> MOVED =
            List.of(
                    "public.pgbench_accounts",
                    "public.pgbench_tellers",
                    "public.pgbench_history",
                    "public.orders",
                    "public.bank_accounts",
                    "public.counters");

    private final BankTransfers transfers = new BankTransfers(200);
    private final AppendOnlyCounters counters = new AppendOnlyCounters(5);
    private boolean byCommand;

    private final DatabasePair databases = Servers.freshPair();

    @TempDir Path directory;

    @AfterEach
    void dropDatabases() throws Exception {
        databases.close();
    }

    @Test
    void nothingIsLostOrDoubledWhenKilledAtStepsOfMoves() throws Exception {
        kill(3, true);
    }

    @Test
    @Tag("wide")
    void nothingIsLostOrDoubledWhenKilledAtEachStepOfMoves() throws Exception {
        kill(6 * STEPS.size(), true);
    }

    @Test
    @Tag("wide")
    void nothingIsLostOrDoubledWhenKilledAtEachStepOfMovesByCommand() throws Exception {
        kill(4 * STEPS.size(), false);
    }

    /**
     * Kills, each time at another step.
     *
     * @param waysOut whether bulk carries tables beside express, so that they leave it at once
     */
    private void kill(int kills, boolean waysOut) throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        byCommand = !waysOut;
        Random chance = new Random(seed);
        databases.onSource(
                "ALTER DATABASE \"%s\" SET logical_decoding_work_mem = '64kB'"
                        .formatted(databases.sourceName()));
        try (WorkloadRun bank = bank();
                WorkloadRun mixed = mixed();
                WorkloadRun transferring = run(transfers, 50);
                WorkloadRun counting = run(counters, 25)) {
            try (ChildProcess first = start(null)) {
                first.awaitLine("started", LIMIT);
                first.awaitLine("table public.pgbench_accounts streams", LIMIT);
                first.awaitLine("table public.bank_accounts streams", LIMIT);
                first.awaitLine("table public.counters streams", LIMIT);
            }
            try (ContinuousChecks checks =
                    ContinuousChecks.start(databases.destinationJdbcUrl(), transfers, counters)) {
                killAtSteps(kills, chance, bank);
                transferring.stop();
                counting.stop();
                finish(bank, mixed);
                checks.assertNeverViolated();
            }
        }
        databases.comparer().assertEqual();
    }

    private void killAtSteps(int kills, Random chance, WorkloadRun bank) throws Exception {
        List<FaultPoint> steps = new ArrayList<>(STEPS);
        if (byCommand) {
            // Without bulk beside express nothing can be taken back.
            steps.remove(FaultPoint.MOVE_TAKEN_BACK);
        }
        for (int number = 0; number < kills; number++) {
            if (number % steps.size() == 0) {
                Collections.shuffle(steps, chance);
            }
            String table = MOVED.get(chance.nextInt(MOVED.size()));
            killAt(steps.get(number % steps.size()), table, bank, number + 1);
        }
    }

    private void killAt(FaultPoint step, String table, WorkloadRun bank, int number)
            throws Exception {
        try (Connection held = session();
                Connection giant = session();
                ChildProcess process = start(step)) {
            hold(held, number, 0);
            fill(giant, number);
            send(process, step, table);
            // A move that goes on from the last kill may reach the step before it has started.
            Awaitility.await()
                    .atMost(LIMIT)
                    .until(() -> !process.isAlive() || process.line("started").isPresent());
            long until = bank.committed() + 200;
            Awaitility.await().atMost(LIMIT).until(() -> bank.committed() >= until);
            hold(held, number, 1);
            fill(giant, number);
            held.commit();
            giant.commit();
            awaitDeath(process, step, table);
            assertThat(process.exitCode(LIMIT))
                    .as(() -> step + " was not reached: " + process.output())
                    .isEqualTo(KILLED);
        }
    }

    /** A step may belong to the way there or to the way back only. */
    private static void awaitDeath(ChildProcess process, FaultPoint step, String table) {
        Awaitility.await()
                .atMost(LIMIT)
                .pollInterval(Duration.ofMillis(300))
                .until(() -> {
                    if (process.isAlive()) {
                        try {
                            send(process, step, table);
                        } catch (RuntimeException e) {
                            // It died just now.
                            return !process.isAlive();
                        }
                    }
                    return !process.isAlive();
                });
    }

    private static void send(ChildProcess process, FaultPoint step, String table) {
        if (step == FaultPoint.MOVE_TAKEN_BACK) {
            process.send("track " + table + " express");
            process.send("track " + table + " bulk");
        } else {
            process.send("track " + table + " other");
        }
    }

    /** Small changes of a transaction that stays open, with what is taken back of it. */
    private static void hold(Connection session, int number, int part) throws SQLException {
        int first = 1_000_000 + number * 100;
        run(
                session,
                "SAVEPOINT kept",
                "INSERT INTO pgbench_accounts (aid, bid, abalance) SELECT g, 1, %d FROM generate_series(%d, %d) g ON CONFLICT (aid) DO UPDATE SET abalance = pgbench_accounts.abalance + 7"
                        .formatted(part, first + part * 10, first + 20),
                "INSERT INTO pgbench_history (tid, bid, aid, delta) VALUES (1, 1, %d, %d)"
                        .formatted(first, part),
                "SAVEPOINT dropped",
                "DELETE FROM pgbench_accounts WHERE aid BETWEEN %d AND %d"
                        .formatted(first, first + 99),
                "INSERT INTO pgbench_history (tid, bid, aid, delta) VALUES (9, 9, 9, 9)",
                "INSERT INTO pgbench_tellers (tid, bid, tbalance) VALUES (%d, 1, 0)"
                        .formatted(first + part),
                "ROLLBACK TO dropped",
                "INSERT INTO pgbench_tellers (tid, bid, tbalance) VALUES (%d, 1, %d)"
                        .formatted(first + part, part),
                "RELEASE kept",
                "UPDATE pgbench_tellers SET tbalance = tbalance + 1 WHERE tid = " + first,
                "DELETE FROM pgbench_accounts WHERE aid = %d".formatted(first + part));
    }

    /** Much more than the source keeps in memory: it is streamed while it is open. */
    private static void fill(Connection session, int number) throws SQLException {
        int first = 10_000_000 + number * 100_000;
        run(
                session,
                "INSERT INTO pgbench_history (tid, bid, aid, delta) SELECT 2, 2, g, 0 FROM generate_series(1, 5000) g",
                "INSERT INTO pgbench_accounts (aid, bid, abalance) SELECT g, 2, 1 FROM generate_series(%d, %d) g ON CONFLICT (aid) DO UPDATE SET abalance = pgbench_accounts.abalance + 1"
                        .formatted(first, first + 3_000),
                "DELETE FROM pgbench_accounts WHERE aid BETWEEN %d AND %d"
                        .formatted(first + 1_000, first + 1_500));
    }

    private WorkloadRun bank() throws Exception {
        PgbenchLike bank = new PgbenchLike(1, 5_000);
        try (Connection connection = databases.connectSource()) {
            bank.create(connection);
        }
        databases.onSource("ALTER TABLE pgbench_history REPLICA IDENTITY FULL");
        return WorkloadRun.start(bank, databases.sourceJdbcUrl(), 2, 7, BANK);
    }

    private WorkloadRun mixed() throws Exception {
        // A truncate would wait for the sessions that are held, and everybody for the truncate.
        MixedChanges changes = new MixedChanges(true, false, 500);
        try (Connection connection = databases.connectSource()) {
            changes.create(connection);
        }
        return WorkloadRun.start(changes, databases.sourceJdbcUrl(), 1, 8, MIXED);
    }

    private WorkloadRun run(Workload workload, double perSecond) throws Exception {
        try (Connection connection = databases.connectSource()) {
            workload.create(connection);
        }
        return WorkloadRun.start(workload, databases.sourceJdbcUrl(), 1, 9, perSecond);
    }

    private Connection session() throws SQLException {
        Connection connection = databases.connectSource();
        connection.setAutoCommit(false);
        return connection;
    }

    private static void run(Connection connection, String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private void finish(WorkloadRun bank, WorkloadRun mixed) throws Exception {
        try (ChildProcess process = start(null)) {
            process.awaitLine("started", LIMIT);
            bank.stop();
            mixed.stop();
            process.send("finish");
            process.awaitLine("complete", LIMIT);
            process.awaitLine("verified", LIMIT);
            assertThat(process.exitCode(LIMIT)).isZero();
        }
    }

    private ChildProcess start(@Nullable FaultPoint deadly) {
        List<String> more = new ArrayList<>();
        if (deadly != null || byCommand) {
            more.add((deadly == null ? FaultPoint.MOVE_ENDED : deadly).name());
            more.add(deadly == null ? "1000000" : "1");
        }
        if (byCommand) {
            more.add("by command");
        }
        return ChildProcess.of(PipelineProcess.class)
                .heap("512m")
                .arguments(
                        databases.sourceJdbcUrl(),
                        databases.destinationJdbcUrl(),
                        databases.sourceName(),
                        directory.toString())
                .arguments(more.toArray(String[]::new))
                .start();
    }
}
