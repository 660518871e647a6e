package io.tidetable.node.journal.local;

import java.util.Arrays;

/** A byte array that grows as numbers and bytes are put at its end. */
final class GrowingBytes {
    /** No number takes more. */
    static final int MAXIMUM_VARINT = 10;

    private byte[] array;
    private int length;

    GrowingBytes(int capacity) {
        array = new byte[capacity];
    }

    /** Seven bits a byte, the lowest first; small numbers are short. */
    void varint(long value) {
        ensure(MAXIMUM_VARINT);
        length = putVarint(array, length, value);
    }

    /** A number that is near zero on either side. */
    void signed(long value) {
        varint(zigzag(value));
    }

    void fixed(long value) {
        ensure(Long.BYTES);
        for (int shift = 56; shift >= 0; shift -= 8) {
            array[length++] = (byte) (value >>> shift);
        }
    }

    void raw(byte[] from, int offset, int count) {
        ensure(count);
        System.arraycopy(from, offset, array, length, count);
        length += count;
    }

    /** A length, then the bytes. */
    void counted(byte[] bytes) {
        varint(bytes.length);
        raw(bytes, 0, bytes.length);
    }

    void one(int value) {
        ensure(1);
        array[length++] = (byte) value;
    }

    byte[] array() {
        return array;
    }

    int length() {
        return length;
    }

    byte[] copy() {
        return Arrays.copyOf(array, length);
    }

    /** Empties it, and gives back what an unusual use made it grow to. */
    void clear() {
        length = 0;
        if (array.length > 1 << 16) {
            array = new byte[64];
        }
    }

    private void ensure(int more) {
        if (array.length - length < more) {
            long wanted = Math.max((long) length + more, array.length + (array.length >> 1) + 16L);
            array = Arrays.copyOf(array, Math.toIntExact(Math.min(wanted, Integer.MAX_VALUE - 16)));
        }
    }

    static int putVarint(byte[] to, int at, long value) {
        int position = at;
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            to[position++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        to[position++] = (byte) rest;
        return position;
    }

    static long zigzag(long value) {
        return (value << 1) ^ (value >> 63);
    }
}
