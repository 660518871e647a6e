package io.tidetable.forecast.method;

import io.tidetable.forecast.PointModel;
import io.tidetable.forecast.numeric.CholeskyFactor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A ridge autoregression kept current by rank-one steps. */
final class RidgeModel implements PointModel {
    private final ValueScale scale;
    private final LagFeatures features;
    private final double keep;
    private final double[] penalty;
    private final CholeskyFactor factor;
    private final double[] moment;
    private final History history;
    private final double[] row;
    private long time;
    private int leaking;
    private double @Nullable [] coefficients;

    RidgeModel(
            ValueScale scale,
            LagFeatures features,
            double keep,
            double[] penalty,
            CholeskyFactor factor,
            double[] moment,
            double[] latest,
            long time) {
        this.scale = scale;
        this.features = features;
        this.keep = keep;
        this.penalty = penalty;
        this.factor = factor;
        this.moment = moment;
        this.row = new double[features.size()];
        this.time = time;
        this.history = new History(features.longestLag());
        for (int i = latest.length; i < features.longestLag(); i++) {
            history.append(latest.length == 0 ? 0 : latest[0]);
        }
        for (double value : latest) {
            history.append(value);
        }
    }

    @Override
    public double[] forecast(int steps) {
        double[] current = coefficients();
        double[] path = history.withRoom(steps);
        int before = history.length();
        double[] forecast = new double[steps];
        for (int step = 0; step < steps; step++) {
            features.write(row, path, before + step, time + step);
            double next = scale.hold(product(current, row));
            path[before + step] = next;
            forecast[step] = scale.fromScale(next);
        }
        return forecast;
    }

    @Override
    public void observe(double value) {
        double[] path = history.withRoom(1);
        features.write(row, path, history.length(), time);
        time++;
        if (!Double.isFinite(value)) {
            history.append(scale.hold(product(coefficients(), row)));
            return;
        }
        double scaled = scale.learn(value);
        for (int i = 0; i < row.length; i++) {
            moment[i] = keep * moment[i] + row[i] * scaled;
        }
        factor.scale(keep);
        factor.addRankOne(row);
        leak();
        history.append(scaled);
        coefficients = null;
    }

    /** Gives the fading ridge back to one place of the diagonal after the other. */
    private void leak() {
        Arrays.fill(row, 0);
        row[leaking] = Math.sqrt(penalty[leaking] * (1 - keep) * row.length);
        factor.addRankOne(row);
        leaking = (leaking + 1) % row.length;
    }

    private double[] coefficients() {
        double[] current = coefficients;
        if (current == null) {
            current = factor.solve(moment);
            coefficients = current;
        }
        return current;
    }

    private static double product(double[] left, double[] right) {
        double sum = 0;
        for (int i = 0; i < left.length; i++) {
            sum += left[i] * right[i];
        }
        return sum;
    }
}
