package io.tidetable.node.journal.local;

import io.tidetable.model.Lsn;
import io.tidetable.model.TableShape;
import io.tidetable.node.journal.ChangeKind;
import io.tidetable.node.journal.TrackWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The writing end of one track. */
final class LocalTrackWriter implements TrackWriter {
    private static final Logger LOG = LoggerFactory.getLogger(LocalTrackWriter.class);

    /** What a shape's record takes beside the shape. */
    private static final int SHAPE_HEAD = 16;

    private final LocalTrackJournal journal;
    private final LogWriter log;
    private final Indexer indexer;
    private final Shapes shapes;
    private final TrackSync sync;
    private final Retention retention;
    private final long positionDelayNanos;
    private boolean begun;
    private long xid;
    private long passed;
    private long positionWritten;
    private boolean skipped;
    private long flushedAddress;
    private long flushedPosition;

    LocalTrackWriter(
            LocalTrackJournal journal,
            LogWriter log,
            Indexer indexer,
            Shapes shapes,
            TrackSync sync,
            Retention retention,
            long positionDelayNanos) {
        this.journal = journal;
        this.log = log;
        this.indexer = indexer;
        this.shapes = shapes;
        this.sync = sync;
        this.retention = retention;
        this.positionDelayNanos = positionDelayNanos;
    }

    @Override
    public void connected() {
        journal.check();
        try {
            log.connected();
        } catch (IOException e) {
            throw journal.fail("write to", e);
        }
        indexer.voidAll();
        begun = false;
        skipped = false;
    }

    @Override
    public int shape(TableShape shape) {
        return shapes.known(shape).number();
    }

    @Override
    public void begin(long newXid) {
        journal.check();
        if (begun) {
            throw new IllegalStateException(
                    "transaction %d begins inside transaction %d".formatted(newXid, xid));
        }
        begun = true;
        xid = newXid;
    }

    @Override
    public void change(ChangeKind kind, int shape, ByteBuffer payload) {
        if (!begun) {
            throw new IllegalStateException("a change came outside of a transaction");
        }
        if (isWanted(shape)) {
            append(xid, xid, kind, shape, payload);
        }
    }

    /**
     * Whoever subscribes later wants what commits later, and this has committed: not so what is
     * streamed, whose commit may come when somebody wants it.
     */
    private boolean isWanted(int shape) {
        TableIndex table = shapes.get(shape).table();
        return table.freed() != TableIndex.ALL
                || table.retention().releasedByAll() != TableRetention.NOBODY
                || !retention.isComplete();
    }

    @Override
    public void commit(Lsn commitEnd, Instant committedAt) {
        if (!begun) {
            throw new IllegalStateException("a commit came outside of a transaction");
        }
        begun = false;
        finish(xid, commitEnd, committedAt);
    }

    @Override
    public void streamedChange(
            long streamedXid, long subxid, ChangeKind kind, int shape, ByteBuffer payload) {
        append(streamedXid, subxid, kind, shape, payload);
    }

    @Override
    public void streamAbort(long streamedXid, long subxid) {
        journal.check();
        if (indexer.find(streamedXid) == null) {
            return;
        }
        try {
            log.abort(streamedXid, subxid);
        } catch (IOException e) {
            throw journal.fail("write to", e);
        }
        indexer.abort(streamedXid, subxid, log.address());
    }

    @Override
    public void streamCommit(long streamedXid, Lsn commitEnd, Instant committedAt) {
        finish(streamedXid, commitEnd, committedAt);
    }

    @Override
    public void passed(Lsn position) {
        if (Long.compareUnsigned(position.value(), passed) > 0) {
            passed = position.value();
        }
    }

    @Override
    public void flush() {
        journal.check();
        try {
            if (Long.compareUnsigned(passed, end()) > 0 && isPositionDue()) {
                writePosition();
            }
            log.endFrame();
        } catch (IOException e) {
            throw journal.fail("write to", e);
        }
        long position = later(passed, log.end());
        if (log.address() != flushedAddress || position != flushedPosition) {
            flushedAddress = log.address();
            flushedPosition = position;
            journal.readable(log.end(), position, indexer.takeTouched());
            sync.flush(log.end());
        }
    }

    @Override
    public Room room() {
        journal.check();
        return journal.space().room(indexer.hasOpen() && !begun);
    }

    /** Writes all that is left and ends the log's last file. */
    void close() throws IOException {
        if (Long.compareUnsigned(passed, end()) > 0) {
            writePosition();
        }
        log.seal();
        journal.readable(log.end(), log.end(), indexer.takeTouched());
        sync.flush(log.end());
    }

    private void append(long topXid, long subxid, ChangeKind kind, int number, ByteBuffer payload) {
        journal.check();
        KnownShape shape = shapes.get(number);
        try {
            log.makeRoom((long) payload.remaining() + shape.encoded().length + SHAPE_HEAD);
            OpenTransaction transaction = indexer.open(topXid, log.address());
            log.context(topXid, subxid);
            log.shape(shape);
            long address = log.address();
            byte type = Records.type(kind);
            int length = log.change(type, number, payload);
            indexer.change(transaction, subxid, shape.table(), address, length, log.runStart());
        } catch (IOException e) {
            throw journal.fail("write to", e);
        }
    }

    private void finish(long topXid, Lsn commitEnd, Instant committedAt) {
        journal.check();
        OpenTransaction transaction = indexer.find(topXid);
        if (transaction == null || transaction.isEmpty()) {
            passed(commitEnd);
            return;
        }
        if (!isNew(commitEnd.value())) {
            skip(topXid, commitEnd);
            return;
        }
        long micros =
                Math.addExact(
                        Math.multiplyExact(committedAt.getEpochSecond(), 1_000_000L),
                        committedAt.getNano() / 1_000);
        try {
            log.commit(
                    topXid, commitEnd.value(), micros, transaction.first(), transaction.aborted());
        } catch (IOException e) {
            throw journal.fail("write to", e);
        }
        boolean giant = transaction.spansSegments();
        indexer.commit(topXid, commitEnd.value(), micros, transaction.first());
        log.end(commitEnd.value());
        if (giant) {
            journal.spaceMayBeFree();
        }
    }

    /** The source sent what is here already: it may, after its own crash. */
    private void skip(long topXid, Lsn commitEnd) {
        if (!skipped) {
            skipped = true;
            LOG.warn(
                    "journal_commit_skipped track={} position={} transaction={} end={}",
                    journal.track(),
                    commitEnd,
                    topXid,
                    new Lsn(end()));
        }
        streamAbort(topXid, topXid);
    }

    private boolean isNew(long commitEnd) {
        return Long.compareUnsigned(commitEnd, end()) > 0
                && Long.compareUnsigned(commitEnd, passed) > 0;
    }

    private long end() {
        return later(log.end(), journal.startedAt().value());
    }

    private boolean isPositionDue() {
        return log.hasRecords() || System.nanoTime() - positionWritten >= positionDelayNanos;
    }

    private static long later(long a, long b) {
        return Long.compareUnsigned(a, b) >= 0 ? a : b;
    }

    private void writePosition() throws IOException {
        log.passed(passed);
        log.end(passed);
        positionWritten = System.nanoTime();
    }
}
