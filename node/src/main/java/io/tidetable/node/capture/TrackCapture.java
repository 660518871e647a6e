package io.tidetable.node.capture;

import io.tidetable.model.Lsn;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.node.journal.TrackJournal;
import io.tidetable.node.journal.TrackWriter;
import io.tidetable.node.pgoutput.DamagedMessageException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that reads one track of the source into its journal, over as many connections as it
 * takes. It begins each where the journal durably ends, and stops only when it is closed, when
 * something is lost for good ({@link CaptureListener#gap}) or when the journal fails.
 *
 * <p>{@link #start} and {@link #close} once each; {@link #status} at any time from any thread.
 */
public final class TrackCapture implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TrackCapture.class);

    private static final Duration DURABLE_LOOK = Duration.ofMillis(2);
    private static final Duration ROOM_LOOK = Duration.ofMillis(200);
    private static final Duration LONGEST_CLOSE = Duration.ofSeconds(30);

    private final TrackSetup setup;
    private final CaptureProgress progress;
    private final ConnectionTrouble trouble;
    private final Backoff backoff;
    private final Thread thread;

    private volatile boolean stopping;
    private volatile @Nullable CaptureSession session;
    private @Nullable Spill spill;
    private Lsn written = Lsn.ZERO;
    private int serverPid;

    /**
     * A track's capture; nothing happens before {@link #start}.
     *
     * @param journal begun at the slot's consistent point, or holding what an earlier run read
     * @param rightOfWay shared by the tracks of the source
     */
    public TrackCapture(
            Track track,
            CaptureSource source,
            TrackJournal journal,
            RightOfWay rightOfWay,
            CaptureListener listener,
            CaptureSettings settings,
            CaptureEnvironment environment) {
        this.setup =
                new TrackSetup(track, source, journal, rightOfWay, listener, settings, environment);
        this.progress = new CaptureProgress(environment.clock());
        this.trouble = new ConnectionTrouble(track);
        this.backoff =
                new Backoff(
                        settings.shortestBackoff(),
                        settings.longestBackoff(),
                        environment.chance());
        this.thread =
                Thread.ofPlatform().daemon().name("capture-" + track.label()).unstarted(this::run);
    }

    public void start() {
        thread.start();
    }

    /** How it stands. */
    public CaptureStatus status() {
        return progress.status();
    }

    /** What it has received of each table. */
    public TableTraffic traffic() {
        return progress.traffic();
    }

    private void run() {
        try {
            TrackWriter writer = setup.journal().writer();
            while (!stopping) {
                connectAndRead(writer);
            }
            state(CaptureState.CLOSED, null);
        } catch (CaptureGapException e) {
            LOG.error("{}", e.line());
            state(CaptureState.GAP, e.line());
            setup.listener().gap(setup.track(), e);
        } catch (RuntimeException | Error e) {
            LOG.error("capture failed: track={}", setup.track().label(), e);
            state(CaptureState.FAILED, e.getMessage());
            setup.listener().failed(setup.track(), e);
        }
    }

    private void connectAndRead(TrackWriter writer) {
        try {
            state(CaptureState.CONNECTING, progress.status().message());
            awaitDurable(writer);
            if (!stopping) {
                readOnce(writer);
            }
        } catch (SQLException e) {
            again(String.valueOf(e.getSQLState()), String.valueOf(e.getMessage()));
        } catch (DamagedMessageException e) {
            again(e.code(), String.valueOf(e.getMessage()));
        }
    }

    private void again(String code, String reason) {
        if (!stopping) {
            trouble.failed(code, reason);
            progress.message(reason);
            pause(backoff.failed());
        }
    }

    /**
     * The next connection begins at the durable end. Commits that the writer has but that are not
     * synced yet would be sent again above it, and stand in the journal twice.
     */
    private void awaitDurable(TrackWriter writer) {
        while (!stopping && written.isAfter(setup.journal().durableEnd())) {
            writer.flush();
            pause(DURABLE_LOOK);
        }
    }

    private void readOnce(TrackWriter writer) throws SQLException {
        Lsn start = setup.journal().durableEnd();
        TrackConnection connection =
                TrackConnection.open(
                        setup.source(), setup.track(), start, spill == null, serverPid);
        serverPid = connection.serverPid();
        writer.connected();
        CaptureSession reading = new CaptureSession(setup, progress, connection, writer, spill);
        session = reading;
        CaptureSession.End end;
        try {
            progress.connected();
            LOG.info(
                    "capture streams: track={} from={} serverPid={}",
                    setup.track().label(),
                    start,
                    serverPid);
            state(CaptureState.STREAMING, spill == null ? null : spill.reason());
            if (stopping) {
                reading.stop();
            }
            end =
                    reading.read(() -> {
                        backoff.worked();
                        trouble.over();
                    });
        } finally {
            written = Lsn.max(written, reading.lastChange());
            session = null;
            reading.close();
        }
        ended(end, reading, writer);
    }

    private void ended(CaptureSession.End end, CaptureSession reading, TrackWriter writer) {
        switch (end) {
            case STOPPED -> {}
            case FULL_TOO_LONG -> {
                // Its open transactions are void now; that alone may make room.
                writer.connected();
                awaitRoom(writer);
            }
            case OPEN_TRANSACTIONS_TOO_LARGE -> spill(reading);
            case SPILL_OVER -> {
                spill = null;
                LOG.info("streaming is on again: track={}", setup.track().label());
            }
        }
    }

    private void awaitRoom(TrackWriter writer) {
        String reason =
                "the journal was full for longer than %d s, the source connection is closed until there is room; the source keeps its log meanwhile"
                        .formatted(setup.settings().fullLimit().toSeconds());
        LOG.warn("{}: track={}", reason, setup.track().label());
        state(CaptureState.WAITING_FOR_ROOM, reason);
        while (!stopping && writer.room() == TrackWriter.Room.FULL) {
            pause(ROOM_LOOK);
        }
        progress.message(null);
    }

    private void spill(CaptureSession reading) {
        String reason =
                "open source transactions %s do not fit into the journal's disk (%s of them came): read again without streaming, the source keeps them on its own disk until they commit; give the journal more than their size"
                        .formatted(reading.openTransactions(), reading.openSize());
        LOG.warn("{}: track={}", reason, setup.track().label());
        if (spill != null) {
            // Nothing is streamed any more, so this is something else that takes the room.
            pause(backoff.failed());
        }
        spill = new Spill(reading.openTransactions(), reason);
    }

    private void state(CaptureState state, @Nullable String reason) {
        progress.state(state, reason);
        setup.listener().stateChanged(setup.track(), state, reason);
    }

    /** Never by interrupt, which would close the journal's files under a write. */
    private void pause(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        long left = time.toNanos();
        while (!stopping && left > 0) {
            LockSupport.parkNanos(left);
            left = end - System.nanoTime();
        }
    }

    /** Stops reading and waits until the writer is no longer used. */
    @Override
    public void close() {
        stopping = true;
        CaptureSession reading = session;
        if (reading != null) {
            reading.stop();
        }
        LockSupport.unpark(thread);
        try {
            if (!thread.join(LONGEST_CLOSE)) {
                throw new TidetableException(
                        "TT-230",
                        "capture of track %s did not stop within %d s; its journal must not be closed while it may write"
                                .formatted(setup.track().label(), LONGEST_CLOSE.toSeconds()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
