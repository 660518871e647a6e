package io.tidetable.forecast.interval;

import io.tidetable.forecast.Forecast;

/**
 * The band of a series too short to have any errors: a normal distribution that widens with the
 * root of the distance.
 *
 * @param deviation the standard deviation one step ahead, not negative
 */
record NormalBand(double deviation) implements Forecast.Band {
    @Override
    public double quantile(int step, double mean, double probability) {
        return mean + deviation * Math.sqrt(step + 1.0) * standardNormal(probability);
    }

    /** The standard normal quantile, to 4.5e-4 (Abramowitz, Stegun: 26.2.23). */
    private static double standardNormal(double probability) {
        double tail = Math.min(probability, 1 - probability);
        double t = Math.sqrt(-2 * Math.log(tail));
        double above = 2.515517 + t * (0.802853 + t * 0.010328);
        double below = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308));
        double size = Math.max(0, t - above / below);
        return probability < 0.5 ? -size : size;
    }
}
