package io.tidetable.forecast.method;

import io.tidetable.forecast.PointForecaster;
import io.tidetable.forecast.PointModel;
import io.tidetable.forecast.Series;
import io.tidetable.forecast.numeric.FourierTransform;
import java.util.Arrays;

/**
 * Naive2 of the M competitions: the last value carried on, seasonally adjusted where the series is
 * seasonal; the measure of OWA.
 *
 * <pre>
 *   seasonal if n &gt;= 3 m and |r_m| &gt; 1.645 / sqrt(n) sqrt(1 + 2 sum_(k&lt;m) r_k^2)
 *   x_(t+h) = x_t / s_t * s_(t+h)
 * </pre>
 *
 * r is the autocorrelation, s the classical multiplicative indices: values over their centred
 * moving average of one season, averaged by phase, divided by their mean. Makridakis, Spiliotis,
 * Assimakopoulos: The M4 Competition, IJF 36, 2020.
 */
public final class NaiveTwo implements PointForecaster {
    private static final double CRITICAL = 1.645;

    @Override
    public String name() {
        return "naive2";
    }

    @Override
    public PointModel fit(Series series) {
        int season = series.seasons().shortest();
        double[] values = series.filled();
        double[] indices = {1};
        if (season > 1 && values.length >= 3 * season && isSeasonal(values, season)) {
            indices = indices(values, season);
        }
        double last = values.length == 0 ? 0 : values[values.length - 1];
        return new Carried(indices, last, values.length);
    }

    private static boolean isSeasonal(double[] values, int season) {
        double mean = Arrays.stream(values).average().orElse(0);
        double[] covariances =
                FourierTransform.autocovariances(
                        Arrays.stream(values).map(value -> value - mean).toArray());
        double variance = covariances[0];
        if (!(variance > 0)) {
            return false;
        }
        double sum = 1;
        for (int lag = 1; lag < season; lag++) {
            double correlation = covariances[lag] / variance;
            sum += 2 * correlation * correlation;
        }
        double limit = CRITICAL / Math.sqrt(values.length) * Math.sqrt(sum);
        return Math.abs(covariances[season] / variance) > limit;
    }

    /** The multiplicative index of each phase; all ones where the classical ones do not exist. */
    private static double[] indices(double[] values, int season) {
        double[] sums = new double[season];
        int[] counts = new int[season];
        int half = season / 2;
        double[] sumsBefore = new double[values.length + 1];
        for (int i = 0; i < values.length; i++) {
            sumsBefore[i + 1] = sumsBefore[i] + values[i];
        }
        double edge = season % 2 == 0 ? 0.5 : 0;
        for (int centre = half; centre < values.length - half; centre++) {
            double window = sumsBefore[centre + half + 1] - sumsBefore[centre - half];
            double edges = values[centre - half] + values[centre + half];
            double level = (window - edge * edges) / season;
            sums[centre % season] += values[centre] / level;
            counts[centre % season]++;
        }
        double[] indices = new double[season];
        double mean = 0;
        for (int phase = 0; phase < season; phase++) {
            indices[phase] = sums[phase] / counts[phase];
            mean += indices[phase] / season;
        }
        for (int phase = 0; phase < season; phase++) {
            indices[phase] /= mean;
            if (!(indices[phase] > 0) || Double.isInfinite(indices[phase])) {
                Arrays.fill(indices, 1);
                return indices;
            }
        }
        return indices;
    }

    private static final class Carried implements PointModel {
        private final double[] indices;
        private double last;
        private long time;

        private Carried(double[] indices, double last, long time) {
            this.indices = indices;
            this.last = last;
            this.time = time;
        }

        @Override
        public double[] forecast(int steps) {
            double[] forecast = new double[steps];
            for (int step = 0; step < steps; step++) {
                forecast[step] = next(step);
            }
            return forecast;
        }

        @Override
        public void observe(double value) {
            last = Double.isFinite(value) ? value : next(0);
            time++;
        }

        private double next(int step) {
            double now = indices[(int) Math.floorMod(time - 1, (long) indices.length)];
            double then = indices[(int) ((time + step) % indices.length)];
            return last / now * then;
        }
    }
}
