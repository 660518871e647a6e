package io.tidetable.node.apply;

import io.tidetable.model.LaneId;
import io.tidetable.model.Lsn;
import io.tidetable.model.Position;
import io.tidetable.model.SourceIdentity;
import io.tidetable.node.postgres.TextArrays;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The progress of lanes as the table {@code tidetable.progress} of one destination holds it. Uses
 * one connection in autocommit mode; not thread-safe.
 */
public final class ProgressStore {
    private static final Logger LOG = LoggerFactory.getLogger(ProgressStore.class);

    private static final String COLUMNS =
            "pipeline, lane, epoch, system_id, timeline, lsn::text, xid, quarantine_revision";

    private static final String READ =
            "SELECT " + COLUMNS + " FROM tidetable.progress WHERE pipeline = ? AND lane = ?";

    private static final String READ_ALL =
            "SELECT " + COLUMNS + " FROM tidetable.progress WHERE pipeline = ? ORDER BY lane";

    private static final String END =
            """
            DELETE FROM tidetable.progress
            WHERE pipeline = ? AND lane = ? AND epoch = ? AND lsn = ?::pg_lsn AND xid = ?
            """;

    private static final String CREATE_ALL =
            """
            INSERT INTO tidetable.progress (pipeline, lane, epoch, system_id, timeline, lsn, xid)
            SELECT * FROM unnest(?::text[], ?::text[], ?::bigint[], ?::bigint[], ?::integer[],
                ?::pg_lsn[], ?::bigint[])
            ON CONFLICT (pipeline, lane) DO NOTHING
            """;

    private static final String RAISE =
            "UPDATE tidetable.progress SET epoch = epoch + 1 WHERE pipeline = ? AND lane = ANY (?)"
                    + " RETURNING "
                    + COLUMNS;

    private static final String TRY_LOCK_ALL =
            """
            SELECT w.lane
            FROM unnest(?::text[], ?::text[]) AS w (lane, key)
            WHERE pg_try_advisory_xact_lock(hashtextextended(w.key, %s))
            """
                    .formatted(LaneLock.SEED);

    private static final String TRY_LOCK =
            "SELECT pg_try_advisory_xact_lock(hashtextextended(?, " + LaneLock.SEED + "))";

    private static final String LOCK =
            "SELECT pg_advisory_xact_lock(hashtextextended(?, " + LaneLock.SEED + "))";

    private static final String END_HOLDERS =
            """
            SELECT l.pid, pg_terminate_backend(l.pid)
            FROM pg_locks l, hashtextextended(?, %s) AS key
            WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
                AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                AND l.classid::bigint = ((key >> 32) & 4294967295)
                AND l.objid::bigint = (key & 4294967295)
                AND l.pid <> pg_backend_pid()
            """
                    .formatted(LaneLock.SEED);

    private final Connection connection;
    private final Duration patience;

    /**
     * A store on a connection of its own.
     *
     * @param connection in autocommit mode
     * @param patience how long a claim waits for the old owner's transaction to end
     */
    public ProgressStore(Connection connection, Duration patience) {
        this.connection = connection;
        this.patience = patience;
    }

    /** The lane's progress; empty when it has none yet. */
    public Optional<Progress> read(String pipeline, LaneId lane) throws SQLException {
        return read(connection, pipeline, lane);
    }

    static Optional<Progress> read(Connection connection, String pipeline, LaneId lane)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(READ)) {
            statement.setString(1, pipeline);
            statement.setString(2, lane.name());
            return rows(statement).stream().findFirst();
        }
    }

    /** The progress of every lane of a pipeline. */
    public List<Progress> readAll(String pipeline) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(READ_ALL)) {
            statement.setString(1, pipeline);
            return rows(statement);
        }
    }

    /** Writes a lane's first progress; does nothing where the lane has one already. */
    public void create(Progress first) throws SQLException {
        createAll(List.of(first));
    }

    /** Writes the first progress of lanes, in one statement; nothing of those that have some. */
    public void createAll(Collection<Progress> first) throws SQLException {
        if (first.isEmpty()) {
            return;
        }
        try (PreparedStatement statement = connection.prepareStatement(CREATE_ALL)) {
            TextArrays.set(statement, 1, first, Progress::pipeline);
            TextArrays.set(statement, 2, first, it -> it.lane().name());
            array(statement, 3, "bigint", first, Progress::epoch);
            array(statement, 4, "bigint", first, it -> it.source().systemId());
            array(statement, 5, "integer", first, it -> it.source().timeline());
            TextArrays.set(statement, 6, first, it -> it.position().commitEnd().toString());
            array(statement, 7, "bigint", first, it -> it.position().xid());
            statement.executeUpdate();
        }
    }

    private void array(
            PreparedStatement statement,
            int index,
            String type,
            Collection<Progress> all,
            Function<Progress, Object> value)
            throws SQLException {
        statement.setArray(
                index, connection.createArrayOf(type, all.stream().map(value).toArray()));
    }

    /**
     * Takes the progress of a lane away; others are to go on from there.
     *
     * @return false where the destination holds another one
     */
    public boolean end(Progress last) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(END)) {
            statement.setString(1, last.pipeline());
            statement.setString(2, last.lane().name());
            statement.setLong(3, last.epoch());
            statement.setString(4, last.position().commitEnd().toString());
            statement.setLong(5, last.position().xid());
            return statement.executeUpdate() == 1;
        }
    }

    /**
     * Takes the lane over: raises its epoch, after which nobody who holds the older one can commit,
     * and ends sessions that still hold rows of it in an open transaction.
     *
     * @return the progress under the new epoch; empty when the lane has none yet
     * @throws SQLException 55P03 when an open transaction of the old owner cannot be ended
     */
    public Optional<Progress> claim(String pipeline, LaneId lane) throws SQLException {
        return inTransaction(
                        () -> {
                            String key = LaneLock.key(pipeline, lane);
                            if (!tryLock(key)) {
                                endHolders(key, lane);
                                lock(key);
                            }
                            return raise(pipeline, List.of(lane.name()));
                        })
                .stream()
                .findFirst();
    }

    /**
     * Takes those of the lanes over in which no session of an old owner has a transaction open, all
     * in one transaction: each takes an entry of the table of locks, so not thousands at once.
     *
     * @return their progress under the new epochs; the others are for {@link #claim}
     */
    public List<Progress> claimFree(String pipeline, Collection<LaneId> lanes) throws SQLException {
        return inTransaction(() -> raise(pipeline, tryLock(pipeline, lanes)));
    }

    private interface Claiming {
        List<Progress> claim() throws SQLException;
    }

    private List<Progress> inTransaction(Claiming claiming) throws SQLException {
        connection.setAutoCommit(false);
        try {
            List<Progress> claimed = claiming.claim();
            connection.commit();
            return claimed;
        } catch (SQLException e) {
            connection.rollback();
            throw e;
        } finally {
            connection.setAutoCommit(true);
        }
    }

    private List<Progress> raise(String pipeline, List<String> lanes) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(RAISE)) {
            statement.setString(1, pipeline);
            TextArrays.set(statement, 2, lanes, lane -> lane);
            return rows(statement);
        }
    }

    private List<String> tryLock(String pipeline, Collection<LaneId> lanes) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(TRY_LOCK_ALL)) {
            TextArrays.set(statement, 1, lanes, LaneId::name);
            TextArrays.set(statement, 2, lanes, lane -> LaneLock.key(pipeline, lane));
            try (ResultSet row = statement.executeQuery()) {
                List<String> free = new ArrayList<>();
                while (row.next()) {
                    free.add(row.getString(1));
                }
                return free;
            }
        }
    }

    private boolean tryLock(String key) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(TRY_LOCK)) {
            statement.setString(1, key);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() && row.getBoolean(1);
            }
        }
    }

    private void endHolders(String key, LaneId lane) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(END_HOLDERS)) {
            statement.setString(1, key);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    LOG.info(
                            "lane {}: ended session {} of its old owner: {}",
                            lane,
                            row.getInt(1),
                            row.getBoolean(2));
                }
            }
        } catch (SQLException e) {
            if (!"42501".equals(e.getSQLState())) {
                throw e;
            }
            // Without the right, its transaction is waited for; the epoch fences it in any case.
            connection.rollback();
        }
    }

    private void lock(String key) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute("SET LOCAL lock_timeout = " + patience.toMillis());
        }
        try (PreparedStatement statement = connection.prepareStatement(LOCK)) {
            statement.setString(1, key);
            statement.execute();
        }
    }

    private static List<Progress> rows(PreparedStatement statement) throws SQLException {
        List<Progress> found = new ArrayList<>();
        try (ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                found.add(
                        new Progress(
                                row.getString(1),
                                new LaneId(row.getString(2)),
                                row.getLong(3),
                                new SourceIdentity(row.getLong(4), row.getInt(5)),
                                new Position(Lsn.parse(row.getString(6)), row.getLong(7)),
                                row.getLong(8)));
            }
        }
        return found;
    }
}
