package io.tidetable.forecast;

import java.util.Arrays;

/**
 * The places in a series from which forecasts are made as if the rest were unknown. An origin is
 * the number of values known there.
 */
public final class Origins {
    private final int[] origins;
    private final int horizon;

    private Origins(int[] origins, int horizon) {
        this.origins = origins;
        this.horizon = horizon;
    }

    /**
     * The last origins of a series, so many steps apart, ascending; the last one lies a spacing
     * before the end, so the latest ones see less than the whole horizon. None lies in the first
     * {@code warmUp} values.
     */
    public static Origins spaced(int length, int warmUp, int count, int spacing, int horizon) {
        int possible = Math.max(0, (length - warmUp) / spacing);
        int kept = Math.min(count, possible);
        int[] origins = new int[kept];
        for (int i = 0; i < kept; i++) {
            origins[i] = length - (kept - i) * spacing;
        }
        return new Origins(origins, horizon);
    }

    /** Exactly these origins, ascending. */
    public static Origins at(int horizon, int... origins) {
        int[] own = origins.clone();
        Arrays.sort(own);
        return new Origins(own, horizon);
    }

    /** How many origins there are. */
    public int count() {
        return origins.length;
    }

    /** The number of values known at an origin. */
    public int at(int index) {
        return origins[index];
    }

    /** How many steps are forecast from each origin. */
    public int horizon() {
        return horizon;
    }
}
