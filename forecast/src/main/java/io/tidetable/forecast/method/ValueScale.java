package io.tidetable.forecast.method;

import io.tidetable.forecast.Series;

/**
 * The scale on which a method works: values centred and divided by their spread, or their
 * logarithms centred. Both carry a factor on the series through to the forecast.
 *
 * <p>A forecast on this scale is held within the range seen widened by the whole range on both
 * sides (by a factor of three at most on logarithms), so that no recursion runs away.
 */
final class ValueScale {
    private static final double FURTHEST_LOGARITHM = Math.log(3);

    private final boolean logarithmic;
    private final double centre;
    private final double spread;
    private final double floor;
    private final double smallest;
    private double lowest;
    private double highest;

    private ValueScale(
            boolean logarithmic, double smallest, double centre, double spread, double floor) {
        this.logarithmic = logarithmic;
        this.smallest = smallest;
        this.centre = centre;
        this.spread = spread;
        this.floor = floor;
        this.lowest = Double.POSITIVE_INFINITY;
        this.highest = Double.NEGATIVE_INFINITY;
    }

    /** Values less their mean, divided by their standard deviation. */
    static ValueScale linear(Series series) {
        double largest = largestMagnitude(series);
        double unit = largest == 0 ? 1 : largest;
        double sum = 0;
        double squares = 0;
        int known = 0;
        for (int i = 0; i < series.length(); i++) {
            if (!series.isGap(i)) {
                double value = series.value(i) / unit;
                sum += value;
                squares += value * value;
                known++;
            }
        }
        double mean = known == 0 ? 0 : sum / known;
        double variance = known == 0 ? 0 : Math.max(0, squares / known - mean * mean);
        double spread = variance > 1e-24 ? Math.sqrt(variance) : 1;
        double floor = series.nonNegative() ? 0 : Double.NEGATIVE_INFINITY;
        return new ValueScale(false, Double.NaN, mean * unit, spread * unit, floor);
    }

    /**
     * Logarithms less their mean, divided by their standard deviation; only for series that are
     * {@link #allPositive}. A zero that comes later counts as half the smallest value seen.
     */
    static ValueScale logarithmic(Series series) {
        double smallest = Double.POSITIVE_INFINITY;
        double sum = 0;
        double squares = 0;
        int known = 0;
        double unit = largestMagnitude(series);
        for (int i = 0; i < series.length(); i++) {
            if (!series.isGap(i)) {
                smallest = Math.min(smallest, series.value(i));
                double log = Math.log(series.value(i) / unit);
                sum += log;
                squares += log * log;
                known++;
            }
        }
        double mean = sum / known;
        double variance = Math.max(0, squares / known - mean * mean);
        double spread = variance > 1e-24 ? Math.sqrt(variance) : 1;
        return new ValueScale(true, smallest / 2, mean + Math.log(unit), spread, 0);
    }

    /** The logarithmic scale where all values are positive, the linear one otherwise. */
    static ValueScale suited(Series series) {
        return allPositive(series) ? logarithmic(series) : linear(series);
    }

    /** Whether every known value is above zero. */
    static boolean allPositive(Series series) {
        boolean any = false;
        for (int i = 0; i < series.length(); i++) {
            if (!series.isGap(i)) {
                if (series.value(i) <= 0) {
                    return false;
                }
                any = true;
            }
        }
        return any;
    }

    private static double largestMagnitude(Series series) {
        double largest = 0;
        for (int i = 0; i < series.length(); i++) {
            if (!series.isGap(i)) {
                largest = Math.max(largest, Math.abs(series.value(i)));
            }
        }
        return largest;
    }

    /** A value on this scale; remembers how far the values reach. */
    double learn(double value) {
        double scaled = toScale(value);
        lowest = Math.min(lowest, scaled);
        highest = Math.max(highest, scaled);
        return scaled;
    }

    private double toScale(double value) {
        return logarithmic
                ? (Math.log(Math.max(value, smallest)) - centre) / spread
                : (value - centre) / spread;
    }

    /** Holds a forecast on this scale within reach of what was seen. */
    double hold(double scaled) {
        if (lowest > highest || Double.isNaN(scaled)) {
            return 0;
        }
        double range = highest - lowest;
        if (logarithmic) {
            range = Math.min(range, FURTHEST_LOGARITHM / spread);
        }
        return Math.clamp(scaled, lowest - range, highest + range);
    }

    /** A value held within reach of what was seen. */
    double held(double value) {
        return Double.isNaN(value) ? fromScale(0) : fromScale(hold(toScale(value)));
    }

    /** The value that stands at this place of the scale. */
    double fromScale(double scaled) {
        double place = scaled * spread + centre;
        double value = logarithmic ? Math.exp(place) : place;
        return Math.max(value, floor);
    }
}
