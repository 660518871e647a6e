package io.tidetable.node.journal.local;

import java.nio.ByteBuffer;

/**
 * Walks over the ranges of one commit and table: stretches of the log, each within one frame, that
 * hold changes of the table and, between them, only others of the same (sub)transaction.
 */
final class RangeReader {
    private final VarintReader reader;
    private final int end;
    private long start;
    private long stop;

    /**
     * Starts before the first range.
     *
     * @param segment of the block the commit is listed in
     */
    RangeReader(byte[] ranges, long segment) {
        this.reader = new VarintReader(ByteBuffer.wrap(ranges), 0);
        this.end = ranges.length;
        this.stop = Address.of(segment, 0);
    }

    /** Writes what {@link #next} reads. */
    static void write(GrowingBytes to, long previousStop, long start, long stop) {
        to.signed(start - previousStop);
        to.varint(stop - start);
    }

    boolean next() {
        if (reader.position() >= end) {
            return false;
        }
        start = stop + reader.signed();
        stop = start + reader.varint();
        return true;
    }

    /** Address of the first byte. */
    long start() {
        return start;
    }

    /** Address behind the last byte. */
    long stop() {
        return stop;
    }
}
