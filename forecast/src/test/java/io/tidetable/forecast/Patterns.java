package io.tidetable.forecast;

import java.util.Arrays;
import java.util.Random;

/** Made-up series with known shapes. */
public final class Patterns {
    private Patterns() {}

    /** A day of 24 steps and a week of 168 on a rising level, with noise in proportion. */
    public static Series dailyAndWeekly(int length, long seed) {
        Random random = new Random(seed);
        double[] values = new double[length];
        for (int i = 0; i < length; i++) {
            double day = Math.sin(2 * Math.PI * i / 24) + 0.4 * Math.cos(4 * Math.PI * i / 24);
            double week = i % 168 < 120 ? 1 : 0.6;
            double level = 1000 + 0.3 * i;
            values[i] = level * week * (1.5 + 0.5 * day) * Math.exp(0.05 * random.nextGaussian());
        }
        return Series.of(values).withSeasons(24, 168);
    }

    /** The same number again and again. */
    public static double[] constant(int length, double value) {
        double[] values = new double[length];
        Arrays.fill(values, value);
        return values;
    }
}
