package io.tidetable.forecast.accuracy;

import io.tidetable.forecast.Forecast;
import io.tidetable.forecast.Series;
import java.util.Collection;
import java.util.function.ToDoubleFunction;

/**
 * The errors of one forecast of one series, in the measures of the M4 competition.
 *
 * <pre>
 *   sMAPE    = mean 200 |y - f| / (|y| + |f|)
 *   MASE     = mean |y - f| / q,  q = mean_(t&gt;m) |x_t - x_(t-m)| over the training part
 *   MSIS     = mean ((U - L) + 40 (L - y)+ + 40 (y - U)+) / q for the 95 % band [L, U]
 *   coverage = share of y in [L, U]
 *   pinball  = mean over the steps and the quantiles .1 .5 .9 of 2 (p - [y &lt; v]) (y - v) / q
 *   logMse   = mean (log(1 + y) - log(1 + f))^2, values below zero taken as zero
 * </pre>
 *
 * Steps whose value is a gap do not count. Where q is zero (a training part without change) the
 * measures in it are divided by the mean magnitude of the training part, or by one.
 *
 * @param steps how many steps were measured
 * @param smape in percent, 0 to 200
 */
public record Accuracy(
        int steps,
        double smape,
        double mase,
        double msis,
        double coverage,
        double pinball,
        double logMse) {
    private static final double LOWER = 0.025;
    private static final double UPPER = 0.975;
    private static final double MISS_COST = 40;
    private static final double[] PINBALL = {0.1, 0.5, 0.9};

    /** Measures a forecast against what came. */
    public static Accuracy of(Series training, double[] actual, Forecast forecast) {
        double scale = scale(training);
        int steps = 0;
        double smape = 0;
        double error = 0;
        double interval = 0;
        double covered = 0;
        double pinball = 0;
        double logSquares = 0;
        for (int step = 0; step < actual.length; step++) {
            double y = actual[step];
            if (Double.isNaN(y)) {
                continue;
            }
            steps++;
            double f = forecast.mean(step);
            double size = Math.abs(y) + Math.abs(f);
            smape += size == 0 ? 0 : 200 * Math.abs(y - f) / size;
            error += Math.abs(y - f);
            double lower = forecast.quantile(step, LOWER);
            double upper = forecast.quantile(step, UPPER);
            interval += upper - lower;
            interval += MISS_COST * (Math.max(0, lower - y) + Math.max(0, y - upper));
            covered += y >= lower && y <= upper ? 1 : 0;
            for (double probability : PINBALL) {
                double v = forecast.quantile(step, probability);
                double slope = y < v ? probability - 1 : probability;
                pinball += 2 * slope * (y - v) / PINBALL.length;
            }
            double logError = Math.log1p(Math.max(0, y)) - Math.log1p(Math.max(0, f));
            logSquares += logError * logError;
        }
        double count = Math.max(1, steps);
        return new Accuracy(
                steps,
                smape / count,
                error / count / scale,
                interval / count / scale,
                covered / count,
                pinball / count / scale,
                logSquares / count);
    }

    /** The mean of each measure over several forecasts, as M4 does over its series. */
    public static Accuracy mean(Collection<Accuracy> all) {
        return new Accuracy(
                all.stream().mapToInt(Accuracy::steps).sum(),
                mean(all, Accuracy::smape),
                mean(all, Accuracy::mase),
                mean(all, Accuracy::msis),
                mean(all, Accuracy::coverage),
                mean(all, Accuracy::pinball),
                mean(all, Accuracy::logMse));
    }

    private static double mean(Collection<Accuracy> all, ToDoubleFunction<Accuracy> measure) {
        return all.stream().mapToDouble(measure).average().orElse(0);
    }

    /**
     * The overall weighted average of M4: the mean of sMAPE and MASE, each as a share of what
     * Naive2 has on the same series.
     */
    public double owa(Accuracy naiveTwo) {
        return (share(smape, naiveTwo.smape) + share(mase, naiveTwo.mase)) / 2;
    }

    /** One where neither errs, and never infinite: where only Naive2 is exact, the error itself. */
    private static double share(double error, double base) {
        if (base == 0) {
            return 1 + error;
        }
        return error / base;
    }

    /** The mean change over one season in the training part, by which errors are divided. */
    static double scale(Series training) {
        int season = training.seasons().shortest();
        double changes = 0;
        int pairs = 0;
        double sizes = 0;
        int known = 0;
        for (int i = 0; i < training.length(); i++) {
            if (training.isGap(i)) {
                continue;
            }
            sizes += Math.abs(training.value(i));
            known++;
            if (i >= season && !training.isGap(i - season)) {
                changes += Math.abs(training.value(i) - training.value(i - season));
                pairs++;
            }
        }
        if (changes > 0) {
            return changes / pairs;
        }
        return sizes > 0 ? sizes / known : 1;
    }
}
