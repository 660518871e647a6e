package io.tidetable.model;

import org.jspecify.annotations.Nullable;

/** A place in the write-ahead log of a PostgreSQL server: a byte offset, compared unsigned. */
public record Lsn(long value) implements Comparable<Lsn> {
    /** The place before everything. */
    public static final Lsn ZERO = new Lsn(0);

    /**
     * Reads PostgreSQL's own notation.
     *
     * @throws IllegalArgumentException when the text is not an LSN
     */
    public static Lsn parse(String text) {
        int slash = text.indexOf('/');
        try {
            long high = Long.parseLong(text, 0, slash, 16);
            long low = Long.parseLong(text, slash + 1, text.length(), 16);
            if (high >= 0 && high <= 0xFFFF_FFFFL && low >= 0 && low <= 0xFFFF_FFFFL) {
                return new Lsn(high << 32 | low);
            }
        } catch (IndexOutOfBoundsException | NumberFormatException e) {
            throw notAnLsn(text, e);
        }
        throw notAnLsn(text, null);
    }

    private static IllegalArgumentException notAnLsn(String text, @Nullable Throwable cause) {
        return new IllegalArgumentException(
                "not an LSN: '" + text + "' (expected for example 16/3002D50)", cause);
    }

    public boolean isAfter(Lsn other) {
        return compareTo(other) > 0;
    }

    public boolean isAtOrAfter(Lsn other) {
        return compareTo(other) >= 0;
    }

    public static Lsn max(Lsn a, Lsn b) {
        return a.isAfter(b) ? a : b;
    }

    public static Lsn min(Lsn a, Lsn b) {
        return a.isAfter(b) ? b : a;
    }

    @Override
    public int compareTo(Lsn other) {
        return Long.compareUnsigned(value, other.value);
    }

    @Override
    public String toString() {
        return "%X/%X".formatted(value >>> 32, value & 0xFFFF_FFFFL);
    }
}
