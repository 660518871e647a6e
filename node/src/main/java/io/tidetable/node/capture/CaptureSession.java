package io.tidetable.node.capture;

import io.tidetable.model.ByteSize;
import io.tidetable.model.Lsn;
import io.tidetable.model.Track;
import io.tidetable.node.journal.TrackWriter;
import io.tidetable.node.pgoutput.PgOutputParser;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The reading of one connection: messages go to the writer, room and pace are watched, until the
 * connection breaks or another one is needed.
 */
final class CaptureSession {
    private static final Logger LOG = LoggerFactory.getLogger(CaptureSession.class);

    /** A read that took longer to find nothing has waited for it. */
    private static final long WAITED_NANOS = 50_000;

    private static final long PAUSE_NANOS = 1_000_000;

    /** Shortest time between two lines about the same. */
    private static final long SAY_NANOS = Duration.ofSeconds(10).toNanos();

    /** Shortest time between two flushes while messages come. */
    private static final long FLUSH_NANOS = 1_000_000;

    private static final long POSITION_NANOS = 100_000_000;

    private static final long ROOM_LOOK_NANOS = 20_000_000;

    /** Bytes after which it looks around under load. */
    private static final long LOOK_BYTES = 1 << 18;

    private final TrackSetup setup;
    private final CaptureProgress progress;
    private final TrackConnection connection;
    private final TrackWriter writer;
    private final @Nullable Spill spill;
    private final Feedback feedback;
    private final Silence silence;
    private final TransactionReader transactions;
    private final PgOutputParser parser = new PgOutputParser();

    private volatile boolean stopping;
    private Lsn passed;
    private Lsn lastKeepalive = Lsn.ZERO;
    private boolean unflushed;
    private long flushedAt;
    private long flushedCommits;
    private long spillLookAt;
    private long saidGivenWay = System.nanoTime() - SAY_NANOS;
    private long readSinceAsked;
    private long bytes;
    private long notedBytes;
    private long arrivedBytes;
    private long notedChanges;

    /**
     * A session; the writer was told of the connection.
     *
     * @param spill set where the connection was made without streaming
     */
    CaptureSession(
            TrackSetup setup,
            CaptureProgress progress,
            TrackConnection connection,
            TrackWriter writer,
            @Nullable Spill spill) {
        this.setup = setup;
        this.progress = progress;
        this.connection = connection;
        this.writer = writer;
        this.spill = spill;
        this.passed = connection.start();
        this.feedback =
                new Feedback(
                        "capture-feedback-" + setup.track().label(),
                        connection,
                        setup.journal()::durableEnd,
                        setup.settings().feedback(),
                        setup.environment().faults());
        this.silence =
                new Silence(
                        setup.source().database(),
                        connection.serverPid(),
                        setup.settings().silence(),
                        System.nanoTime());
        this.transactions =
                new TransactionReader(
                        writer,
                        new XidWidener(connection.currentXid()),
                        connection.start(),
                        progress.traffic(),
                        message -> setup.listener().message(setup.track(), message));
    }

    /** Why the reading ended by itself. */
    enum End {
        /** It was asked to. */
        STOPPED,
        /** The journal was full for too long. */
        FULL_TOO_LONG,
        /** Open transactions do not fit into the journal. */
        OPEN_TRANSACTIONS_TOO_LARGE,
        /** Those that did not fit have ended. */
        SPILL_OVER
    }

    /**
     * Reads until something else than reading is to be done.
     *
     * @param heard called once something came from the server
     */
    End read(Runnable heard) throws SQLException {
        feedback.start();
        spillLookAt = System.nanoTime() + setup.settings().spillCheck().toNanos();
        boolean silent = true;
        while (!stopping) {
            if (setup.track() == Track.BULK && giveWay() && stopping) {
                return End.STOPPED;
            }
            long before = System.nanoTime();
            ByteBuffer message = connection.read();
            long now = System.nanoTime();
            readSinceAsked += message == null ? 0 : message.remaining();
            if (silent && (message != null || !connection.keepalivePosition().equals(Lsn.ZERO))) {
                silent = false;
                heard.run();
            }
            End end =
                    message == null
                            ? nothing(now, now - before > WAITED_NANOS)
                            : message(message, now);
            if (end != null) {
                return end;
            }
        }
        return End.STOPPED;
    }

    /** Waits for the express track; false where there was nothing to wait for. */
    private boolean giveWay() throws SQLException {
        boolean waited = false;
        long bytes = readSinceAsked;
        readSinceAsked = 0;
        while (!stopping && setup.rightOfWay().mustWait(System.nanoTime(), bytes)) {
            bytes = 0;
            if (!waited && unflushed) {
                flush(System.nanoTime());
            }
            waited = true;
            LockSupport.parkNanos(PAUSE_NANOS);
        }
        if (waited) {
            feedback.check();
            noteGivenWay();
        }
        return waited;
    }

    private void noteGivenWay() {
        long now = System.nanoTime();
        if (now - saidGivenWay >= SAY_NANOS) {
            saidGivenWay = now;
            LOG.info(
                    "track bulk gives way, commits of the express track come {} ms late: waited={}ms in all",
                    setup.rightOfWay().excess().toMillis(),
                    setup.rightOfWay().waited().toMillis());
        }
    }

    private @Nullable End message(ByteBuffer message, long now) throws SQLException {
        bytes += message.remaining();
        silence.heard(now);
        long commits = transactions.commits();
        parser.parse(message, transactions);
        if (setup.track() == Track.EXPRESS && transactions.commits() > commits) {
            Instant received = setup.environment().clock().instant();
            setup.rightOfWay()
                    .arrived(
                            now,
                            Duration.between(transactions.lastCommittedAt(), received).toNanos(),
                            bytes - arrivedBytes);
            arrivedBytes = bytes;
        }
        if (transactions.commits() > flushedCommits && now - flushedAt >= FLUSH_NANOS) {
            flush(now);
        } else {
            unflushed = true;
        }
        return bytes - notedBytes > LOOK_BYTES ? lookAround(now) : null;
    }

    private @Nullable End nothing(long now, boolean waited) throws SQLException {
        Lsn position = connection.keepalivePosition();
        if (position.equals(lastKeepalive)) {
            silence.check(now);
        } else {
            lastKeepalive = position;
            silence.heard(now);
        }
        if (!transactions.midway()) {
            if (position.isAfter(written())) {
                writer.passed(position);
                passed = position;
                unflushed = true;
            }
        }
        if (unflushed || isPositionOpen(now)) {
            flush(now);
        }
        if (!waited) {
            // The server has said goodbye; what follows is the end of the connection.
            LockSupport.parkNanos(PAUSE_NANOS);
        }
        return lookAround(now);
    }

    /**
     * The journal writes mere positions down now and then only, those of commits it took nothing of
     * among them; a source that shuts down waits for the last one.
     */
    private boolean isPositionOpen(long now) {
        return now - flushedAt >= POSITION_NANOS && written().isAfter(setup.journal().durableEnd());
    }

    private void flush(long now) {
        writer.flush();
        unflushed = false;
        flushedAt = now;
        flushedCommits = transactions.commits();
    }

    private @Nullable End lookAround(long now) throws SQLException {
        feedback.check();
        note();
        if (spill != null && now >= spillLookAt && !transactions.midway()) {
            spillLookAt = now + setup.settings().spillCheck().toNanos();
            if (spill.over(setup.source().database(), written())) {
                return End.SPILL_OVER;
            }
        }
        return switch (writer.room()) {
            case FREE -> null;
            case FULL -> waitForRoom();
            case OPEN_TRANSACTIONS_TOO_LARGE -> End.OPEN_TRANSACTIONS_TOO_LARGE;
        };
    }

    private @Nullable End waitForRoom() throws SQLException {
        long began = System.nanoTime();
        flush(began);
        LOG.warn(
                "the journal is full, reading waits: track={} received={}",
                setup.track().label(),
                connection.received());
        state(CaptureState.WAITING_FOR_ROOM, "the journal is full, reading waits for destinations");
        while (!stopping) {
            feedback.check();
            note();
            LockSupport.parkNanos(ROOM_LOOK_NANOS);
            silence.yieldToShutdown(System.nanoTime());
            long waited = System.nanoTime() - began;
            switch (writer.room()) {
                case FREE -> {
                    LOG.info(
                            "the journal has room again: track={} waited={}ms",
                            setup.track().label(),
                            waited / 1_000_000);
                    silence.heard(System.nanoTime());
                    state(CaptureState.STREAMING, spill == null ? null : spill.reason());
                    return null;
                }
                case FULL -> {
                    if (waited >= setup.settings().fullLimit().toNanos()) {
                        return End.FULL_TOO_LONG;
                    }
                }
                case OPEN_TRANSACTIONS_TOO_LARGE -> {
                    return End.OPEN_TRANSACTIONS_TOO_LARGE;
                }
            }
        }
        return End.STOPPED;
    }

    private void state(CaptureState state, @Nullable String reason) {
        progress.state(state, reason);
        setup.listener().stateChanged(setup.track(), state, reason);
    }

    private void note() {
        progress.read(
                transactions.changes() - notedChanges, bytes - notedBytes, connection.received());
        progress.acknowledged(feedback.acknowledged());
        notedChanges = transactions.changes();
        notedBytes = bytes;
    }

    /** Everything up to here was given to the writer. */
    Lsn written() {
        return Lsn.max(passed, transactions.lastCommit());
    }

    /** End of the newest commit with changes that was given to the writer. */
    Lsn lastChange() {
        return transactions.lastChange();
    }

    /** Transactions of which a part was given to the writer. */
    Set<Long> openTransactions() {
        return transactions.openTransactions();
    }

    /** How much of them was given. */
    ByteSize openSize() {
        return new ByteSize(transactions.openBytes());
    }

    /** Asks it to end soon; from any thread. */
    void stop() {
        stopping = true;
    }

    /** Ends the acknowledging and the connection, without waiting for the server. */
    void close() {
        note();
        try {
            if (feedback.stop()) {
                connection.close();
            } else {
                connection.abort();
            }
        } catch (SQLException e) {
            LOG.debug("closing a source connection: {}", e.getMessage());
        }
    }
}
