package io.tidetable.forecast.interval;

import io.tidetable.forecast.RollingForecasts;
import java.util.Arrays;

/**
 * The latest errors of one method on one series, by steps ahead, each with the forecast it belongs
 * to. Holds at most so many a step; the oldest go first.
 */
final class ErrorSample {
    private final int horizon;
    private final int perStep;
    private final double[] errors;
    private final double[] forecasts;
    private final int[] counts;

    ErrorSample(int horizon, int perStep) {
        this.horizon = horizon;
        this.perStep = perStep;
        this.errors = new double[horizon * perStep];
        this.forecasts = new double[horizon * perStep];
        this.counts = new int[horizon];
    }

    int horizon() {
        return horizon;
    }

    void add(int step, double actual, double forecast) {
        if (Double.isNaN(actual)) {
            return;
        }
        int place = step * perStep + counts[step] % perStep;
        errors[place] = actual - forecast;
        forecasts[place] = forecast;
        counts[step]++;
    }

    void addAll(RollingForecasts rolled) {
        for (int origin = 0; origin < rolled.origins().count(); origin++) {
            for (int step = 0; step < horizon; step++) {
                add(step, rolled.actual(origin, step), rolled.forecast(origin, step));
            }
        }
    }

    /** How many errors are known of the steps from one to another, both included. */
    int count(int from, int to) {
        int count = 0;
        for (int step = from; step <= to; step++) {
            count += Math.min(counts[step], perStep);
        }
        return count;
    }

    /** The sizes of all errors in units, summed over the steps before each. */
    double[] sizesBefore(ErrorUnit unit, double level) {
        double[] before = new double[horizon + 1];
        for (int step = 0; step < horizon; step++) {
            double sum = 0;
            int known = Math.min(counts[step], perStep);
            for (int i = step * perStep; i < step * perStep + known; i++) {
                sum += Math.abs(errors[i]) / unit.of(forecasts[i], level);
            }
            before[step + 1] = before[step] + sum;
        }
        return before;
    }

    /**
     * The errors of the steps from one to another, each in units at its forecast and divided by the
     * size that is usual at its step.
     */
    double[] inUnits(int from, int to, ErrorUnit unit, double level, double[] usual) {
        double[] scores = new double[count(from, to)];
        int end = 0;
        for (int step = from; step <= to; step++) {
            int known = Math.min(counts[step], perStep);
            for (int i = step * perStep; i < step * perStep + known; i++) {
                scores[end++] = errors[i] / unit.of(forecasts[i], level) / usual[step];
            }
        }
        return scores;
    }

    /**
     * The cost of a band of constant width in this unit over all errors: its mean width in values,
     * and twenty times what lies outside of it on either side of the 90 % within.
     */
    double intervalCost(ErrorUnit unit, double level) {
        double[] alike = new double[horizon];
        Arrays.fill(alike, 1);
        ScoreQuantiles quantiles = ScoreQuantiles.of(inUnits(0, horizon - 1, unit, level, alike));
        double lower = quantiles.at(0.05);
        double upper = quantiles.at(0.95);
        double cost = 0;
        for (int step = 0; step < horizon; step++) {
            int known = Math.min(counts[step], perStep);
            for (int i = step * perStep; i < step * perStep + known; i++) {
                double size = unit.of(forecasts[i], level);
                cost += (upper - lower) * size;
                cost += 20 * Math.max(0, lower * size - errors[i]);
                cost += 20 * Math.max(0, errors[i] - upper * size);
            }
        }
        return cost;
    }
}
