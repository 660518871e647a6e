package io.tidetable.node.sampling;

/**
 * A column's distribution is no longer that of the baseline.
 *
 * @param statistic by which it was found
 * @param value of the statistic
 * @param p probability of it without a shift
 * @param histograms of baseline and now
 */
public record Shift(
        String column, String statistic, double value, double p, Histogram.Pair histograms) {}
