package io.tidetable.forecast.method;

import io.tidetable.forecast.PointForecaster;
import io.tidetable.forecast.PointModel;
import io.tidetable.forecast.Seasons;
import io.tidetable.forecast.Series;

/**
 * What came one season ago comes again; without seasons, what came last.
 *
 * <pre>
 *   x_(t+h) = mean over the seasons s of x_(t+h-s ceil(h/s))
 * </pre>
 *
 * With several seasons the mean over all that the series has seen once in full. Hyndman,
 * Athanasopoulos: Forecasting, Principles and Practice, 3rd ed., 5.2.
 */
public final class SeasonalNaive implements PointForecaster {
    @Override
    public String name() {
        return "snaive";
    }

    @Override
    public PointModel fit(Series series) {
        Seasons seen = series.seasons().seenAtLeast(1, series.length());
        History history = new History(seen.longest());
        double[] values = series.filled();
        for (int i = Math.max(0, values.length - seen.longest()); i < values.length; i++) {
            history.append(values[i]);
        }
        return new Repetition(seen, history);
    }

    private record Repetition(Seasons seasons, History history) implements PointModel {
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
            history.append(Double.isFinite(value) ? value : next(0));
        }

        private double next(int step) {
            if (seasons.isEmpty()) {
                return history.back(1);
            }
            double sum = 0;
            for (int season : seasons.steps()) {
                sum += history.back(season - step % season) / seasons.steps().size();
            }
            return sum;
        }
    }
}
