package io.tidetable.forecast.method;

import io.tidetable.forecast.Origins;
import io.tidetable.forecast.PointForecaster;
import io.tidetable.forecast.PointModel;
import io.tidetable.forecast.RollingForecasts;
import io.tidetable.forecast.Series;
import java.util.List;

/**
 * A weighted mean of several methods, weighted by how they did at earlier origins of the same
 * series.
 *
 * <pre>
 *   weight_i ~ (1 / MAE_i)^3 over 12 origins in the last half, each two seasons ahead
 * </pre>
 *
 * When it rolls itself, the weights at an origin come only from errors that were known there.
 * Bates, Granger: The combination of forecasts, Operational Research Quarterly 20, 1969; the cube
 * favours the better members more, as few origins allow no more elaborate weights.
 */
public final class Ensemble implements PointForecaster {
    private static final int ORIGINS = 12;
    private static final double POWER = 3;
    private static final int LONGEST_HORIZON = 100;

    private final List<PointForecaster> members;

    /** An ensemble of these members, at least one. */
    public Ensemble(List<PointForecaster> members) {
        this.members = List.copyOf(members);
    }

    @Override
    public String name() {
        return "ensemble";
    }

    @Override
    public int affordableOrigins() {
        return members.stream().mapToInt(PointForecaster::affordableOrigins).min().orElseThrow();
    }

    @Override
    public PointModel fit(Series series) {
        int span = series.length() / 2;
        int horizon = Math.clamp(2L * series.seasons().shortest(), 1, LONGEST_HORIZON);
        horizon = Math.clamp(horizon, 1, Math.max(1, series.length() / 6));
        Origins origins =
                Origins.spaced(
                        series.length(),
                        series.length() - span,
                        ORIGINS,
                        Math.clamp(span / ORIGINS, 1, 2 * horizon),
                        horizon);
        List<RollingForecasts> rolled = rollMembers(series, origins);
        double[] weights = weights(rolled, series.length());
        return new Weighted(members.stream().map(m -> m.fit(series)).toList(), weights);
    }

    @Override
    public RollingForecasts roll(Series series, Origins origins) {
        List<RollingForecasts> rolled = rollMembers(series, origins);
        double[][] forecasts = new double[origins.count()][origins.horizon()];
        for (int origin = 0; origin < forecasts.length; origin++) {
            double[] weights = weights(rolled, origins.at(origin));
            for (int step = 0; step < forecasts[origin].length; step++) {
                for (int i = 0; i < weights.length; i++) {
                    forecasts[origin][step] += weights[i] * rolled.get(i).forecast(origin, step);
                }
            }
        }
        return new RollingForecasts(series, origins, forecasts);
    }

    private List<RollingForecasts> rollMembers(Series series, Origins origins) {
        return members.stream().map(member -> member.roll(series, origins)).toList();
    }

    /** The weights by the errors of steps before {@code known}; equal where there are none. */
    private static double[] weights(List<RollingForecasts> rolled, int known) {
        double[] errors = new double[rolled.size()];
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < errors.length; i++) {
            errors[i] = rolled.get(i).absoluteErrors(known);
            least = Math.min(least, errors[i]);
        }
        double[] weights = new double[errors.length];
        double sum = 0;
        for (int i = 0; i < weights.length; i++) {
            weights[i] = errors[i] == least ? 1 : Math.pow(least / errors[i], POWER);
            sum += weights[i];
        }
        for (int i = 0; i < weights.length; i++) {
            weights[i] /= sum;
        }
        return weights;
    }

    private static final class Weighted implements PointModel {
        private final List<PointModel> models;
        private final double[] weights;

        private Weighted(List<PointModel> models, double[] weights) {
            this.models = models;
            this.weights = weights;
        }

        @Override
        public double[] forecast(int steps) {
            double[] mean = new double[steps];
            for (int i = 0; i < weights.length; i++) {
                double[] forecast = models.get(i).forecast(steps);
                for (int step = 0; step < steps; step++) {
                    mean[step] += weights[i] * forecast[step];
                }
            }
            return mean;
        }

        @Override
        public void observe(double value) {
            models.forEach(model -> model.observe(value));
        }
    }
}
