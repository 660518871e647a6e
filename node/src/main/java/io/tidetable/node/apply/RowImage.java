package io.tidetable.node.apply;

import io.tidetable.node.pgoutput.TupleReader;
import java.nio.ByteBuffer;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * A row, or its key, as the stream carries it: per column where its bytes lie in a change's
 * payload. Columns that the change did not carry can be filled from an older image. Immutable.
 */
final class RowImage {
    /** A value of no bytes, as a tuple has it. */
    private static final ByteBuffer EMPTY_TEXT =
            ByteBuffer.wrap(new byte[] {TupleReader.TEXT, 0, 0, 0, 0}).asReadOnlyBuffer();

    private final ByteBuffer source;
    private final ByteBuffer @Nullable [] sources;
    private final int[] at;
    private final boolean complete;

    private RowImage(
            ByteBuffer source, ByteBuffer @Nullable [] sources, int[] at, boolean complete) {
        this.source = source;
        this.sources = sources;
        this.at = at;
        this.complete = complete;
    }

    /** The tuple that the reader stands on. */
    static RowImage read(TupleReader reader, ByteBuffer payload) {
        int[] at = new int[reader.columns()];
        boolean complete = true;
        for (int i = 0; reader.next(); i++) {
            char kind = reader.kind();
            boolean hasLength = kind == TupleReader.TEXT || kind == TupleReader.BINARY;
            at[i] = reader.offset() - (hasLength ? 5 : 1);
            complete &= kind != TupleReader.UNCHANGED;
        }
        return new RowImage(payload, null, at, complete);
    }

    int columns() {
        return at.length;
    }

    /** Whether every column's value is known. */
    boolean isComplete() {
        return complete;
    }

    /** The column's kind, as {@link TupleReader} names them. */
    char kind(int column) {
        return (char) (buffer(column).get(at[column]) & 0xFF);
    }

    boolean isKnown(int column) {
        return kind(column) != TupleReader.UNCHANGED;
    }

    boolean isNull(int column) {
        return kind(column) == TupleReader.NULL;
    }

    /** Bytes of a column's value that is neither null nor unchanged. */
    int length(int column) {
        return buffer(column).getInt(at[column] + 1);
    }

    /** Copies {@code count} bytes of a value, beginning at {@code from} within it. */
    void copy(int column, int from, byte[] into, int offset, int count) {
        buffer(column).get(at[column] + 5 + from, into, offset, count);
    }

    byte[] value(int column) {
        byte[] bytes = new byte[length(column)];
        copy(column, 0, bytes, 0, bytes.length);
        return bytes;
    }

    /** The columns whose value is not known. */
    BitSet unknown() {
        BitSet unknown = new BitSet();
        if (!complete) {
            for (int i = 0; i < at.length; i++) {
                if (!isKnown(i)) {
                    unknown.set(i);
                }
            }
        }
        return unknown;
    }

    /** This image, with what it does not know taken from an older image of the same row. */
    RowImage over(RowImage older) {
        return filledFrom(older, null);
    }

    /** This image, with what it does not know of the given columns taken from an older image. */
    RowImage filledFrom(RowImage older, @Nullable BitSet only) {
        if (complete) {
            return this;
        }
        int[] places = at.clone();
        ByteBuffer[] buffers = new ByteBuffer[at.length];
        boolean known = true;
        for (int i = 0; i < at.length; i++) {
            RowImage from = isKnown(i) || (only != null && !only.get(i)) ? this : older;
            places[i] = from.at[i];
            buffers[i] = from.buffer(i);
            known &= from.isKnown(i);
        }
        return new RowImage(source, buffers, places, known);
    }

    /** This image with an empty text as a column's value. */
    RowImage withEmptyText(int column) {
        int[] places = at.clone();
        ByteBuffer[] buffers = new ByteBuffer[at.length];
        for (int i = 0; i < at.length; i++) {
            buffers[i] = buffer(i);
        }
        places[column] = 0;
        buffers[column] = EMPTY_TEXT;
        return new RowImage(source, buffers, places, complete);
    }

    /** Whether a column's value is the same, byte for byte. */
    boolean sameValue(int column, RowImage other) {
        char kind = kind(column);
        if (kind != other.kind(column)) {
            return false;
        }
        if (kind == TupleReader.NULL || kind == TupleReader.UNCHANGED) {
            return true;
        }
        int length = length(column);
        if (length != other.length(column)) {
            return false;
        }
        ByteBuffer mine = buffer(column);
        ByteBuffer theirs = other.buffer(column);
        return mine.slice(at[column] + 5, length)
                .equals(theirs.slice(other.at[column] + 5, length));
    }

    private ByteBuffer buffer(int column) {
        return sources == null ? source : sources[column];
    }
}
