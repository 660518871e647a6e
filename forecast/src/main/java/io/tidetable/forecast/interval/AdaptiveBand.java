package io.tidetable.forecast.interval;

import io.tidetable.forecast.Forecast;
import io.tidetable.forecast.PointModel;
import io.tidetable.forecast.RollingForecasts;
import io.tidetable.forecast.Series;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A band that learns from each value observed.
 *
 * <pre>
 *   log width += 0.02 ([y outside of the 90 % band] - 0.1)   for each open forecast of y
 * </pre>
 *
 * Every quarter of the horizon a forecast is put aside to be held against what comes; when it has
 * run out its errors enter the sample.
 */
final class AdaptiveBand {
    private static final double MISSES = 0.1;
    private static final double LEARNING = 0.02;
    private static final double NARROWEST = 0.5;
    private static final double WIDEST = 5;
    private static final int OPEN = 4;
    private static final int FEWEST_KEPT = 24;

    private final ErrorSample sample;
    private final ErrorUnit unit;
    private final double level;
    private final double deviation;
    private final Deque<OpenForecast> open = new ArrayDeque<>();
    private Forecast.Band resting;
    private double width = 1;
    private long observed;

    private AdaptiveBand(ErrorSample sample, ErrorUnit unit, double level, double deviation) {
        this.sample = sample;
        this.unit = unit;
        this.level = level;
        this.deviation = deviation;
        this.resting = rest();
    }

    static AdaptiveBand of(Series series, RollingForecasts rolled) {
        double level = meanMagnitude(series);
        ErrorSample sample =
                new ErrorSample(
                        rolled.origins().horizon(),
                        Math.max(FEWEST_KEPT, rolled.origins().count()));
        sample.addAll(rolled);
        ErrorUnit unit = ErrorUnit.VALUE;
        double least = sample.intervalCost(unit, level);
        for (ErrorUnit candidate : ErrorUnit.values()) {
            double cost = sample.intervalCost(candidate, level);
            if (cost < least) {
                least = cost;
                unit = candidate;
            }
        }
        return new AdaptiveBand(sample, unit, level, deviation(series));
    }

    int horizon() {
        return sample.horizon();
    }

    Forecast.Band current() {
        return resting instanceof ConformalBand conformal ? conformal.wider(width) : resting;
    }

    /** Puts a forecast aside when its turn has come. */
    void expect(PointModel point) {
        int spacing = Math.max(1, horizon() / OPEN);
        if (observed % spacing == 0) {
            open.addLast(OpenForecast.of(point.forecast(horizon()), current()));
        }
        observed++;
    }

    /** Holds a value against the forecasts put aside. */
    void observe(double value) {
        for (OpenForecast forecast : open) {
            boolean missed = forecast.missedBy(value);
            if (!Double.isNaN(value)) {
                double step = LEARNING * ((missed ? 1 : 0) - MISSES);
                width = Math.clamp(width * Math.exp(step), NARROWEST, WIDEST);
            }
        }
        while (!open.isEmpty() && open.getFirst().isOver()) {
            open.removeFirst().addTo(sample);
            resting = rest();
        }
    }

    private Forecast.Band rest() {
        return sample.count(0, 0) == 0
                ? new NormalBand(deviation)
                : ConformalBand.of(sample, unit, level);
    }

    private static double meanMagnitude(Series series) {
        double sum = 0;
        int known = 0;
        for (int i = 0; i < series.length(); i++) {
            if (!series.isGap(i)) {
                sum += Math.abs(series.value(i));
                known++;
            }
        }
        return sum > 0 ? sum / known : 1;
    }

    /** The standard deviation of the known values; their mean magnitude where there is only one. */
    private static double deviation(Series series) {
        double level = meanMagnitude(series);
        double mean = 0;
        double squares = 0;
        int known = 0;
        for (int i = 0; i < series.length(); i++) {
            if (!series.isGap(i)) {
                double share = series.value(i) / level;
                mean += share;
                squares += share * share;
                known++;
            }
        }
        if (known == 0) {
            return 0;
        }
        mean /= known;
        return known == 1 ? level : level * Math.sqrt(Math.max(0, squares / known - mean * mean));
    }

    /** A forecast put aside, with its 90 % band and what came of it so far. */
    private static final class OpenForecast {
        private final double[] means;
        private final double[] lower;
        private final double[] upper;
        private final double[] actual;
        private int next;

        private OpenForecast(double[] means, double[] lower, double[] upper) {
            this.means = means;
            this.lower = lower;
            this.upper = upper;
            this.actual = new double[means.length];
        }

        static OpenForecast of(double[] means, Forecast.Band band) {
            double[] lower = new double[means.length];
            double[] upper = new double[means.length];
            for (int step = 0; step < means.length; step++) {
                lower[step] = band.quantile(step, means[step], MISSES / 2);
                upper[step] = band.quantile(step, means[step], 1 - MISSES / 2);
            }
            return new OpenForecast(means, lower, upper);
        }

        boolean missedBy(double value) {
            actual[next] = value;
            boolean missed = value < lower[next] || value > upper[next];
            next++;
            return missed;
        }

        boolean isOver() {
            return next == means.length;
        }

        void addTo(ErrorSample sample) {
            for (int step = 0; step < means.length; step++) {
                sample.add(step, actual[step], means[step]);
            }
        }
    }
}
