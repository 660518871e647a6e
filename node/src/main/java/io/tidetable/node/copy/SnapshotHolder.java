package io.tidetable.node.copy;

import io.tidetable.model.Lsn;
import io.tidetable.model.TidetableException;
import io.tidetable.node.postgres.Database;
import io.tidetable.node.postgres.SourceSnapshot;
import io.tidetable.node.postgres.SpareSessions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * A source session that keeps one snapshot of the source alive and exported, so that several
 * sessions read the same state. As long as it lives it holds back vacuum at the source.
 */
public final class SnapshotHolder implements AutoCloseable {
    private static final String BEGIN =
            "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY";

    private static final String ALL_ROWS = "SET LOCAL row_security = off";

    private static final String TAKE =
            """
            SELECT pg_catalog.pg_current_snapshot()::text AS snapshot,
                pg_catalog.pg_export_snapshot() AS exported
            """;

    private static final String POSITION =
            """
            SELECT here::text AS here, pg_catalog.pg_current_wal_flush_lsn() >= here AS flushed
            FROM pg_catalog.pg_current_wal_insert_lsn() AS here
            """;

    /** Its commit takes all of the log before it to the disk. */
    private static final String FLUSH =
            """
            SET synchronous_commit = local;
            SELECT pg_catalog.pg_logical_emit_message(true, 'tidetable-flush', '')
            """;

    private final Database source;
    private final SpareSessions.Lent session;
    private final SourceSnapshot snapshot;
    private final String exportedId;
    private final Instant takenAt;
    private final InstantSource clock;

    private SnapshotHolder(
            Database source,
            SpareSessions.Lent session,
            SourceSnapshot snapshot,
            String exportedId,
            InstantSource clock) {
        this.source = source;
        this.session = session;
        this.snapshot = snapshot;
        this.exportedId = exportedId;
        this.clock = clock;
        takenAt = clock.instant();
    }

    /**
     * Takes a snapshot in a session of its own. What it sees is on the source's disk then: a crash
     * of the source takes nothing of it back, also where commits do not wait for the disk.
     *
     * @throws TidetableException TT-502 when the source is a standby, whose snapshots do not tell
     *     which transactions run
     */
    public static SnapshotHolder take(Database source, String purpose, InstantSource clock)
            throws SQLException {
        return take(SpareSessions.none(source, purpose), clock);
    }

    /** The same, in one of those sessions. */
    public static SnapshotHolder take(SpareSessions sessions, InstantSource clock)
            throws SQLException {
        SpareSessions.Lent session = sessions.lend();
        Connection connection = session.connection();
        try (Statement statement = connection.createStatement()) {
            refuseStandby(statement);
            connection.setAutoCommit(false);
            statement.execute(BEGIN);
            statement.execute(ALL_ROWS);
            String text;
            String exported;
            try (ResultSet row = statement.executeQuery(TAKE)) {
                row.next();
                text = row.getString("snapshot");
                exported = row.getString("exported");
            }
            // Only now: a commit that the snapshot sees lies below what is read after it.
            Lsn position;
            boolean flushed;
            try (ResultSet row = statement.executeQuery(POSITION)) {
                row.next();
                position = Lsn.parse(row.getString("here"));
                flushed = row.getBoolean("flushed");
            }
            if (!flushed) {
                flush(sessions.database());
            }
            SourceSnapshot snapshot = SourceSnapshot.parse(text, position);
            return new SnapshotHolder(sessions.database(), session, snapshot, exported, clock);
        } catch (SQLException | RuntimeException e) {
            session.close();
            throw e;
        }
    }

    private static void flush(Database source) throws SQLException {
        try (Connection connection = source.connect("tidetable flush");
                Statement statement = connection.createStatement()) {
            statement.execute(FLUSH);
        }
    }

    private static Connection openSession(Database source, String purpose) throws SQLException {
        Connection connection = source.connect(purpose);
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET row_security = off");
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    private static void refuseStandby(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery("SELECT pg_catalog.pg_is_in_recovery()")) {
            row.next();
            if (row.getBoolean(1)) {
                throw new TidetableException(
                        "TT-502",
                        "the source is a standby, whose snapshots do not list running transactions, so"
                                + " a copy could lose rows; give the address of the primary");
            }
        }
    }

    /** What the snapshot sees. */
    public SourceSnapshot snapshot() {
        return snapshot;
    }

    /** Where it was taken. */
    Database source() {
        return source;
    }

    /** The identifier by which {@code SET TRANSACTION SNAPSHOT} joins it. */
    public String exportedId() {
        return exportedId;
    }

    /** The session itself, inside its transaction. For one thread at a time. */
    public Connection connection() {
        return session.connection();
    }

    /** A further source session, not yet in the snapshot; {@link #join} puts it there. */
    public Connection openReader(String purpose) throws SQLException {
        return openSession(source, purpose);
    }

    /**
     * Begins a transaction in the snapshot. It ends with commit or rollback as any other and should
     * be short, because it keeps the locks of the tables it read.
     *
     * @param reader from {@link #openReader}, outside a transaction; autocommit is off afterwards
     */
    public void join(Connection reader) throws SQLException {
        reader.setAutoCommit(false);
        try (Statement statement = reader.createStatement()) {
            statement.execute(BEGIN);
            statement.execute("SET TRANSACTION SNAPSHOT '" + exportedId + "'");
        }
    }

    /** Whether further sessions can still join. */
    public boolean isAlive() {
        try (Statement statement = session.connection().createStatement()) {
            statement.execute("SELECT 1");
            return true;
        } catch (SQLException e) {
            return false;
        }
    }

    /** How long it has been held. */
    public Duration age() {
        return Duration.between(takenAt, clock.instant());
    }

    /** Lets the snapshot go. */
    @Override
    public void close() {
        session.close();
    }
}
