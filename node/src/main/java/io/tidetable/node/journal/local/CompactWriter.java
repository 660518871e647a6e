package io.tidetable.node.journal.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.BitSet;

/** Writes a compacted segment file out of the records of others. */
final class CompactWriter implements Records {
    private static final int FRAME = 256 << 10;
    private static final int HEAD = 64;

    /** Decides about a change. */
    @FunctionalInterface
    interface Wanted {
        boolean isWanted(int table, long address);
    }

    private final Shapes shapes;
    private final Wanted wanted;
    private final LongMap commits;
    private final SegmentChannel channel;
    private final Frames frames;
    private final Pieces.Builder pieces = new Pieces.Builder();
    private final BitSet shapesWritten = new BitSet();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(FRAME);
    private ByteBuffer from = ByteBuffer.allocate(0);
    private boolean started;
    private long xid;
    private long contiguousAt = -1;
    private int length;

    /**
     * A writer of a new file.
     *
     * @param commits the ends of those whose commit records are wanted
     */
    CompactWriter(SegmentName name, Path path, Shapes shapes, Wanted wanted, LongMap commits)
            throws IOException {
        this.shapes = shapes;
        this.wanted = wanted;
        this.commits = commits;
        this.channel = SegmentChannel.create(path, 0);
        this.frames = new Frames(name.first(), name.last(), name.generation());
        buffer.position(Frames.HEADER);
    }

    /** Copies what is wanted of one file. */
    void copy(SegmentFile file) throws IOException {
        from = file.view();
        SegmentScanner scanner = new SegmentScanner(file.name(), file.path(), from, file.length());
        int good;
        try {
            good = scanner.scan(this);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        if (!scanner.isSealed()) {
            throw JournalFailure.damaged(file.path(), good, "a checksum is wrong");
        }
    }

    /** Ends and syncs the file. */
    void finish() throws IOException {
        endFrame();
        buffer.put(SEALED);
        endFrame();
        channel.seal(length);
    }

    int length() {
        return length;
    }

    Pieces pieces() {
        return pieces.build();
    }

    void close() {
        channel.abandon();
    }

    @Override
    public void start(long end, int nextShape) {
        if (started) {
            return;
        }
        started = true;
        GrowingBytes record = new GrowingBytes(32);
        record.one(START);
        record.varint(VERSION);
        record.fixed(end);
        record.varint(nextShape);
        put(ByteBuffer.wrap(record.array(), 0, record.length()));
    }

    @Override
    public void connected() {
        // Commit records name the address from which on changes are theirs.
    }

    @Override
    public void context(long newXid, long subxid, long address) {
        xid = newXid;
    }

    @Override
    public void change(int number, long address, int physical, int size) {
        KnownShape shape = shapes.get(number);
        if (!wanted.isWanted(shape.table().ordinal(), address)) {
            return;
        }
        makeRoom(HEAD + (long) size + shape.encoded().length);
        if (!shapesWritten.get(number)) {
            shapesWritten.set(number);
            GrowingBytes record = new GrowingBytes(shape.encoded().length + 16);
            record.one(SHAPE);
            record.varint(number);
            record.counted(shape.encoded());
            put(ByteBuffer.wrap(record.array(), 0, record.length()));
        }
        if (contiguousAt != address) {
            GrowingBytes record = new GrowingBytes(32);
            record.one(CONTEXT_AT);
            record.varint(xid);
            record.fixed(address);
            put(ByteBuffer.wrap(record.array(), 0, record.length()));
        }
        pieces.add(address, length + buffer.position(), size);
        put(from.slice(physical, size));
        contiguousAt = buffer.position() == Frames.HEADER ? -1 : address + size;
    }

    @Override
    public void shape(int number, byte[] encoded) {
        // Written down before the first change that has it.
    }

    @Override
    public void commit(
            long committedXid,
            long commitEnd,
            long micros,
            long firstAddress,
            LongMap aborted,
            int physical,
            int size) {
        if (commits.get(commitEnd) != LongMap.ABSENT) {
            makeRoom(HEAD + (long) size);
            put(from.slice(physical, size));
        }
    }

    @Override
    public void abort(long abortedXid, long subxid, long address) {
        // Commit records name the aborted subtransactions.
    }

    @Override
    public void passed(long position) {
        // Later segments begin with what was passed before them.
    }

    private void makeRoom(long bytes) {
        if (bytes > buffer.remaining()) {
            endFrame();
        }
    }

    /** Puts a record, or a long one's bytes with the frame's end. */
    private void put(ByteBuffer record) {
        contiguousAt = -1;
        if (record.remaining() <= buffer.remaining()) {
            buffer.put(record);
        } else {
            writeFrame(record);
        }
    }

    private void endFrame() {
        if (buffer.position() > Frames.HEADER) {
            writeFrame(ByteBuffer.allocate(0));
        }
    }

    private void writeFrame(ByteBuffer blob) {
        buffer.flip();
        int written = buffer.limit();
        int rest = blob.remaining();
        frames.finish(buffer, blob, length, length);
        try {
            channel.write(buffer, length);
            channel.write(blob, (long) length + written);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        length += written + rest;
        buffer.clear().position(Frames.HEADER);
        contiguousAt = -1;
    }
}
