package io.tidetable.forecast.interval;

import io.tidetable.forecast.Forecast;

/**
 * A band from the errors at earlier origins: the quantiles of a pool of neighbouring steps, counted
 * in a unit that makes errors alike and in the size that is usual at their step, times a width that
 * the online part keeps.
 *
 * <p>Steps further ahead than any error known take the last pool and widen with the root of the
 * distance, as a random walk does. Few errors widen the band too, by 1 + 10/n^2 for n origins.
 */
final class ConformalBand implements Forecast.Band {
    private static final double REACH = 1.0 / 6;
    private static final double NEAR = 0.25;
    private static final int POOLS = 8;
    private static final int ENOUGH = 4;

    private final ErrorUnit unit;
    private final double level;
    private final double width;
    private final double[] usual;
    private final ScoreQuantiles[] pools;
    private final int[] knownUntil;

    private ConformalBand(
            ErrorUnit unit,
            double level,
            double width,
            double[] usual,
            ScoreQuantiles[] pools,
            int[] knownUntil) {
        this.unit = unit;
        this.level = level;
        this.width = width;
        this.usual = usual;
        this.pools = pools;
        this.knownUntil = knownUntil;
    }

    /** A band of this sample in this unit. */
    static ConformalBand of(ErrorSample sample, ErrorUnit unit, double level) {
        int horizon = sample.horizon();
        int reach = Math.max(1, (int) Math.round(horizon * REACH));
        int count = Math.min(POOLS, horizon);
        double[] usual = usual(sample, unit, level);
        ScoreQuantiles[] pools = new ScoreQuantiles[count];
        int[] knownUntil = new int[count];
        for (int pool = 0; pool < count; pool++) {
            int centre = (int) ((pool + 0.5) * horizon / count);
            int to = Math.min(horizon - 1, centre + reach);
            while (to > 0 && sample.count(to, to) < ENOUGH) {
                to--;
            }
            int from = Math.clamp(centre - reach, 0, to);
            pools[pool] = ScoreQuantiles.of(sample.inUnits(from, to, unit, level, usual));
            knownUntil[pool] = to;
        }
        double origins = Math.max(1, sample.count(0, 0));
        double few = 1 + 10 / (origins * origins);
        return new ConformalBand(unit, level, few, usual, pools, knownUntil);
    }

    /**
     * The size of error that is usual at each step, from the steps near it: the nearer the end of
     * the series, the fewer.
     */
    private static double[] usual(ErrorSample sample, ErrorUnit unit, double level) {
        int horizon = sample.horizon();
        double[] before = sample.sizesBefore(unit, level);
        double overall = before[horizon] / Math.max(1, sample.count(0, horizon - 1));
        double last = overall > 0 ? overall : 1;
        double[] usual = new double[horizon];
        for (int step = 0; step < horizon; step++) {
            int reach = (int) (NEAR * (step + 1));
            int to = Math.min(horizon - 1, step + reach);
            if (sample.count(to, to) >= ENOUGH) {
                int from = step - reach;
                double size = (before[to + 1] - before[from]) / sample.count(from, to);
                last = size > 0 ? size : last;
            }
            usual[step] = last;
        }
        return usual;
    }

    /** The same band, this much wider. */
    ConformalBand wider(double factor) {
        return new ConformalBand(unit, level, width * factor, usual, pools, knownUntil);
    }

    @Override
    public double quantile(int step, double mean, double probability) {
        int horizon = usual.length;
        int pool = (int) Math.min((long) step * pools.length / horizon, pools.length - 1L);
        int centre = (int) ((pool + 0.5) * horizon / pools.length);
        int known = knownUntil[pool];
        boolean beyond = step > known && (centre > known || step >= horizon);
        double further = beyond ? Math.sqrt((step + 1.0) / (known + 1.0)) : 1;
        double score = pools[pool].at(probability);
        double size = usual[Math.min(step, horizon - 1)];
        return mean + score * size * width * further * unit.of(mean, level);
    }
}
