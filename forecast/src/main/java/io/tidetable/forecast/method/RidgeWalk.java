package io.tidetable.forecast.method;

import io.tidetable.forecast.Series;
import io.tidetable.forecast.numeric.CholeskyFactor;
import io.tidetable.forecast.numeric.NormalEquations;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A walk along a series that gathers the normal equations of a ridge autoregression, and can stop
 * anywhere to give the model that is known there.
 *
 * <p>Weights grow along the walk instead of the sums fading; the ridge fades with them, so that the
 * solution at a stop is that of a walk which ended there.
 */
final class RidgeWalk {
    private static final int MOST_ROWS = 20_000;
    private static final double HARMONIC_PENALTY = 10;
    private static final double SMALLEST_PENALTY = 1e-9;

    private final Series series;
    private final ValueScale scale;
    private final LagFeatures features;
    private final double keep;
    private final double ridge;
    private final double[] scaled;
    private final NormalEquations equations;
    private final double[] row;
    private final int start;
    private final SeasonalPull pull = new SeasonalPull();
    private final List<OpenPath> open = new ArrayList<>();
    private int at;

    RidgeWalk(
            Series series, ValueScale scale, LagFeatures features, double halfLife, double ridge) {
        this.series = series;
        this.scale = scale;
        this.features = features;
        this.keep = Math.pow(0.5, 1 / halfLife);
        this.ridge = ridge;
        this.scaled = series.filled();
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] = scale.learn(scaled[i]);
        }
        this.equations = new NormalEquations(features.size());
        this.row = new double[features.size()];
        this.start = Math.max(features.longestLag(), series.length() - MOST_ROWS);
        this.at = start;
    }

    /** The model of values that may be negative, all known. */
    static RidgeModel ofValues(
            double[] values, LagFeatures features, double halfLife, double ridge) {
        Series series = Series.of(values).unbounded();
        RidgeWalk walk =
                new RidgeWalk(series, ValueScale.linear(series), features, halfLife, ridge);
        walk.advance(values.length);
        return walk.online();
    }

    /** Takes in the rows up to, not including, a step. */
    void advance(int end) {
        double weight = Math.pow(keep, (double) series.length() - at);
        for (; at < end; at++) {
            weight /= keep;
            if (!series.isGap(at)) {
                features.write(row, scaled, at, at);
                equations.add(row, scaled[at], weight);
            }
        }
    }

    /**
     * What is forecast here. The paths of the stops before, as far as they have come true by now,
     * tell how fast a forecast gives way to the season.
     */
    double[] stop(int horizon) {
        RidgeModel model = online();
        OpenPath path = open(model, horizon);
        return model.forecast(pull.choice().drift() ? path.drift : path.rest);
    }

    /** Stops only to learn how fast a forecast gives way to the season. */
    void look(int horizon) {
        open(online(), horizon);
    }

    private OpenPath open(RidgeModel model, int horizon) {
        OpenPath path = new OpenPath(at, model.path(horizon, true), model.path(horizon, false));
        open.add(path);
        return path;
    }

    private void learnPull() {
        for (OpenPath path : open) {
            int end = Math.min(at - path.origin, path.drift.length);
            for (; path.learnt < end; path.learnt += SeasonalPull.LEARNT_EVERY) {
                int step = path.learnt;
                int place = path.origin + step;
                if (!series.isGap(place)) {
                    double anchor =
                            SeasonalPull.anchor(series.seasons(), scaled, path.origin, step);
                    pull.learn(
                            scale,
                            step,
                            path.drift[step],
                            path.rest[step],
                            anchor,
                            series.value(place));
                }
            }
        }
        open.removeIf(path -> path.learnt >= path.drift.length);
    }

    /** A path forecast at a stop, held against what comes. */
    private static final class OpenPath {
        private final int origin;
        private final double[] drift;
        private final double[] rest;
        private int learnt;

        private OpenPath(int origin, double[] drift, double[] rest) {
            this.origin = origin;
            this.drift = drift;
            this.rest = rest;
        }
    }

    /** The model as it is known here. */
    RidgeModel online() {
        learnPull();
        double totalWeight = equations.diagonal(features.constant());
        double[] penalty = new double[features.size()];
        double smallest = SMALLEST_PENALTY * Math.max(totalWeight, 1);
        Arrays.fill(penalty, 0, features.constant(), ridge * totalWeight + smallest);
        penalty[features.constant()] = smallest;
        Arrays.fill(
                penalty,
                features.constant() + 1,
                penalty.length,
                HARMONIC_PENALTY * ridge * totalWeight + smallest);
        int known = Math.min(Math.max(at, start), series.length());
        CholeskyFactor factor = equations.factor(penalty);
        double[] moment = equations.moment();
        double latestWeight = Math.pow(keep, (double) series.length() - known);
        factor.scale(1 / latestWeight);
        for (int i = 0; i < moment.length; i++) {
            moment[i] /= latestWeight;
            penalty[i] /= latestWeight;
        }
        return new RidgeModel(
                scale,
                features,
                keep,
                penalty,
                factor,
                moment,
                series.seasons().seenAtLeast(1, Math.max(1, known)),
                pull.choice(),
                Arrays.copyOfRange(
                        scaled,
                        Math.max(0, known - RidgeModel.kept(features, series.seasons())),
                        known),
                known);
    }
}
