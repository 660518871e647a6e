package io.tidetable.forecast.method;

import io.tidetable.forecast.PointModel;
import io.tidetable.forecast.Seasons;
import io.tidetable.forecast.numeric.CholeskyFactor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A ridge autoregression kept current by rank-one steps. */
final class RidgeModel implements PointModel {
    private static final int RESTING_SEASONS = 14;
    private static final int FEWEST_RESTING = 24;

    private final ValueScale scale;
    private final LagFeatures features;
    private final double keep;
    private final double[] penalty;
    private final CholeskyFactor factor;
    private final double[] moment;
    private final History history;
    private final double[] row;
    private final Seasons seasons;
    private final SeasonalPull.Choice pull;
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
            Seasons seasons,
            SeasonalPull.Choice pull,
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
        this.seasons = seasons;
        this.pull = pull;
        this.history = new History(kept(features, seasons));
        for (int i = latest.length; i < features.longestLag(); i++) {
            history.append(latest.length == 0 ? 0 : latest[0]);
        }
        for (double value : latest) {
            history.append(value);
        }
    }

    @Override
    public double[] forecast(int steps) {
        return forecast(path(steps, pull.drift()));
    }

    /** What becomes of a path of the recursion's own. */
    double[] forecast(double[] path) {
        double[] forecast = new double[path.length];
        double[] known = history.withRoom(0);
        for (int step = 0; step < path.length; step++) {
            double anchor = SeasonalPull.anchor(seasons, known, known.length, step);
            forecast[step] = scale.fromScale(pull.pulled(step, path[step], anchor));
        }
        return forecast;
    }

    /** The recursion's own path, on the scale. */
    double[] path(int steps, boolean drift) {
        double[] current = coefficients();
        double[] path = history.withRoom(steps);
        int before = history.length();
        double correction = restingConstant(path, before) - current[features.constant()];
        double drifting = drift ? 1 : 0;
        for (int step = 0; step < steps; step++) {
            features.write(row, path, before + step, time + step);
            path[before + step] = scale.hold(product(current, row) + (1 - drifting) * correction);
            drifting *= SeasonalPull.DRIFT_KEPT;
        }
        return Arrays.copyOfRange(path, before, before + steps);
    }

    /** The constant with which the mean of the latest values would stay as it is. */
    private double restingConstant(double[] values, int known) {
        int count = Math.min(known, Math.max(RESTING_SEASONS * seasons.shortest(), FEWEST_RESTING));
        double mean = 0;
        for (int i = known - count; i < known; i++) {
            mean += values[i] / count;
        }
        double kept = 0;
        for (int i = 0; i < features.constant(); i++) {
            kept += coefficients()[i];
        }
        return (1 - kept) * mean;
    }

    /** How many of the latest values a model keeps. */
    static int kept(LagFeatures features, Seasons seasons) {
        int resting = Math.max(RESTING_SEASONS * seasons.shortest(), FEWEST_RESTING);
        return Math.max(Math.max(features.longestLag(), seasons.longest()), resting);
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
