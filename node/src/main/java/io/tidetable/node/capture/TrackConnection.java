package io.tidetable.node.capture;

import io.tidetable.model.Lsn;
import io.tidetable.model.SourceIdentity;
import io.tidetable.model.Track;
import io.tidetable.node.postgres.Database;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGProperty;
import org.postgresql.replication.LogSequenceNumber;
import org.postgresql.replication.PGReplicationStream;

/**
 * One replication connection of a track. It holds the JDBC connection as long as its stream is
 * used: the driver closes a connection that nobody refers to.
 *
 * <p>Reading is for one thread, acknowledging for another: the driver takes a lock for each single
 * message in either direction and for none longer, as long as reads do not block.
 */
final class TrackConnection implements AutoCloseable {
    /** Text forms of the few types without a binary form mean the same on both sides. */
    private static final String PORTABLE_TEXT =
            """
            SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres'; SET extra_float_digits = 3;
            SET timezone = 'UTC'; SET lc_monetary = 'C'; SET bytea_output = 'hex';
            SET xmloption = 'content'
            """;

    /**
     * A transaction that outgrows this memory is decoded to what it has by then, in one go, and
     * those that commit meanwhile wait: the usual 64 MB take long enough to be noticed. Whoever set
     * the source to less knows why.
     */
    private static final String SHORT_BURSTS =
            """
            SELECT pg_catalog.set_config(name, '2MB', false) FROM pg_catalog.pg_settings
            WHERE name = 'logical_decoding_work_mem' AND setting::bigint > 2048
            """;

    private static final String NOW =
            """
            SELECT pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text,
                (SELECT setting::bigint FROM pg_catalog.pg_settings WHERE name = 'wal_sender_timeout'),
                pg_catalog.pg_backend_pid()
            """;

    /** A read that got the beginning of a message waits so long for its end. */
    private static final int STALL_SECONDS = 30;

    private final Connection connection;
    private final PGReplicationStream stream;
    private final String slot;
    private final Lsn start;
    private final long currentXid;
    private final Duration senderTimeout;
    private final int serverPid;
    private long dataPosition;

    private TrackConnection(
            Connection connection, PGReplicationStream stream, String slot, Lsn start, Now now) {
        this.connection = connection;
        this.stream = stream;
        this.slot = slot;
        this.start = start;
        this.currentXid = now.xid();
        this.senderTimeout = now.senderTimeout();
        this.serverPid = now.serverPid();
        this.dataPosition = stream.getLastReceiveLSN().asLong();
    }

    private record Now(long xid, Duration senderTimeout, int serverPid) {}

    /**
     * Connects, makes sure that nothing is lost between the position and the slot, and begins.
     *
     * @param start everything up to here is durable
     * @param streaming whether open transactions are to be sent
     * @param formerPid server process of this track's former connection, 0 for none: it is ended
     *     where it still holds the slot, which a lost connection may do for a minute
     * @throws CaptureGapException when something is lost, or the source is another one
     */
    static TrackConnection open(
            CaptureSource source, Track track, Lsn start, boolean streaming, int formerPid)
            throws SQLException {
        String slot = TrackNames.slot(source.pipeline(), track);
        Connection connection =
                forStreaming(source.database())
                        .connectForReplication(
                                "tidetable " + source.pipeline() + " " + track.label());
        try {
            if (SourceIdentities.isStandby(connection)) {
                // It may be promoted; then its timeline says that it is another history.
                throw new SQLException(SourceIdentities.STANDBY, "25006");
            }
            refuseOtherSource(source, track, SourceIdentities.identity(connection));
            try (Statement statement = connection.createStatement()) {
                statement.execute(PORTABLE_TEXT);
                if (track == Track.EXPRESS && streaming) {
                    statement.execute(SHORT_BURSTS);
                }
            }
            refuseGap(connection, slot, start, formerPid);
            Now now = now(connection);
            PGReplicationStream stream = stream(connection, source, track, start, streaming);
            return new TrackConnection(connection, stream, slot, start, now);
        } catch (SQLException | RuntimeException e) {
            closeQuietly(connection, e);
            throw e;
        }
    }

    private static PGReplicationStream stream(
            Connection connection, CaptureSource source, Track track, Lsn start, boolean streaming)
            throws SQLException {
        return connection
                .unwrap(PGConnection.class)
                .getReplicationAPI()
                .replicationStream()
                .logical()
                .withSlotName(TrackNames.slot(source.pipeline(), track))
                .withStartPosition(LogSequenceNumber.valueOf(start.value()))
                // On true, the driver would acknowledge keepalives by rules of its own.
                .withAutomaticFlush(false)
                // Not zero: only then a pending read waits a millisecond for data, and one over TLS
                // sees data at all.
                .withStatusInterval(STALL_SECONDS, TimeUnit.SECONDS)
                .withSlotOption("proto_version", 2)
                .withSlotOption(
                        "publication_names", TrackNames.publication(source.pipeline(), track))
                .withSlotOption("messages", true)
                .withSlotOption("binary", true)
                .withSlotOption("streaming", streaming ? "on" : "off")
                .start();
    }

    private static Database forStreaming(Database database) {
        Map<String, String> properties = new HashMap<>(database.properties());
        properties.putIfAbsent(
                PGProperty.SOCKET_FACTORY.getName(), ModeratedSocketFactory.class.getName());
        properties.put(PGProperty.SOCKET_TIMEOUT.getName(), String.valueOf(2 * STALL_SECONDS));
        return new Database(database.jdbcUrl(), properties);
    }

    private static void refuseOtherSource(CaptureSource source, Track track, SourceIdentity found) {
        SourceIdentity expected = source.identity();
        if (found.systemId() != expected.systemId()) {
            throw new CaptureGapException(
                    "TT-220",
                    "the source of track %s is another server than before (system id %s, expected %s); nothing is read from it, its tables have to be compared and mended anew"
                            .formatted(
                                    track.label(),
                                    Long.toUnsignedString(found.systemId()),
                                    Long.toUnsignedString(expected.systemId())));
        }
        if (found.timeline() != expected.timeline()) {
            throw new CaptureGapException(
                    "TT-221",
                    "the source of track %s is on timeline %d, expected %d: it was failed over or restored, and may lack changes that were already replicated; nothing is read from it, its tables have to be compared and mended anew"
                            .formatted(track.label(), found.timeline(), expected.timeline()));
        }
    }

    private static void refuseGap(Connection connection, String slot, Lsn start, int formerPid)
            throws SQLException {
        SlotState state =
                Slots.state(connection, slot)
                        .orElseThrow(() ->
                                new CaptureGapException(
                                        "TT-222",
                                        "replication slot %s is gone: changes after %s cannot be read any more; a new slot has to be made and its tables compared and mended"
                                                .formatted(slot, start)));
        if (state.unusable().isPresent()) {
            throw new CaptureGapException(
                    "TT-223",
                    "replication slot %s cannot be read any more (%s): changes after %s are lost to it; a new slot has to be made and its tables compared and mended"
                            .formatted(slot, state.unusable().get(), start));
        }
        if (state.confirmedFlush().isAfter(start)) {
            throw new CaptureGapException(
                    "TT-225",
                    "replication slot %s was read up to %s, but the journal ends at %s: what lies between is lost; the slot has to be made anew and its tables compared and mended"
                            .formatted(slot, state.confirmedFlush(), start));
        }
        if (formerPid != 0 && state.activePid().orElse(0) == formerPid) {
            try (Statement statement = connection.createStatement()) {
                statement.execute(
                        "SELECT pg_catalog.pg_terminate_backend(%d)".formatted(formerPid));
            }
        }
    }

    private static Now now(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(NOW)) {
            rows.next();
            return new Now(
                    Long.parseLong(rows.getString(1)),
                    Duration.ofMillis(rows.getLong(2)),
                    rows.getInt(3));
        }
    }

    /** The position it began at. */
    Lsn start() {
        return start;
    }

    /** A 64-bit transaction id of when it began. */
    long currentXid() {
        return currentXid;
    }

    /** After what silence of ours the server closes it; zero for never. */
    Duration senderTimeout() {
        return senderTimeout;
    }

    int serverPid() {
        return serverPid;
    }

    /**
     * The next message, or null where none came within about a millisecond.
     *
     * @throws SQLException when the connection is lost
     */
    @Nullable ByteBuffer read() throws SQLException {
        try {
            ByteBuffer message = stream.readPending();
            if (message != null) {
                dataPosition = stream.getLastReceiveLSN().asLong();
            }
            return message;
        } catch (SQLException e) {
            throw refuseUndecodable(e, slot);
        } catch (IllegalStateException | NullPointerException e) {
            throw new SQLException("the replication connection was closed", "08006", e);
        }
    }

    /**
     * A position that the server said, by a keepalive after the newest message, to have sent
     * everything up to; {@link Lsn#ZERO} if it said none. To be asked for only when {@link #read}
     * has just returned null.
     *
     * <p>Why that is the keepalive's: pgjdbc's stream sets its last received LSN in two places. A
     * data message <em>assigns</em> its own place (a commit's is the end of its record); a
     * keepalive raises it to the server's position if that is higher. Both happen inside of a read,
     * in the order of the connection, and a read returns at the first data message. So when a read
     * has returned null and the value is above what it was after the last data message, it comes
     * from a keepalive that followed that message.
     *
     * <p>Why everything below it was sent: a logical walsender's position is the end of the last
     * record it has decoded, and it decodes a commit record by sending its transaction. While it is
     * at that, its position is still the end of the record before, which is below the commit. A
     * keepalive for a transaction of which nothing was to be sent carries the end of that commit,
     * and all earlier ones were sent. (PostgreSQL: XLogSendLogical, WalSndKeepalive,
     * WalSndUpdateProgress.) Transactions still open commit above it. Before it reaches the slot's
     * confirmed position the server may say lower ones, which say nothing new.
     */
    Lsn keepalivePosition() {
        long received = stream.getLastReceiveLSN().asLong();
        return Long.compareUnsigned(received, dataPosition) > 0 ? new Lsn(received) : Lsn.ZERO;
    }

    /** Newest position heard of. */
    Lsn received() {
        return new Lsn(stream.getLastReceiveLSN().asLong());
    }

    /** Tells the server what is durable here, and asks it for a sign of life. */
    void acknowledge(Lsn durable) throws SQLException {
        LogSequenceNumber position = LogSequenceNumber.valueOf(durable.value());
        stream.setFlushedLSN(position);
        stream.setAppliedLSN(position);
        stream.forceUpdateStatus();
    }

    /** Closes it without waiting for what the server still has to send. */
    @Override
    public void close() throws SQLException {
        connection.close();
    }

    /** Takes the socket away from whoever hangs on it. */
    void abort() throws SQLException {
        connection.abort(Runnable::run);
    }

    private static void closeQuietly(Connection connection, Exception cause) {
        try {
            connection.close();
        } catch (SQLException e) {
            cause.addSuppressed(e);
        }
    }

    /**
     * PostgreSQL says "undefined object" where slot or publication is missing while it decodes: it
     * can never decode this part of its log, however often it is tried.
     */
    private static SQLException refuseUndecodable(SQLException e, String slot) {
        if ("42704".equals(e.getSQLState())) {
            throw new CaptureGapException(
                    "TT-226",
                    "the source cannot decode changes for slot %s: %s; slot and publication have to be made anew and the tables compared and mended"
                            .formatted(slot, e.getMessage()));
        }
        return e;
    }
}
