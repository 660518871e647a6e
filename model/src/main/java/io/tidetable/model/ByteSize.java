package io.tidetable.model;

import java.util.Locale;

/** An amount of bytes, written {@code 64MB}, {@code 5GB}; units are powers of 1024. */
public record ByteSize(long bytes) {
    private static final String[] UNITS = {"B", "kB", "MB", "GB", "TB"};

    public ByteSize {
        if (bytes < 0) {
            throw new IllegalArgumentException("a size cannot be negative: " + bytes);
        }
    }

    public static ByteSize megabytes(long megabytes) {
        return new ByteSize(Math.multiplyExact(megabytes, 1L << 20));
    }

    /**
     * Reads a whole number with a unit.
     *
     * @throws IllegalArgumentException when the text is not a whole number with a unit
     */
    public static ByteSize parse(String text) {
        String trimmed = text.strip();
        for (int power = UNITS.length - 1; power >= 0; power--) {
            String unit = UNITS[power];
            if (trimmed.toLowerCase(Locale.ROOT).endsWith(unit.toLowerCase(Locale.ROOT))) {
                String number = trimmed.substring(0, trimmed.length() - unit.length()).strip();
                try {
                    return new ByteSize(
                            Math.multiplyExact(Long.parseLong(number), 1L << (10 * power)));
                } catch (ArithmeticException | NumberFormatException e) {
                    throw new IllegalArgumentException(
                            "not a size: '" + text + "' (expected for example 64MB or 5GB)", e);
                }
            }
        }
        throw new IllegalArgumentException(
                "not a size: '" + text + "' (expected for example 64MB or 5GB)");
    }

    @Override
    public String toString() {
        double value = bytes;
        int power = 0;
        while (value >= 1024 && power < UNITS.length - 1) {
            value /= 1024;
            power++;
        }
        return value == Math.rint(value)
                ? "%d %s".formatted((long) value, UNITS[power])
                : String.format(Locale.ROOT, "%.1f %s", value, UNITS[power]);
    }
}
