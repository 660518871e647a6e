package io.tidetable.node.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SpareSessionsTest {
    private final DatabasePair pair = Servers.freshPair();
    private Instant now = Instant.EPOCH;
    private final InstantSource clock = () -> now;
    private final SpareSessions sessions =
            new SpareSessions(
                    new Database(pair.sourceJdbcUrl(), Map.of()), "tidetable test", 1, clock);

    @AfterEach
    void close() throws SQLException {
        sessions.close();
        pair.close();
    }

    @Test
    void aSessionThatWasGivenBackIsLentAgainWithNothingOfItsFormerTransaction()
            throws SQLException {
        int first;
        try (SpareSessions.Lent lent = sessions.lend()) {
            first = backend(lent.connection());
            lent.connection().setAutoCommit(false);
            execute(lent.connection(), "CREATE TABLE public.left_over (id int)");
            execute(lent.connection(), "SET LOCAL lock_timeout = '2s'");
        }
        try (SpareSessions.Lent lent = sessions.lend()) {
            assertThat(backend(lent.connection())).isEqualTo(first);
            assertThat(lent.connection().getAutoCommit()).isTrue();
            assertThat(text(lent.connection(), "SELECT to_regclass('public.left_over')")).isNull();
            assertThat(text(lent.connection(), "SHOW lock_timeout")).isEqualTo("0");
        }
    }

    @Test
    void oneThatFailedInItsTransactionServesTheNext() throws SQLException {
        try (SpareSessions.Lent lent = sessions.lend()) {
            lent.connection().setAutoCommit(false);
            try {
                execute(lent.connection(), "SELECT 1 / 0");
            } catch (SQLException e) {
                assertThat(e.getSQLState()).isEqualTo("22012");
            }
        }
        try (SpareSessions.Lent lent = sessions.lend()) {
            assertThat(text(lent.connection(), "SELECT 7")).isEqualTo("7");
        }
    }

    @Test
    void oneWhoseBackendIsGoneIsNotLentAgainOnceItHasRested() throws SQLException {
        int first;
        try (SpareSessions.Lent lent = sessions.lend()) {
            first = backend(lent.connection());
        }
        pair.onSource("SELECT pg_terminate_backend(%d, 10000)".formatted(first));
        now = now.plusSeconds(2);

        try (SpareSessions.Lent lent = sessions.lend()) {
            assertThat(backend(lent.connection())).isNotEqualTo(first);
        }
    }

    @Test
    void noMoreAreKeptThanAllowedAndNoneForLongerThanWanted() throws SQLException {
        try (SpareSessions.Lent one = sessions.lend();
                SpareSessions.Lent other = sessions.lend()) {
            assertThat(backend(one.connection())).isNotEqualTo(backend(other.connection()));
        }
        try (Connection onlooker = pair.connectSource()) {
            awaitCount(onlooker, "1");
            sessions.letGo(Duration.ofSeconds(5));
            assertThat(text(onlooker, COUNT)).isEqualTo("1");
            now = now.plusSeconds(5);
            sessions.letGo(Duration.ofSeconds(5));
            awaitCount(onlooker, "0");
        }
    }

    private static final String COUNT =
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'tidetable test'";

    private static void awaitCount(Connection onlooker, String count) {
        org.awaitility.Awaitility.await()
                .untilAsserted(() -> assertThat(text(onlooker, COUNT)).isEqualTo(count));
    }

    private static int backend(Connection connection) throws SQLException {
        return Integer.parseInt(text(connection, "SELECT pg_backend_pid()"));
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String text(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}
