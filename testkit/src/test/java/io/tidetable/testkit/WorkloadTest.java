package io.tidetable.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WorkloadTest {
    private static final long SEED = 20_260_301;

    private DatabasePair pair;

    @BeforeEach
    void open() {
        pair = Servers.freshPair();
    }

    @AfterEach
    void close() throws SQLException {
        pair.close();
    }

    @Test
    void theBankKeepsItsMoneyAndALostAccountIsNoticed() throws Exception {
        BankTransfers bank = new BankTransfers(20);
        try (Connection connection = pair.connectSource()) {
            bank.create(connection);
            try (WorkloadRun run = WorkloadRun.start(bank, pair.sourceJdbcUrl(), 4, SEED)) {
                await().until(() -> run.committed() > 500 || !run.isHealthy());
                assertThat(bank.violation(connection)).isEmpty();
            }
            assertThat(bank.violation(connection)).isEmpty();

            pair.onSource("DELETE FROM bank_accounts WHERE slot = 3");

            assertThat(bank.violation(connection)).isPresent();
        }
    }

    @Test
    void countersHaveNoGapsAndAGapIsNoticed() throws Exception {
        AppendOnlyCounters counters = new AppendOnlyCounters(5);
        try (Connection connection = pair.connectSource()) {
            counters.create(connection);
            try (WorkloadRun run = WorkloadRun.start(counters, pair.sourceJdbcUrl(), 4, SEED)) {
                await().until(() -> run.committed() > 500 || !run.isHealthy());
                assertThat(counters.violation(connection)).isEmpty();
            }
            assertThat(counters.violation(connection)).isEmpty();
            assertThat(number(connection, "SELECT count(*) FROM counters")).isGreaterThan(500);

            pair.onSource("DELETE FROM counters WHERE counter = 2 AND value = 7");

            assertThat(counters.violation(connection).orElseThrow()).contains("counter 2");
        }
    }

    @Test
    void pgbenchBalancesAgree() throws Exception {
        PgbenchLike pgbench = new PgbenchLike(2, 1000);
        try (Connection connection = pair.connectSource()) {
            pgbench.create(connection);
            try (WorkloadRun run = WorkloadRun.start(pgbench, pair.sourceJdbcUrl(), 4, SEED)) {
                await().until(() -> run.committed() > 500 || !run.isHealthy());
            }

            assertThat(pgbench.violation(connection)).isEmpty();
            assertThat(number(connection, "SELECT count(*) FROM pgbench_history"))
                    .isGreaterThan(500);
            assertThat(number(connection, "SELECT count(*) FROM pgbench_accounts")).isEqualTo(2000);
        }
    }

    @Test
    void mixedChangesAreTheSameForTheSameSeed() throws Exception {
        MixedChanges changes = new MixedChanges();
        try (Connection source = pair.connectSource();
                Connection destination = pair.connectDestination()) {
            changes.create(source);
            changes.create(destination);

            WorkloadRun.once(changes, source, SEED, 1500);
            WorkloadRun.once(changes, destination, SEED, 1500);

            pair.comparer().assertEqual();
            for (var table : changes.tables()) {
                assertThat(number(source, "SELECT count(*) FROM " + table.quoted()))
                        .as("rows of %s", table)
                        .isPositive();
            }
            WorkloadRun.once(changes, destination, SEED + 1, 1);
            assertThat(pair.comparer().compare(changes.tables()).isEqual()).isFalse();
        }
    }

    @Test
    void mixedChangesOfManyClientsGoOnThroughEachOther() throws Exception {
        MixedChanges changes = new MixedChanges();
        try (Connection connection = pair.connectSource()) {
            changes.create(connection);
        }

        try (WorkloadRun run = WorkloadRun.start(changes, pair.sourceJdbcUrl(), 6, SEED)) {
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> run.committed() > 1500 || !run.isHealthy());
        }
    }

    @Test
    void aRunOutlivesLostConnectionsAndKeepsItsRate() throws Exception {
        AppendOnlyCounters counters = new AppendOnlyCounters(5);
        try (Connection connection = pair.connectSource()) {
            counters.create(connection);
        }
        long start = System.nanoTime();
        try (WorkloadRun run = WorkloadRun.start(counters, pair.sourceJdbcUrl(), 3, SEED, 100)) {
            await().until(() -> run.committed() > 20);
            pair.onSource(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND pid <> pg_backend_pid()
                      AND backend_type = 'client backend'
                    """);
            await().until(() -> run.retried() > 0);
            long before = run.committed();
            await().until(() -> run.committed() > before + 50);

            long committed = run.committed();
            double seconds = (System.nanoTime() - start) / 1e9;
            assertThat((double) committed).isLessThanOrEqualTo(100 * seconds + 3);
        }
        try (Connection connection = pair.connectSource()) {
            assertThat(counters.violation(connection)).isEmpty();
        }
    }

    @Test
    void anErrorOfTheWorkloadIsThrownByStop() throws Exception {
        WorkloadRun run =
                WorkloadRun.start(new AppendOnlyCounters(1), pair.sourceJdbcUrl(), 2, SEED);

        await().until(() -> !run.isHealthy());

        assertThatThrownBy(run::stop).hasMessageContaining("counters\" does not exist");
    }

    private static long number(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getLong(1);
        }
    }
}
