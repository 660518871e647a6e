package io.tidetable.node.apply;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Bytes that are only added to, in blocks of moderate size. A piece lies in one block; its place
 * names the block and where in it the piece begins.
 */
final class PackedBytes {
    private static final int BLOCK = 256 << 10;

    private final List<byte[]> blocks = new ArrayList<>();
    private byte[] current = new byte[0];
    private int used;

    /** The place where a piece of so many bytes can be put; nothing is taken yet. */
    long room(int bytes) {
        if (current.length - used < bytes) {
            current = new byte[Math.max(BLOCK, bytes)];
            used = 0;
            blocks.add(current);
        }
        return ((long) (blocks.size() - 1) << 32) | used;
    }

    /** Takes the first bytes of the room that was asked for last. */
    void take(int bytes) {
        used += bytes;
    }

    byte[] block(long place) {
        return blocks.get((int) (place >>> 32));
    }

    static int offset(long place) {
        return (int) place;
    }

    boolean same(long one, int length, long other, int otherLength) {
        int a = offset(one);
        int b = offset(other);
        return length == otherLength
                && Arrays.equals(block(one), a, a + length, block(other), b, b + length);
    }

    int compare(long one, int length, long other, int otherLength) {
        int a = offset(one);
        int b = offset(other);
        return Arrays.compareUnsigned(block(one), a, a + length, block(other), b, b + otherLength);
    }
}
