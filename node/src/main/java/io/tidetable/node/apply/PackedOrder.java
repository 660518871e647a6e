package io.tidetable.node.apply;

import java.util.Arrays;

/**
 * Packed rows in the order of their keys' bytes, so that an index is walked along: as {@link
 * KeyOrder} does it, by a window of bytes behind those that all keys have in common.
 */
final class PackedOrder {
    private final PackedBytes bytes;
    private final long[] places;
    private final int[] keyLengths;

    /** Of rows by number: where each lies, and how long its key is. */
    PackedOrder(PackedBytes bytes, long[] places, int[] keyLengths) {
        this.bytes = bytes;
        this.places = places;
        this.keyLengths = keyLengths;
    }

    /** The rows by their keys. */
    int[] of(int[] chosen) {
        if (chosen.length < 2) {
            return chosen;
        }
        int shortest = Integer.MAX_VALUE;
        for (int row : chosen) {
            shortest = Math.min(shortest, keyLengths[row]);
        }
        int common = inCommon(chosen, shortest);
        int bitsOfPlace = 32 - Integer.numberOfLeadingZeros(chosen.length - 1);
        int window = Math.min(shortest - common, (63 - bitsOfPlace) / 8);
        long[] numbers = new long[chosen.length];
        for (int i = 0; i < chosen.length; i++) {
            numbers[i] = (number(chosen[i], common, window) << bitsOfPlace) | i;
        }
        Arrays.sort(numbers);
        int[] sorted = new int[chosen.length];
        long mask = (1L << bitsOfPlace) - 1;
        for (int i = 0; i < numbers.length; i++) {
            sorted[i] = chosen[(int) (numbers[i] & mask)];
        }
        sortTies(sorted, numbers, bitsOfPlace);
        return sorted;
    }

    private int inCommon(int[] chosen, int shortest) {
        long first = places[chosen[0]];
        int from = PackedBytes.offset(first);
        int common = shortest;
        for (int row : chosen) {
            long place = places[row];
            int at = PackedBytes.offset(place);
            int difference =
                    Arrays.mismatch(
                            bytes.block(first),
                            from,
                            from + common,
                            bytes.block(place),
                            at,
                            at + common);
            common = difference < 0 ? common : difference;
        }
        return common;
    }

    private long number(int row, int from, int count) {
        long place = places[row];
        byte[] block = bytes.block(place);
        int at = PackedBytes.offset(place) + from;
        long number = 0;
        for (int i = 0; i < count; i++) {
            number = (number << 8) | (block[at + i] & 0xFF);
        }
        return number;
    }

    /** Rows whose windows are the same stand together by now. */
    private void sortTies(int[] sorted, long[] numbers, int bitsOfPlace) {
        int from = 0;
        for (int i = 1; i <= sorted.length; i++) {
            if (i == sorted.length || numbers[i] >>> bitsOfPlace != numbers[from] >>> bitsOfPlace) {
                if (i - from > 1) {
                    Integer[] tied = Arrays.stream(sorted, from, i).boxed().toArray(Integer[]::new);
                    Arrays.sort(tied, this::compareKeys);
                    for (int t = 0; t < tied.length; t++) {
                        sorted[from + t] = tied[t];
                    }
                }
                from = i;
            }
        }
    }

    private int compareKeys(int one, int other) {
        return bytes.compare(places[one], keyLengths[one], places[other], keyLengths[other]);
    }
}
