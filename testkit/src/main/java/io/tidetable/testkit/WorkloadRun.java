package io.tidetable.testkit;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A workload being run by clients of its own, each a thread with its own connection and its own
 * chance derived from one seed. Deadlocks, serialization failures and lost connections are tried
 * again; any other error ends the run and is thrown by {@link #stop}.
 */
public final class WorkloadRun implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WorkloadRun.class);
    private static final long RECONNECT_NANOS = 50_000_000L;

    private final Workload workload;
    private final String jdbcUrl;
    private final long nanosBetween;
    private final AtomicLong nextStart = new AtomicLong();
    private final AtomicLong committed = new AtomicLong();
    private final AtomicLong retried = new AtomicLong();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final List<Thread> clients = new ArrayList<>();
    private volatile boolean stopping;

    private WorkloadRun(Workload workload, String jdbcUrl, double transactionsPerSecond) {
        this.workload = workload;
        this.jdbcUrl = jdbcUrl;
        this.nanosBetween =
                Double.isInfinite(transactionsPerSecond)
                        ? 0
                        : Math.max(1, (long) (1e9 / transactionsPerSecond));
    }

    /** Starts it as fast as it goes, with the seed printed. */
    public static WorkloadRun start(Workload workload, String jdbcUrl, int clients, long seed) {
        return start(workload, jdbcUrl, clients, seed, Double.POSITIVE_INFINITY);
    }

    /**
     * Starts it at a rate.
     *
     * @param transactionsPerSecond of all clients together
     */
    public static WorkloadRun start(
            Workload workload,
            String jdbcUrl,
            int clients,
            long seed,
            double transactionsPerSecond) {
        if (clients < 1 || !(transactionsPerSecond > 0)) {
            throw new IllegalArgumentException(
                    "a workload needs clients and a rate, got %d and %s"
                            .formatted(clients, transactionsPerSecond));
        }
        LOG.info(
                "workload {} starts: {} clients, seed {}",
                workload.getClass().getSimpleName(),
                clients,
                seed);
        WorkloadRun run = new WorkloadRun(workload, jdbcUrl, transactionsPerSecond);
        run.nextStart.set(System.nanoTime());
        SplittableRandom chance = new SplittableRandom(seed);
        for (int number = 0; number < clients; number++) {
            SplittableRandom own = chance.split();
            run.clients.add(
                    Thread.ofVirtual()
                            .name(workload.getClass().getSimpleName() + "-" + number)
                            .start(() -> run.client(own)));
        }
        return run;
    }

    /**
     * Runs a number of transactions in the calling thread: the same seed gives the same rows on an
     * equal database.
     */
    public static void once(Workload workload, Connection connection, long seed, int transactions)
            throws SQLException {
        SplittableRandom random = new SplittableRandom(seed);
        boolean autoCommit = connection.getAutoCommit();
        connection.setAutoCommit(false);
        try {
            for (int number = 0; number < transactions; number++) {
                workload.transaction(connection, random);
                connection.commit();
            }
        } finally {
            connection.rollback();
            connection.setAutoCommit(autoCommit);
        }
    }

    /** How many transactions have been committed, as far as the clients know. */
    public long committed() {
        return committed.get();
    }

    /** How many transactions had to be tried again. */
    public long retried() {
        return retried.get();
    }

    /** Whether all clients still work. */
    public boolean isHealthy() {
        return failure.get() == null;
    }

    /**
     * Ends all clients after their current transaction.
     *
     * @throws IllegalStateException when one of them had failed
     */
    public void stop() {
        stopping = true;
        clients.forEach(LockSupport::unpark);
        boolean interrupted = false;
        for (Thread client : clients) {
            while (true) {
                try {
                    client.join();
                    break;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        Throwable cause = failure.getAndSet(null);
        if (cause != null) {
            throw new IllegalStateException("the workload failed: " + cause.getMessage(), cause);
        }
    }

    /** Ends it, as {@link #stop}. */
    @Override
    public void close() {
        stop();
    }

    private void client(SplittableRandom random) {
        try {
            while (!stopping) {
                try (Connection connection = DriverManager.getConnection(jdbcUrl)) {
                    connection.setAutoCommit(false);
                    transactions(connection, random);
                } catch (SQLException e) {
                    if (!isLostConnection(e)) {
                        throw e;
                    }
                    retried.incrementAndGet();
                    LockSupport.parkNanos(RECONNECT_NANOS);
                }
            }
        } catch (Throwable e) {
            failure.compareAndSet(null, e);
            stopping = true;
        }
    }

    private void transactions(Connection connection, SplittableRandom random) throws SQLException {
        while (awaitTurn()) {
            try {
                workload.transaction(connection, random);
                connection.commit();
                committed.incrementAndGet();
            } catch (SQLException e) {
                if (!isConflict(e)) {
                    throw e;
                }
                connection.rollback();
                retried.incrementAndGet();
            }
        }
    }

    /** Waits until the next start; false when the run ends. Starts that were missed are made up. */
    private boolean awaitTurn() {
        if (nanosBetween > 0) {
            long start = nextStart.getAndAdd(nanosBetween);
            for (long left = start - System.nanoTime();
                    left > 0 && !stopping;
                    left = start - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
        }
        return !stopping;
    }

    private static boolean isConflict(SQLException e) {
        return "40001".equals(e.getSQLState()) || "40P01".equals(e.getSQLState());
    }

    private static boolean isLostConnection(SQLException e) {
        String state = e.getSQLState();
        return state != null && (state.startsWith("08") || state.startsWith("57P"));
    }
}
