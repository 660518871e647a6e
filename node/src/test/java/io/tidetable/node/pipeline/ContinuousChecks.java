package io.tidetable.node.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.testkit.AppendOnlyCounters;
import io.tidetable.testkit.BankTransfers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A reader of the destination who never stops: the transfers always sum to the same, the counters
 * never show a gap or a double. What it finds wrong is kept; a destination that does not answer is
 * asked again.
 */
final class ContinuousChecks implements AutoCloseable {
    private final String jdbcUrl;
    private final BankTransfers bank;
    private final AppendOnlyCounters counters;
    private final List<String> violations = new ArrayList<>();
    private final AtomicLong checks = new AtomicLong();
    private final Thread thread;
    private volatile boolean closed;

    private ContinuousChecks(String jdbcUrl, BankTransfers bank, AppendOnlyCounters counters) {
        this.jdbcUrl = jdbcUrl;
        this.bank = bank;
        this.counters = counters;
        thread = Thread.ofVirtual().name("continuous-checks").unstarted(this::run);
    }

    /** Begins; to be called once the tables have been copied. */
    static ContinuousChecks start(String jdbcUrl, BankTransfers bank, AppendOnlyCounters counters) {
        ContinuousChecks checks = new ContinuousChecks(jdbcUrl, bank, counters);
        checks.thread.start();
        return checks;
    }

    private void run() {
        while (!closed) {
            try (Connection connection = DriverManager.getConnection(jdbcUrl)) {
                while (!closed) {
                    note(bank.violation(connection));
                    note(counters.violation(connection));
                    checks.incrementAndGet();
                    TimeUnit.MILLISECONDS.sleep(50);
                }
            } catch (SQLException e) {
                pause();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(100);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void note(Optional<String> violation) {
        violation.ifPresent(violations::add);
    }

    /** How often both tables were looked at so far. */
    long count() {
        return checks.get();
    }

    /** What was wrong at some time. */
    synchronized List<String> violations() {
        return List.copyOf(violations);
    }

    /** Fails where anything was ever wrong, or where nobody could look. */
    void assertNeverViolated() {
        assertThat(violations()).isEmpty();
        assertThat(count()).as("looks at the destination").isPositive();
    }

    @Override
    public void close() {
        closed = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
