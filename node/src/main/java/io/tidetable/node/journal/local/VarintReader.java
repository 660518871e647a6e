package io.tidetable.node.journal.local;

import java.nio.ByteBuffer;

/** Reads what {@link GrowingBytes} wrote, at a position of its own in a shared buffer. */
final class VarintReader {
    private ByteBuffer buffer;
    private int position;

    VarintReader(ByteBuffer buffer, int position) {
        this.buffer = buffer;
        this.position = position;
    }

    void reset(ByteBuffer newBuffer, int newPosition) {
        buffer = newBuffer;
        position = newPosition;
    }

    long varint() {
        long value = 0;
        int shift = 0;
        while (true) {
            byte next = buffer.get(position++);
            value |= (long) (next & 0x7F) << shift;
            if (next >= 0) {
                return value;
            }
            shift += 7;
        }
    }

    long signed() {
        long value = varint();
        return (value >>> 1) ^ -(value & 1);
    }

    int integer() {
        return (int) varint();
    }

    long fixed() {
        long value = buffer.getLong(position);
        position += Long.BYTES;
        return value;
    }

    byte one() {
        return buffer.get(position++);
    }

    byte[] raw(int count) {
        byte[] bytes = new byte[count];
        buffer.get(position, bytes);
        position += count;
        return bytes;
    }

    byte[] counted() {
        return raw(integer());
    }

    int position() {
        return position;
    }

    void skip(int count) {
        position += count;
    }
}
