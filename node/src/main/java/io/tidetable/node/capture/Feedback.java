package io.tidetable.node.capture;

import io.tidetable.model.Lsn;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.fault.Faults;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The thread that tells one connection's server what is durable: when that has moved, and otherwise
 * at an interval, whatever the reading thread is waiting for.
 */
final class Feedback {
    /** Time between two looks at the durable position. */
    private static final long LOOK_NANOS = 100_000_000;

    private static final Duration LONGEST_STOP = Duration.ofSeconds(1);

    private final TrackConnection connection;
    private final Supplier<Lsn> durable;
    private final Faults faults;
    private final long interval;
    private final long look;
    private final Thread thread;
    private volatile boolean stopping;
    private volatile @Nullable Exception failure;
    private volatile Lsn acknowledged = Lsn.ZERO;

    Feedback(
            String name,
            TrackConnection connection,
            Supplier<Lsn> durable,
            Duration interval,
            Faults faults) {
        this.connection = connection;
        this.durable = durable;
        this.faults = faults;
        this.interval = atMostTenthOf(connection.senderTimeout(), interval);
        this.look = Math.min(LOOK_NANOS, this.interval);
        this.thread = Thread.ofPlatform().daemon().name(name).unstarted(this::run);
    }

    private static long atMostTenthOf(Duration timeout, Duration interval) {
        return timeout.isZero()
                ? interval.toNanos()
                : Math.min(interval.toNanos(), timeout.toNanos() / 10);
    }

    void start() {
        thread.start();
    }

    private void run() {
        try {
            long said = System.nanoTime() - interval;
            while (!stopping) {
                Lsn now = durable.get();
                boolean moved = now.isAfter(acknowledged);
                if (moved || System.nanoTime() - said >= interval) {
                    connection.acknowledge(now);
                    said = System.nanoTime();
                    acknowledged = now;
                    if (moved) {
                        faults.reach(FaultPoint.SLOT_ACKNOWLEDGED);
                    }
                }
                LockSupport.parkNanos(look);
            }
        } catch (SQLException | RuntimeException e) {
            failure = e;
        }
    }

    /** What the server was told last; {@link Lsn#ZERO} before the first time. */
    Lsn acknowledged() {
        return acknowledged;
    }

    /**
     * Passes on what ended it.
     *
     * @throws SQLException when the server cannot be told any more
     */
    void check() throws SQLException {
        Exception e = failure;
        if (e == null) {
            return;
        }
        if (e instanceof SQLException lost) {
            throw lost;
        }
        throw new SQLException("acknowledging failed: " + e.getMessage(), "08006", e);
    }

    /**
     * Ends it.
     *
     * @return false when it hangs in a write, which taking the connection away will end
     */
    boolean stop() {
        stopping = true;
        LockSupport.unpark(thread);
        if (Thread.currentThread().isInterrupted()) {
            return false;
        }
        try {
            return thread.join(LONGEST_STOP);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
