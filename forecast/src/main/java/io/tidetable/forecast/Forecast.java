package io.tidetable.forecast;

/**
 * What is expected of the coming steps, counted from zero: a mean and any quantile of each.
 *
 * <p>Quantiles never cross, every number is finite, and where the quantity cannot be negative
 * nothing lies below zero.
 */
public final class Forecast {
    private final double[] means;
    private final Band band;
    private final double floor;

    /**
     * Puts means and their band together.
     *
     * @param means kept, not copied
     * @param nonNegative whether nothing may lie below zero
     */
    public Forecast(double[] means, Band band, boolean nonNegative) {
        this.means = means;
        this.band = band;
        this.floor = nonNegative ? 0 : -Double.MAX_VALUE;
    }

    /** How many steps are forecast. */
    public int steps() {
        return means.length;
    }

    /** The mean of a step. */
    public double mean(int step) {
        return Math.max(floor, means[step]);
    }

    /** The means of all steps. */
    public double[] means() {
        double[] all = new double[means.length];
        for (int step = 0; step < all.length; step++) {
            all[step] = mean(step);
        }
        return all;
    }

    /**
     * The value below which a step stays with this probability.
     *
     * @param probability above 0, below 1
     */
    public double quantile(int step, double probability) {
        if (!(probability > 0 && probability < 1)) {
            throw new IllegalArgumentException(
                    "a quantile lies between 0 and 1, both excluded, not at " + probability);
        }
        double value = band.quantile(step, means[step], probability);
        return Math.clamp(value, floor, Double.MAX_VALUE);
    }

    /** The quantiles of all steps at this probability. */
    public double[] quantiles(double probability) {
        double[] all = new double[means.length];
        for (int step = 0; step < all.length; step++) {
            all[step] = quantile(step, probability);
        }
        return all;
    }

    /** How the values scatter around the mean. */
    @FunctionalInterface
    public interface Band {
        /** The quantile at a step, given the mean there; rises with the probability. */
        double quantile(int step, double mean, double probability);
    }
}
