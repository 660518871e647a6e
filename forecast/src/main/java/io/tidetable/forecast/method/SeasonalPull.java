package io.tidetable.forecast.method;

import io.tidetable.forecast.Seasons;

/**
 * What becomes of a recursive forecast with the distance, learnt from forecasts at earlier origins:
 * whether its drift goes on, and how fast it gives way to what came one season ago.
 *
 * <pre>
 *   f_h = a_h + r^h (p_h - a_h),   a_h = mean over the seasons s of z_(t+h-s ceil(h/s))
 * </pre>
 *
 * p is the recursion's path, with its constant fading by 0.99 a step, or without drift from the
 * start (with the constant that makes the mean of the last 14 seasons its fixed point); r is one of
 * {@code 1, .999, .997, .99, .97, .92}. Taken is the pair with the smallest absolute errors in the
 * series' own units, drift and no pull unless another is better by a twentieth. A damped trend is
 * the lesson of Gardner, McKenzie, 1985.
 */
final class SeasonalPull {
    /** What is left of the drift from one step to the next. */
    static final double DRIFT_KEPT = 0.99;

    /** Every so many steps of an earlier forecast are held against what came. */
    static final int LEARNT_EVERY = 3;

    private static final double[] RATES = {1, 0.999, 0.997, 0.99, 0.97, 0.92};
    private static final double CLEARLY = 0.95;
    private static final int KNOWN_AHEAD = 512;

    /** What is left of a path by rate and step. */
    private static final double[][] SHARES = shares();

    private final double[] drifting = new double[RATES.length];
    private final double[] resting = new double[RATES.length];

    /** The seasonal path that follows the first {@code known} of the values. */
    static double anchor(Seasons seasons, double[] values, int known, int step) {
        if (known == 0) {
            return 0;
        }
        if (seasons.isEmpty()) {
            return values[known - 1];
        }
        double sum = 0;
        for (int season : seasons.steps()) {
            int place = known + step % season - season;
            sum += values[Math.max(0, place)];
        }
        return sum / seasons.steps().size();
    }

    private static double share(int rate, int step) {
        return step < KNOWN_AHEAD ? SHARES[rate][step] : Math.pow(RATES[rate], step + 1);
    }

    private static double[][] shares() {
        double[][] shares = new double[RATES.length][KNOWN_AHEAD];
        for (int rate = 0; rate < RATES.length; rate++) {
            for (int step = 0; step < KNOWN_AHEAD; step++) {
                shares[rate][step] = Math.pow(RATES[rate], step + 1);
            }
        }
        return shares;
    }

    /** Remembers what each choice would have cost at a step; all but the actual on the scale. */
    void learn(
            ValueScale scale, int step, double drift, double rest, double anchor, double actual) {
        for (int i = 0; i < RATES.length; i++) {
            double share = share(i, step);
            drifting[i] += Math.abs(scale.fromScale(anchor + share * (drift - anchor)) - actual);
            resting[i] += Math.abs(scale.fromScale(anchor + share * (rest - anchor)) - actual);
        }
    }

    /** The best choice so far. */
    Choice choice() {
        Choice best = Choice.NONE;
        double least = CLEARLY * drifting[0];
        for (int i = 0; i < RATES.length; i++) {
            if (drifting[i] < least) {
                least = drifting[i];
                best = new Choice(true, RATES[i]);
            }
            if (resting[i] < least) {
                least = resting[i];
                best = new Choice(false, RATES[i]);
            }
        }
        return best;
    }

    /**
     * What becomes of the path.
     *
     * @param drift whether the recursion's constant stays
     * @param rate how much of the path is left a step, 1 for all of it
     */
    record Choice(boolean drift, double rate) {
        static final Choice NONE = new Choice(true, 1);

        double pulled(int step, double path, double anchor) {
            return rate == 1 ? path : anchor + Math.pow(rate, step + 1) * (path - anchor);
        }
    }
}
