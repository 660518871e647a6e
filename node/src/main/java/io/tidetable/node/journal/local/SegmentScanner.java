package io.tidetable.node.journal.local;

import java.nio.ByteBuffer;
import java.nio.file.Path;

/** Reads a segment file from its first frame on, checking each. */
final class SegmentScanner {
    private final Path path;
    private final ByteBuffer file;
    private final int limit;
    private final long segment;
    private final Frames frames;
    private boolean sealed;

    /**
     * A scanner of a file.
     *
     * @param limit the file's length
     */
    SegmentScanner(SegmentName name, Path path, ByteBuffer file, int limit) {
        this.path = path;
        this.file = file;
        this.limit = limit;
        this.segment = name.last();
        this.frames = new Frames(name.first(), name.last(), name.generation());
    }

    /** Tells the records of all good frames in order; returns the offset behind the last one. */
    int scan(Records to) {
        int offset = 0;
        while (!sealed) {
            int body = frames.body(file, offset, limit);
            if (body < 0) {
                return offset;
            }
            try {
                records(offset + Frames.HEADER, body, to);
            } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
                throw JournalFailure.damaged(path, offset, "a frame cannot be understood", e);
            }
            offset += Frames.HEADER + body;
        }
        return offset;
    }

    /** Whether the frame that ends the file was met. */
    boolean isSealed() {
        return sealed;
    }

    /**
     * Whether the bad frame at the offset was synced once, by what later frames say.
     *
     * <p>Without such a frame it is the torn end of an interrupted write.
     */
    boolean wasSynced(int offset) {
        int at = offset + 1;
        while (at <= limit - Frames.HEADER) {
            if (file.getInt(at) == Frames.MAGIC) {
                int body = frames.body(file, at, limit);
                if (body >= 0) {
                    if (file.getInt(at + 8) > offset) {
                        return true;
                    }
                    at += Frames.HEADER + body;
                    continue;
                }
            }
            at++;
        }
        return false;
    }

    private void records(int from, int length, Records to) {
        VarintReader reader = new VarintReader(file, from);
        int end = from + length;
        long base = Address.of(segment, 0);
        while (reader.position() < end) {
            int at = reader.position();
            byte type = reader.one();
            switch (type) {
                case Records.INSERT, Records.UPDATE, Records.DELETE, Records.TRUNCATE -> {
                    int shape = reader.integer();
                    reader.skip(reader.integer());
                    to.change(shape, base + at, at, reader.position() - at);
                }
                case Records.CONTEXT -> {
                    long xid = reader.varint();
                    long subxid = xid + reader.signed();
                    to.context(xid, subxid, base + reader.position());
                }
                case Records.CONTEXT_AT -> {
                    long xid = reader.varint();
                    long address = reader.fixed();
                    base = address - reader.position();
                    to.context(xid, xid, address);
                }
                case Records.SHAPE -> to.shape(reader.integer(), reader.counted());
                case Records.COMMIT -> commit(at, reader, to);
                case Records.ABORT -> {
                    long xid = reader.varint();
                    to.abort(xid, xid + reader.signed(), base + at);
                }
                case Records.PASSED -> to.passed(reader.fixed());
                case Records.CONNECTED -> to.connected();
                case Records.START -> start(at, reader, to);
                case Records.SEALED -> sealed = true;
                default -> throw new IllegalArgumentException("record of unknown type " + type);
            }
        }
        if (reader.position() != end) {
            throw new IllegalArgumentException("a record reaches beyond its frame");
        }
    }

    private void start(int at, VarintReader reader, Records to) {
        int version = reader.integer();
        if (version != Records.VERSION) {
            throw JournalFailure.damaged(
                    path,
                    at,
                    "it has layout %d, this version of Tidetable reads layout %d"
                            .formatted(version, Records.VERSION));
        }
        to.start(reader.fixed(), reader.integer());
    }

    private static void commit(int at, VarintReader reader, Records to) {
        long xid = reader.varint();
        long commitEnd = reader.fixed();
        long micros = reader.signed();
        long from = reader.fixed();
        int blob = reader.integer();
        int end = reader.position() + blob;
        LongMap aborted = new LongMap();
        while (reader.position() < end) {
            long subxid = xid + reader.signed();
            aborted.put(subxid, reader.varint());
        }
        to.commit(xid, commitEnd, micros, from, aborted, at, reader.position() - at);
    }
}
