package io.tidetable.forecast;

import java.util.Arrays;

/**
 * Values at a regular step, oldest first, with the seasons they follow. A gap is a missing value,
 * kept as such ({@link Double#NaN} inside); infinite values count as gaps.
 *
 * <p>Immutable. A series none of whose values is negative is taken for a quantity that cannot be:
 * its forecasts stay at or above zero.
 */
public final class Series {
    private final double[] values;
    private final int length;
    private final Seasons seasons;
    private final boolean nonNegative;

    private Series(double[] values, int length, Seasons seasons, boolean nonNegative) {
        this.values = values;
        this.length = length;
        this.seasons = seasons;
        this.nonNegative = nonNegative;
    }

    /** A series without seasons; {@link Double#NaN} stands for a gap. */
    public static Series of(double... values) {
        double[] own = values.clone();
        boolean nonNegative = true;
        for (int i = 0; i < own.length; i++) {
            if (Double.isInfinite(own[i])) {
                own[i] = Double.NaN;
            }
            nonNegative &= !(own[i] < 0);
        }
        return new Series(own, own.length, Seasons.none(), nonNegative);
    }

    /** The same values with seasons of the given lengths in steps. */
    public Series withSeasons(int... steps) {
        return withSeasons(Seasons.of(steps));
    }

    /** The same values with these seasons. */
    public Series withSeasons(Seasons replacement) {
        return new Series(values, length, replacement, nonNegative);
    }

    /** The same values with the seasons that they show themselves. */
    public Series withSeasonsFound() {
        return withSeasons(SeasonSearch.find(this));
    }

    /** The same values, allowed to be forecast below zero although none was seen there. */
    public Series unbounded() {
        return new Series(values, length, seasons, false);
    }

    /** The first values only, as if the rest had not been seen yet. */
    public Series first(int count) {
        if (count < 0 || count > length) {
            throw new IndexOutOfBoundsException(count + " values of a series of " + length);
        }
        return new Series(values, count, seasons, nonNegative);
    }

    /** The last values only. */
    public Series last(int count) {
        if (count < 0 || count > length) {
            throw new IndexOutOfBoundsException(count + " values of a series of " + length);
        }
        double[] tail = Arrays.copyOfRange(values, length - count, length);
        return new Series(tail, count, seasons, nonNegative);
    }

    /** How many steps the series has, gaps included. */
    public int length() {
        return length;
    }

    /** The value at a step counted from zero, or {@link Double#NaN} for a gap. */
    public double value(int index) {
        if (index >= length) {
            throw new IndexOutOfBoundsException(index + " in a series of " + length);
        }
        return values[index];
    }

    /** Whether no value is known at this step. */
    public boolean isGap(int index) {
        return Double.isNaN(value(index));
    }

    /** The seasons of this series, perhaps none. */
    public Seasons seasons() {
        return seasons;
    }

    /** Whether forecasts must not fall below zero. */
    public boolean nonNegative() {
        return nonNegative;
    }

    /** A copy of the values, gaps as {@link Double#NaN}. */
    public double[] toArray() {
        return Arrays.copyOf(values, length);
    }

    /**
     * A copy of the values with every gap filled: by the value one season earlier, carried along
     * with the change of level since, and where there is none by the nearest known value. A series
     * without any value gives zeros.
     */
    public double[] filled() {
        double[] filled = toArray();
        int firstKnown = 0;
        while (firstKnown < length && Double.isNaN(filled[firstKnown])) {
            firstKnown++;
        }
        if (firstKnown == length) {
            Arrays.fill(filled, 0);
            return filled;
        }
        Arrays.fill(filled, 0, firstKnown, filled[firstKnown]);
        int season = seasons.shortest();
        for (int i = firstKnown + 1; i < length; i++) {
            if (Double.isNaN(filled[i])) {
                filled[i] = i >= season + firstKnown ? filled[i - season] : filled[i - 1];
            }
        }
        return filled;
    }

    @Override
    public String toString() {
        return "Series of " + length + " values, seasons " + seasons;
    }
}
