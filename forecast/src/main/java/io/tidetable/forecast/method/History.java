package io.tidetable.forecast.method;

import java.util.Arrays;

/** The latest values of a series, at most so many, with room to write a path ahead of them. */
final class History {
    private final int kept;
    private double[] values;
    private int end;

    History(int kept) {
        this.kept = Math.max(1, kept);
        this.values = new double[2 * this.kept + 16];
    }

    void append(double value) {
        if (end == values.length) {
            System.arraycopy(values, end - kept, values, 0, kept);
            end = kept;
        }
        values[end++] = value;
    }

    /** The value so many steps before the end; the earliest one kept where there are fewer. */
    double back(int lag) {
        return end == 0 ? 0 : values[Math.max(0, end - lag)];
    }

    boolean isEmpty() {
        return end == 0;
    }

    /** The last values, at most as many as are kept, followed by room for so many more. */
    double[] withRoom(int steps) {
        int from = Math.max(0, end - kept);
        return Arrays.copyOfRange(values, from, from + Math.min(kept, end) + steps);
    }

    /** How many values {@link #withRoom} puts before the room. */
    int length() {
        return Math.min(kept, end);
    }
}
