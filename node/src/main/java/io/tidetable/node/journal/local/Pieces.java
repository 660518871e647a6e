package io.tidetable.node.journal.local;

import java.util.Arrays;

/** Where the records that compaction kept stand in their new file. */
final class Pieces {
    private final long[] addresses;
    private final int[] offsets;
    private final int[] lengths;

    private Pieces(long[] addresses, int[] offsets, int[] lengths) {
        this.addresses = addresses;
        this.offsets = offsets;
        this.lengths = lengths;
    }

    /** The piece that holds the address, or else the first behind it; may be {@link #count}. */
    int atOrBehind(long address) {
        int found = Arrays.binarySearch(addresses, address);
        if (found >= 0) {
            return found;
        }
        int behind = -found - 1;
        boolean inside = behind > 0 && address < addresses[behind - 1] + lengths[behind - 1];
        return inside ? behind - 1 : behind;
    }

    int count() {
        return addresses.length;
    }

    long address(int piece) {
        return addresses[piece];
    }

    int offset(int piece) {
        return offsets[piece];
    }

    int length(int piece) {
        return lengths[piece];
    }

    /** Collects the pieces of a file from its first to its last record. */
    static final class Builder {
        private long[] addresses = new long[16];
        private int[] offsets = new int[16];
        private int[] lengths = new int[16];
        private int count;

        void add(long address, int offset, int length) {
            int last = count - 1;
            if (count > 0
                    && addresses[last] + lengths[last] == address
                    && offsets[last] + lengths[last] == offset) {
                lengths[last] += length;
                return;
            }
            if (count == addresses.length) {
                addresses = Arrays.copyOf(addresses, count * 2);
                offsets = Arrays.copyOf(offsets, count * 2);
                lengths = Arrays.copyOf(lengths, count * 2);
            }
            addresses[count] = address;
            offsets[count] = offset;
            lengths[count] = length;
            count++;
        }

        Pieces build() {
            return new Pieces(
                    Arrays.copyOf(addresses, count),
                    Arrays.copyOf(offsets, count),
                    Arrays.copyOf(lengths, count));
        }
    }
}
