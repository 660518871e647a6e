package io.tidetable.node.journal.local;

import java.nio.ByteBuffer;

/** Where the changes of one open transaction to one table lie, in the order they came. */
final class RangeList {
    /** Changes this near to each other are read in one go, even if others lie between. */
    private static final int GAP = 256;

    private final TableIndex table;
    private final GrowingBytes closed = new GrowingBytes(32);
    private long lastSubxid;
    private long lastStop;
    private boolean open;
    private long subxid;
    private long start;
    private long stop;
    private long bytes;

    RangeList(TableIndex table) {
        this.table = table;
    }

    TableIndex table() {
        return table;
    }

    boolean isEmpty() {
        return !open && closed.length() == 0;
    }

    /**
     * Notes a change.
     *
     * @param runStart from there to the change there are only changes of the same subtransaction
     */
    void add(long changeSubxid, long address, int length, long runStart) {
        if (open && changeSubxid == subxid && start >= runStart && address - stop <= GAP) {
            stop = address + length;
            bytes += length;
            return;
        }
        close();
        open = true;
        subxid = changeSubxid;
        start = address;
        stop = address + length;
        bytes = length;
    }

    /** Tells the ranges in order. */
    void forEach(Visitor visitor) {
        close();
        VarintReader reader = new VarintReader(ByteBuffer.wrap(closed.array()), 0);
        long eachSubxid = 0;
        long eachStop = 0;
        while (reader.position() < closed.length()) {
            eachSubxid += reader.signed();
            long eachStart = eachStop + reader.signed();
            long lengthAndFlag = reader.varint();
            long length = lengthAndFlag >>> 1;
            eachStop = eachStart + length;
            long own = (lengthAndFlag & 1) == 0 ? length : reader.varint();
            visitor.visit(eachSubxid, eachStart, eachStop, own);
        }
    }

    void clear() {
        closed.clear();
        open = false;
        lastSubxid = 0;
        lastStop = 0;
    }

    private void close() {
        if (!open) {
            return;
        }
        long length = stop - start;
        closed.signed(subxid - lastSubxid);
        closed.signed(start - lastStop);
        if (bytes == length) {
            closed.varint(length << 1);
        } else {
            closed.varint((length << 1) | 1);
            closed.varint(bytes);
        }
        lastSubxid = subxid;
        lastStop = stop;
        open = false;
    }

    @FunctionalInterface
    interface Visitor {
        /**
         * Sees one range.
         *
         * @param bytes how much of it are changes of the table itself
         */
        void visit(long subxid, long start, long stop, long bytes);
    }
}
