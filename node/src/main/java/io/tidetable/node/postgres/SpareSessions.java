package io.tidetable.node.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sessions of a database that are kept for whoever needs one next: thousands of short tasks, one
 * after another, would else spend most of their time on connecting. Thread-safe.
 */
public final class SpareSessions implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SpareSessions.class);

    /** One that was idle for longer is asked whether it is still there. */
    private static final Duration TRUSTED = Duration.ofSeconds(1);

    private static final int VALIDITY_SECONDS = 5;

    private final Database database;
    private final String purpose;
    private final int most;
    private final InstantSource clock;
    private final Deque<Spare> spare = new ArrayDeque<>();
    private boolean closed;

    /**
     * Sessions, none of which is open yet.
     *
     * @param most that are kept while nobody uses them
     */
    public SpareSessions(Database database, String purpose, int most, InstantSource clock) {
        this.database = database;
        this.purpose = purpose;
        this.most = most;
        this.clock = clock;
    }

    /** Sessions of which none is kept. */
    public static SpareSessions none(Database database, String purpose) {
        return new SpareSessions(database, purpose, 0, InstantSource.system());
    }

    private record Spare(Connection connection, Instant since) {}

    /** Whose sessions they are. */
    public Database database() {
        return database;
    }

    /**
     * A session as {@link Database#connect} opens it, in autocommit mode. What the borrower sets
     * for longer than a transaction stays with it, so nothing is to be set so.
     */
    public Lent lend() throws SQLException {
        while (true) {
            Spare kept = take();
            if (kept == null) {
                return new Lent(database.connect(purpose));
            }
            Connection connection = kept.connection();
            boolean fresh = clock.instant().isBefore(kept.since().plus(TRUSTED));
            if (!connection.isClosed() && (fresh || connection.isValid(VALIDITY_SECONDS))) {
                return new Lent(connection);
            }
            quietly(connection);
        }
    }

    private synchronized @Nullable Spare take() {
        return spare.pollLast();
    }

    /** Ends the sessions that nobody has used for so long. */
    public void letGo(Duration idle) {
        Instant latest = clock.instant().minus(idle);
        List<Spare> ended = new ArrayList<>();
        synchronized (this) {
            while (!spare.isEmpty() && !spare.getFirst().since().isAfter(latest)) {
                ended.add(spare.removeFirst());
            }
        }
        ended.forEach(each -> quietly(each.connection()));
    }

    private void giveBack(Connection connection) throws SQLException {
        if (!connection.isClosed() && !connection.getAutoCommit()) {
            connection.rollback();
            connection.setAutoCommit(true);
        }
        synchronized (this) {
            if (!closed && spare.size() < most && !connection.isClosed()) {
                spare.addLast(new Spare(connection, clock.instant()));
                return;
            }
        }
        connection.close();
    }

    private static void quietly(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            LOG.debug("a spare session did not close: {}", e.getMessage());
        }
    }

    /** Ends all; one that is in use ends when it is given back. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        letGo(Duration.ZERO);
    }

    /** A session in use. For one thread at a time. */
    public final class Lent implements AutoCloseable {
        private final Connection connection;
        private boolean over;

        private Lent(Connection connection) {
            this.connection = connection;
        }

        public Connection connection() {
            return connection;
        }

        /** Gives it back; a transaction that is open ends without effect. */
        @Override
        public void close() {
            if (over) {
                return;
            }
            over = true;
            try {
                giveBack(connection);
            } catch (SQLException e) {
                LOG.debug("a session was gone when it was given back: {}", e.getMessage());
                quietly(connection);
            }
        }
    }
}
