package io.tidetable.forecast.method;

import io.tidetable.forecast.PointForecaster;
import io.tidetable.forecast.PointModel;
import io.tidetable.forecast.Seasons;
import io.tidetable.forecast.Series;
import io.tidetable.forecast.numeric.NormalEquations;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A series as trend, seasons and events, the way Prophet sees it, with an autoregression on what
 * they leave.
 *
 * <pre>
 *   z_t = c + k t + sum_j d_j (t - t_j)+ + sum_s sum_k Fourier_k(t; s) + sum_e h_e [t in e] + r_t
 *   r_t = sum_j b_j r_(t-lag_j)
 * </pre>
 *
 * Up to 20 hinges t_j lie evenly in the first nine tenths. A season of m steps has min(m/2, 10)
 * harmonics. Ridge in units of the weight: 1e-3 on slopes, 1e-4 on harmonics, 1e-3 on events, 1e-5
 * on the residuals' autoregression, whose lags are {@link SparseLags}. z is the standardised
 * logarithm where all values are positive. Older values fade by a half every 700 steps or 28
 * seasons. Beyond the end the trend goes on at half its slope.
 *
 * <p>Taylor, Letham: Forecasting at scale, The American Statistician 72, 2018; a ridge in place of
 * their Laplace prior makes it one linear solve.
 */
public final class Decomposition implements PointForecaster {
    private static final int HINGES = 20;
    private static final int HARMONICS = 10;
    private static final double HINGED_SHARE = 0.9;
    private static final double SLOPE_PENALTY = 1e-3;
    private static final double SEASON_PENALTY = 1e-4;
    private static final double EVENT_PENALTY = 1e-3;
    private static final double RESIDUAL_PENALTY = 1e-5;
    private static final double SLOPE_AHEAD = 0.5;
    private static final double HALF_LIFE = 700;
    private static final int MOST_ROWS = 20_000;

    private final List<Event> events;

    /** A decomposition that knows of these events. */
    public Decomposition(List<Event> events) {
        this.events = List.copyOf(events);
    }

    @Override
    public String name() {
        return "decomposition";
    }

    @Override
    public int affordableOrigins() {
        return 24;
    }

    @Override
    public PointModel fit(Series series) {
        ValueScale scale = ValueScale.suited(series);
        double[] values = series.filled();
        for (int i = 0; i < values.length; i++) {
            values[i] = scale.learn(values[i]);
        }
        double halfLife = Math.max(HALF_LIFE, 28.0 * series.seasons().shortest());
        double keep = Math.pow(0.5, 1 / halfLife);
        int start = Math.max(0, values.length - MOST_ROWS);
        Shape shape = new Shape(series, start);
        NormalEquations equations = new NormalEquations(shape.size());
        double[] row = new double[shape.size()];
        for (int i = start; i < values.length; i++) {
            if (!series.isGap(i)) {
                shape.write(row, i);
                equations.add(row, values[i], Math.pow(keep, values.length - 1 - i));
            }
        }
        double[] coefficients =
                equations.factor(shape.penalty(equations.diagonal(0))).solve(equations.moment());
        double[] residuals = new double[values.length];
        for (int i = start; i < values.length; i++) {
            residuals[i] = values[i] - shape.value(coefficients, row, i);
        }
        int[] lags = SparseLags.of(series.seasons(), series.length() - start);
        PointModel rest =
                RidgeWalk.ofValues(
                        Arrays.copyOfRange(residuals, start, residuals.length),
                        LagFeatures.of(lags, 1, 0),
                        halfLife,
                        RESIDUAL_PENALTY);
        return new Decomposed(scale, shape, coefficients, rest, values.length);
    }

    /** The features of trend, seasons and events. */
    private final class Shape {
        private final int start;
        private final int end;
        private final double[] hinges;
        private final List<Integer> seasons;
        private final int harmonics;
        private final List<Set<Integer>> occurrences = new ArrayList<>();

        private Shape(Series series, int start) {
            this.start = start;
            this.end = series.length();
            int length = end - start;
            Seasons seen = series.seasons().seenAtLeast(2, length);
            this.seasons = seen.steps();
            int count = Math.min(HINGES, length / 20);
            this.hinges = new double[count];
            for (int j = 0; j < count; j++) {
                hinges[j] = HINGED_SHARE * (j + 1) / count;
            }
            this.harmonics = seasons.stream().mapToInt(Shape::harmonics).sum();
            for (Event event : events) {
                occurrences.add(new HashSet<>(event.steps()));
            }
        }

        private static int harmonics(int season) {
            return Math.min((season - 1) / 2, HARMONICS);
        }

        int size() {
            return 2 + hinges.length + 2 * harmonics + occurrences.size();
        }

        double[] penalty(double weight) {
            double least = 1e-9 * Math.max(1, weight);
            double[] penalty = new double[size()];
            int seasonal = 2 + hinges.length;
            int eventful = seasonal + 2 * harmonics;
            Arrays.fill(penalty, 1, seasonal, SLOPE_PENALTY * weight + least);
            Arrays.fill(penalty, seasonal, eventful, SEASON_PENALTY * weight + least);
            Arrays.fill(penalty, eventful, penalty.length, EVENT_PENALTY * weight + least);
            penalty[0] = least;
            return penalty;
        }

        void write(double[] row, int index) {
            double length = Math.max(1, end - start);
            double time = (index - start) / length;
            if (time > 1) {
                time = 1 + SLOPE_AHEAD * (time - 1);
            }
            row[0] = 1;
            row[1] = time;
            int place = 2;
            for (double hinge : hinges) {
                row[place++] = Math.max(0, time - hinge);
            }
            for (int season : seasons) {
                double phase = 2 * Math.PI * (index % season) / season;
                for (int k = 1; k <= harmonics(season); k++) {
                    row[place++] = Math.sin(k * phase);
                    row[place++] = Math.cos(k * phase);
                }
            }
            for (Set<Integer> occurrence : occurrences) {
                row[place++] = occurrence.contains(index) ? 1 : 0;
            }
        }

        double value(double[] coefficients, double[] row, int index) {
            write(row, index);
            double sum = 0;
            for (int i = 0; i < row.length; i++) {
                sum += coefficients[i] * row[i];
            }
            return sum;
        }
    }

    private static final class Decomposed implements PointModel {
        private final ValueScale scale;
        private final Shape shape;
        private final double[] coefficients;
        private final PointModel rest;
        private final double[] row;
        private int time;

        private Decomposed(
                ValueScale scale, Shape shape, double[] coefficients, PointModel rest, int time) {
            this.scale = scale;
            this.shape = shape;
            this.coefficients = coefficients;
            this.rest = rest;
            this.row = new double[shape.size()];
            this.time = time;
        }

        @Override
        public double[] forecast(int steps) {
            double[] forecast = rest.forecast(steps);
            for (int step = 0; step < steps; step++) {
                double whole = forecast[step] + shape.value(coefficients, row, time + step);
                forecast[step] = scale.fromScale(scale.hold(whole));
            }
            return forecast;
        }

        @Override
        public void observe(double value) {
            double explained = shape.value(coefficients, row, time);
            time++;
            rest.observe(Double.isFinite(value) ? scale.learn(value) - explained : Double.NaN);
        }
    }
}
