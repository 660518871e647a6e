package io.tidetable.node.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.testkit.AppendOnlyCounters;
import io.tidetable.testkit.BankTransfers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A reader of the destination who never stops: the transfers always sum to the same, the counters
 * never show a gap or a double. What it finds wrong is kept; a destination that does not answer is
 * asked again.
 */
final class ContinuousChecks implements AutoCloseable {
    private static final Duration EVERY = Duration.ofMillis(50);

    private final String jdbcUrl;
    private final BankTransfers bank;
    private final AppendOnlyCounters counters;
    private final List<String> violations = new ArrayList<>();
    private final AtomicLong checks = new AtomicLong();
    private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor();
    private @Nullable ScheduledFuture<?> looking;
    private @Nullable Connection connection;

    private ContinuousChecks(String jdbcUrl, BankTransfers bank, AppendOnlyCounters counters) {
        this.jdbcUrl = jdbcUrl;
        this.bank = bank;
        this.counters = counters;
    }

    /** Begins; to be called once the tables have been copied. */
    static ContinuousChecks start(String jdbcUrl, BankTransfers bank, AppendOnlyCounters counters) {
        ContinuousChecks checks = new ContinuousChecks(jdbcUrl, bank, counters);
        checks.looking =
                checks.executor.scheduleWithFixedDelay(
                        checks::look, 0, EVERY.toMillis(), TimeUnit.MILLISECONDS);
        return checks;
    }

    private void look() {
        try {
            if (connection == null) {
                connection = DriverManager.getConnection(jdbcUrl);
            }
            note(bank.violation(connection));
            note(counters.violation(connection));
            checks.incrementAndGet();
        } catch (SQLException e) {
            // The server is away: the next look connects anew.
            disconnect();
        }
    }

    private void disconnect() {
        Connection former = connection;
        connection = null;
        if (former != null) {
            try {
                former.close();
            } catch (SQLException e) {
                // It was lost anyway.
            }
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
        assertThat(Objects.requireNonNull(looking).isDone()).as("somebody still looks").isFalse();
        assertThat(violations()).isEmpty();
        assertThat(count()).as("looks at the destination").isPositive();
    }

    @Override
    public void close() {
        executor.close();
        disconnect();
    }
}
