package io.tidetable.node.journal.local;

/**
 * A record's place in one track's log, as a long that grows along the log: the segment's number in
 * the upper half, the offset at which the record was first written in the lower. It stays the same
 * when compaction moves the record to another file.
 */
final class Address {
    private Address() {}

    static long of(long segment, int offset) {
        return (segment << 32) | offset;
    }

    static long segment(long address) {
        return address >>> 32;
    }

    static int offset(long address) {
        return (int) address;
    }
}
