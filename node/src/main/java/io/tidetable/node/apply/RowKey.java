package io.tidetable.node.apply;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The bytes of a row's key columns. Sorted as whole numbers and texts are, roughly. */
final class RowKey implements Comparable<RowKey> {
    private final byte[] bytes;
    private final int hash;

    RowKey(byte[] bytes) {
        this.bytes = bytes;
        this.hash = Arrays.hashCode(bytes);
    }

    static RowKey of(List<PlannedColumn> columns, RowImage image) {
        int size = 0;
        for (PlannedColumn column : columns) {
            boolean valued = !image.isNull(column.index()) && image.isKnown(column.index());
            size += 4 + (valued ? image.length(column.index()) : 0);
        }
        ByteBuffer bytes = ByteBuffer.allocate(size);
        for (PlannedColumn column : columns) {
            if (image.isNull(column.index()) || !image.isKnown(column.index())) {
                bytes.putInt(image.isKnown(column.index()) ? -1 : -2);
            } else {
                int length = image.length(column.index());
                bytes.putInt(length);
                image.copy(column.index(), 0, bytes.array(), bytes.position(), length);
                bytes.position(bytes.position() + length);
            }
        }
        return new RowKey(bytes.array());
    }

    int size() {
        return bytes.length;
    }

    /** How many bytes, of at most so many, it begins with as another one of its size does. */
    int inCommon(RowKey other, int atMost) {
        int difference = Arrays.mismatch(bytes, 0, atMost, other.bytes, 0, atMost);
        return difference < 0 ? atMost : difference;
    }

    /** Up to seven of its bytes as a number. */
    long number(int from, int count) {
        long number = 0;
        for (int i = from; i < from + count; i++) {
            number = (number << 8) | (bytes[i] & 0xFF);
        }
        return number;
    }

    @Override
    public int compareTo(RowKey other) {
        return Arrays.compareUnsigned(bytes, other.bytes);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof RowKey key && hash == key.hash && Arrays.equals(bytes, key.bytes);
    }

    @Override
    public int hashCode() {
        return hash;
    }
}
