package io.tidetable.forecast;

import java.util.Arrays;
import java.util.Random;

/** Made-up series with known shapes. */
public final class Patterns {
    private Patterns() {}

    /** A day of 24 steps and a week of 168 on a rising level, with noise in proportion. */
    public static Series dailyAndWeekly(int length, long seed) {
        return rhythm(length, 24, seed);
    }

    /** The same with days of so many steps; its level rises by 0.7 % a day in the beginning. */
    public static Series rhythm(int length, int day, long seed) {
        Random random = new Random(seed);
        double[] values = new double[length];
        for (int i = 0; i < length; i++) {
            double time = i * 24.0 / day;
            double wave =
                    Math.sin(2 * Math.PI * time / 24) + 0.4 * Math.cos(4 * Math.PI * time / 24);
            double week = time % 168 < 120 ? 1 : 0.6;
            double level = 1000 + 0.3 * time;
            values[i] = level * week * (1.5 + 0.5 * wave) * Math.exp(0.05 * random.nextGaussian());
        }
        return Series.of(values).withSeasons(day, 7 * day);
    }

    /** The same number again and again. */
    public static double[] constant(int length, double value) {
        double[] values = new double[length];
        Arrays.fill(values, value);
        return values;
    }
}
