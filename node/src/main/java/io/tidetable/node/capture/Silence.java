package io.tidetable.node.capture;

import io.tidetable.node.postgres.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGProperty;

/**
 * Tells a source that has nothing to send, or decodes something large for nobody, from a network
 * that swallows everything. Where nothing was heard for a while it asks over another connection
 * whether our acknowledgements, of which one is sent each second, still arrive. Merely being silent
 * is no reason to connect anew: decoding would begin anew too.
 */
final class Silence {
    /** No row where the walsender is gone; null where the role may not see it. */
    private static final String LAST_REPLY =
            "SELECT coalesce(reply_time::text, '') FROM pg_catalog.pg_stat_replication WHERE pid = ?";

    private static final String ANSWER_SECONDS = "10";

    /** How often it looks whether the source shuts down. */
    private static final long SHUTDOWN_LOOK = Duration.ofSeconds(5).toNanos();

    private static final String NO_LOGINS_NOW = "57P03";

    private final Database source;
    private final int serverPid;
    private final long limit;
    private long heardAt;
    private long lookedAt;
    private @Nullable String lastReply;

    /**
     * A watch over one connection.
     *
     * @param limit silence after which it asks; several times the interval of acknowledgements
     */
    Silence(Database source, int serverPid, Duration limit, long now) {
        this.source = impatient(source);
        this.serverPid = serverPid;
        this.limit = limit.toNanos();
        this.heardAt = now;
        this.lookedAt = now;
    }

    /** Where the network swallows everything, this question would never be answered either. */
    private static Database impatient(Database source) {
        Map<String, String> properties = new HashMap<>(source.properties());
        properties.put(PGProperty.LOGIN_TIMEOUT.getName(), ANSWER_SECONDS);
        properties.put(PGProperty.SOCKET_TIMEOUT.getName(), ANSWER_SECONDS);
        return new Database(source.jdbcUrl(), properties);
    }

    /** Something came. */
    void heard(long now) {
        heardAt = now;
        lookedAt = now;
        lastReply = null;
    }

    /**
     * Nothing came.
     *
     * @throws SQLException when the connection has to be given up
     */
    void check(long now) throws SQLException {
        if (now - heardAt < limit) {
            yieldToShutdown(now);
            return;
        }
        heardAt = now;
        String reply = askForReply();
        if (!reply.isEmpty() && reply.equals(lastReply)) {
            throw new SQLException(
                    "nothing was heard for %d s, and nothing of ours arrived"
                            .formatted(2 * Duration.ofNanos(limit).toSeconds()),
                    "08006");
        }
        lastReply = reply;
    }

    /**
     * A source does not shut down before a walsender has sent everything and had it acknowledged:
     * where nothing moves any more, it is not kept waiting.
     *
     * @throws SQLException when the source shuts down
     */
    void yieldToShutdown(long now) throws SQLException {
        if (now - lookedAt < SHUTDOWN_LOOK) {
            return;
        }
        lookedAt = now;
        try {
            source.connect("tidetable capture").close();
        } catch (SQLException e) {
            if (NO_LOGINS_NOW.equals(e.getSQLState())) {
                throw e;
            }
        }
    }

    private String askForReply() throws SQLException {
        try (Connection connection = source.connect("tidetable capture");
                PreparedStatement statement = connection.prepareStatement(LAST_REPLY)) {
            statement.setInt(1, serverPid);
            try (ResultSet rows = statement.executeQuery()) {
                if (!rows.next()) {
                    throw new SQLException("the source has ended this connection", "08006");
                }
                return rows.getString(1);
            }
        }
    }
}
