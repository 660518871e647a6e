package io.tidetable.node.journal.local;

import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.fault.Faults;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Puts records into frames and frames into segment files. Used by the capture thread alone; what it
 * wrote is synced by {@link TrackSync}, except for a segment's end, which it syncs itself before
 * the next segment begins.
 */
final class LogWriter {
    /** Are told what they can read. */
    @FunctionalInterface
    interface Readers {
        /**
         * A frame stands in its file.
         *
         * @param end the highest commit or position up to there
         * @param touched the tables with commits in it
         */
        void written(long end, List<TableIndex> touched);
    }

    /** Frames are this long, except for those that hold one longer record. */
    private static final int FRAME = 256 << 10;

    /** More than any record without its blob takes, with the context before it. */
    private static final int HEAD = 96;

    private static final int SEAL = Frames.HEADER + 1;

    private final Path directory;
    private final int segmentSize;
    private final Faults faults;
    private final SegmentFiles files;
    private final Shapes shapes;
    private final Indexer indexer;
    private final TrackSync sync;
    private final Readers readers;
    private final Runnable sealed;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(FRAME);
    private final BitSet shapesWritten = new BitSet();
    private @Nullable SegmentFile file;
    private @Nullable SegmentChannel channel;
    private Frames frames = new Frames(1, 1, 0);
    private int length;
    private long capacity;
    private long end;
    private boolean inContext;
    private long contextXid;
    private long contextSubxid;
    private long runStart;

    LogWriter(
            Path directory,
            int segmentSize,
            Faults faults,
            SegmentFiles files,
            Shapes shapes,
            Indexer indexer,
            TrackSync sync,
            Readers readers,
            Runnable sealed) {
        this.directory = directory;
        this.segmentSize = segmentSize;
        this.faults = faults;
        this.files = files;
        this.shapes = shapes;
        this.indexer = indexer;
        this.sync = sync;
        this.readers = readers;
        this.sealed = sealed;
    }

    /**
     * Begins the first segment of this process.
     *
     * @param highest commit or position written before
     */
    void start(long segment, long highest) throws IOException {
        end = highest;
        begin(segment, segmentSize);
    }

    SegmentFile file() {
        SegmentFile current = file;
        if (current == null) {
            throw new IllegalStateException("the journal is not open");
        }
        return current;
    }

    /** The highest commit or position that was put into a frame and indexed. */
    long end() {
        return end;
    }

    void end(long commitOrPosition) {
        end = commitOrPosition;
    }

    /** Where the next record will stand, unless it needs a new frame. */
    long address() {
        return Address.of(file().name().last(), length + buffer.position());
    }

    /** Between here and the next change there are only changes of the same subtransaction. */
    long runStart() {
        return runStart;
    }

    /** Whether records wait for their frame to be written. */
    boolean hasRecords() {
        return buffer.position() > Frames.HEADER;
    }

    /** Makes sure that a record and what must stand before it fit behind each other. */
    void makeRoom(long bytes) throws IOException {
        long need = HEAD + bytes;
        if (need <= buffer.remaining() && length + buffer.position() + need + SEAL <= capacity) {
            return;
        }
        endFrame();
        long alone = length + Frames.HEADER + need + SEAL;
        if (alone > capacity) {
            seal();
            begin(
                    file().name().last() + 1,
                    Math.max(segmentSize, 2 * Frames.HEADER + HEAD + need + SEAL + 64));
        }
    }

    /** What follows belongs to the (sub)transaction. */
    void context(long xid, long subxid) {
        if (inContext && contextXid == xid && contextSubxid == subxid) {
            return;
        }
        buffer.put(Records.CONTEXT);
        varint(xid);
        varint(GrowingBytes.zigzag(subxid - xid));
        inContext = true;
        contextXid = xid;
        contextSubxid = subxid;
        runStart = address();
    }

    /** Writes the shape down, if this segment does not have it yet. */
    void shape(KnownShape shape) {
        if (shapesWritten.get(shape.number())) {
            return;
        }
        shapesWritten.set(shape.number());
        buffer.put(Records.SHAPE);
        varint(shape.number());
        varint(shape.encoded().length);
        buffer.put(shape.encoded());
    }

    /** Writes a change; returns the length of the record. */
    int change(byte kind, int shape, ByteBuffer payload) throws IOException {
        int start = buffer.position();
        buffer.put(kind);
        varint(shape);
        varint(payload.remaining());
        int record = buffer.position() - start + payload.remaining();
        blob(payload);
        return record;
    }

    void commit(long xid, long commitEnd, long micros, long from, LongMap aborted)
            throws IOException {
        GrowingBytes voids = new GrowingBytes(2 * aborted.size());
        aborted.forEach((subxid, address) -> {
            voids.signed(subxid - xid);
            voids.varint(address);
        });
        makeRoom(voids.length());
        leaveContext();
        buffer.put(Records.COMMIT);
        varint(xid);
        buffer.putLong(commitEnd);
        varint(GrowingBytes.zigzag(micros));
        buffer.putLong(from);
        varint(voids.length());
        blob(ByteBuffer.wrap(voids.array(), 0, voids.length()));
    }

    void abort(long xid, long subxid) throws IOException {
        makeRoom(0);
        leaveContext();
        buffer.put(Records.ABORT);
        varint(xid);
        varint(GrowingBytes.zigzag(subxid - xid));
    }

    void connected() throws IOException {
        makeRoom(0);
        leaveContext();
        buffer.put(Records.CONNECTED);
    }

    void passed(long position) throws IOException {
        makeRoom(0);
        leaveContext();
        buffer.put(Records.PASSED);
        buffer.putLong(position);
    }

    /** Writes the frame, if there is something in it. */
    void endFrame() throws IOException {
        if (hasRecords()) {
            endFrame(null);
        }
    }

    /** Ends the file: what was written is synced, nothing more can be. */
    void seal() throws IOException {
        endFrame();
        buffer.put(Records.SEALED);
        writeFrame(null);
        channel().seal(length);
        file().synced(length);
    }

    /** Leaves the file as it is. */
    void abandon() {
        if (channel != null) {
            channel.abandon();
        }
    }

    private void begin(long segment, long size) throws IOException {
        SegmentName name = new SegmentName(segment, segment, 0);
        SegmentChannel created = SegmentChannel.create(directory.resolve(name.file()), size);
        SegmentFile next = SegmentFile.map(directory, name);
        frames = new Frames(segment, segment, 0);
        channel = created;
        capacity = size;
        length = 0;
        shapesWritten.clear();
        buffer.clear().position(Frames.HEADER);
        inContext = false;
        buffer.put(Records.START);
        varint(Records.VERSION);
        buffer.putLong(end);
        varint(shapes.next());
        SegmentFile previous = file;
        file = next;
        writeFrame(null);
        created.force();
        next.synced(length);
        SegmentChannel.syncDirectory(directory);
        if (previous != null) {
            indexer.seal();
        }
        files.add(next);
        indexer.begin(next);
        if (previous != null) {
            faults.reach(FaultPoint.SEGMENT_SEALED);
            sealed.run();
        }
    }

    private void blob(ByteBuffer bytes) throws IOException {
        if (bytes.remaining() <= buffer.remaining()) {
            buffer.put(buffer.position(), bytes, bytes.position(), bytes.remaining());
            buffer.position(buffer.position() + bytes.remaining());
        } else {
            endFrame(bytes.duplicate());
        }
    }

    private void endFrame(@Nullable ByteBuffer blob) throws IOException {
        writeFrame(blob);
        faults.reach(FaultPoint.JOURNAL_APPENDED);
        readers.written(end, indexer.takeTouched());
        sync.written(channel(), file(), length, end);
    }

    private void writeFrame(@Nullable ByteBuffer blob) throws IOException {
        buffer.flip();
        frames.finish(buffer, blob, length, file().synced());
        channel().write(buffer, length);
        int written = buffer.limit();
        if (blob != null) {
            int size = blob.remaining();
            channel().write(blob, (long) length + written);
            written += size;
        }
        length += written;
        file().length(length);
        buffer.clear().position(Frames.HEADER);
        inContext = false;
    }

    private void leaveContext() {
        inContext = false;
    }

    private void varint(long value) {
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            buffer.put((byte) (rest | 0x80));
            rest >>>= 7;
        }
        buffer.put((byte) rest);
    }

    private SegmentChannel channel() {
        SegmentChannel current = channel;
        if (current == null) {
            throw new IllegalStateException("the journal is not open");
        }
        return current;
    }
}
