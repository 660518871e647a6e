package io.tidetable.node.journal.local;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The commits of one segment that touched one table, in commit order, as compact bytes: commit end,
 * transaction id, commit time, bytes of changes, then the ranges in which the changes lie, each
 * number as the difference to the entry before. Appended to by one thread, read by many.
 */
final class Block {
    private static final int LONGEST_HEAD = 5 * GrowingBytes.MAXIMUM_VARINT;

    private final int table;
    private final long segment;
    private final long bytesBefore;
    private volatile ByteBuffer data;
    private volatile int length;
    private volatile long lastCommitEnd;
    private byte[] array;
    private long lastXid;
    private long lastMicros;
    private int heldBytes;

    /** An empty one. */
    Block(int table, long segment, long bytesBefore) {
        this.table = table;
        this.segment = segment;
        this.bytesBefore = bytesBefore;
        this.array = new byte[48];
        this.data = ByteBuffer.wrap(array);
    }

    /** One that was spilled. */
    Block(int table, long segment, long bytesBefore, ByteBuffer data, long lastCommitEnd) {
        this.table = table;
        this.segment = segment;
        this.bytesBefore = bytesBefore;
        this.array = new byte[0];
        this.data = data;
        this.length = data.limit();
        this.lastCommitEnd = lastCommitEnd;
    }

    /** The table's ordinal. */
    int table() {
        return table;
    }

    /** The number of the segment the commits stand in, the last one where several were merged. */
    long segment() {
        return segment;
    }

    /** {@link TableIndex#bytes()} before the first commit here. */
    long bytesBefore() {
        return bytesBefore;
    }

    ByteBuffer data() {
        return data;
    }

    int length() {
        return length;
    }

    long lastCommitEnd() {
        return lastCommitEnd;
    }

    /** Bytes of changes in this very segment. */
    int heldBytes() {
        return heldBytes;
    }

    /**
     * Lists a commit.
     *
     * @param ranges as {@link RangeReader} reads them
     * @param bytesHere how many of the bytes lie in this segment
     */
    void append(
            long commitEnd, long xid, long micros, long bytes, GrowingBytes ranges, int bytesHere) {
        int at = length;
        if (array.length - at < LONGEST_HEAD + ranges.length()) {
            long wanted = Math.max(at + LONGEST_HEAD + (long) ranges.length(), at * 3L / 2);
            array = Arrays.copyOf(array, Math.toIntExact(wanted));
            data = ByteBuffer.wrap(array);
        }
        at = GrowingBytes.putVarint(array, at, commitEnd - lastCommitEnd);
        at = GrowingBytes.putVarint(array, at, GrowingBytes.zigzag(xid - lastXid));
        at = GrowingBytes.putVarint(array, at, GrowingBytes.zigzag(micros - lastMicros));
        at = GrowingBytes.putVarint(array, at, bytes);
        at = GrowingBytes.putVarint(array, at, ranges.length());
        System.arraycopy(ranges.array(), 0, array, at, ranges.length());
        lastXid = xid;
        lastMicros = micros;
        heldBytes = (int) Math.min(Integer.MAX_VALUE, (long) heldBytes + bytesHere);
        lastCommitEnd = commitEnd;
        length = at + ranges.length();
    }

    /** The same bytes stand elsewhere now; this copy is given up. */
    void moveTo(ByteBuffer elsewhere) {
        data = elsewhere;
        array = new byte[0];
    }
}
