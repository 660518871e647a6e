package io.tidetable.forecast.method;

import io.tidetable.forecast.Origins;
import io.tidetable.forecast.PointForecaster;
import io.tidetable.forecast.PointModel;
import io.tidetable.forecast.RollingForecasts;
import io.tidetable.forecast.Seasons;
import io.tidetable.forecast.Series;
import io.tidetable.forecast.numeric.DownhillSimplex;
import java.util.Arrays;

/**
 * Holt-Winters exponential smoothing with a damped trend, in error-correction form; several seasons
 * as Taylor does.
 *
 * <pre>
 *   additive        y = l + p b + sum s_i + e       l' = l + p b + a e,  b' = p b + a c e,  s_i' = s_i + g_i e
 *   multiplicative  y = (l + p b) prod s_i + e      the same with e / prod s_i, and e / (y/s_i) for s_i
 * </pre>
 *
 * Smoothing constants a, c, g_i in (0, 1) and damping p in (0.8, 0.98) minimise the squared
 * one-step errors by a simplex search from a = 0.2, c = 0.05, g = 0.1, p = 0.95. Multiplicative is
 * tried where all values are positive and taken where its squared errors are smaller. Only the last
 * 20 of the longest season (fewer of one so long that this were more than 20,000 values, but 4) and
 * at least 3000 values are learnt from.
 *
 * <p>Winters: Forecasting sales by exponentially weighted moving averages, 1960; Gardner, McKenzie,
 * 1985 (damping); Taylor: Short-term electricity demand forecasting using double seasonal
 * exponential smoothing, 2003.
 */
public final class ExponentialSmoothing implements PointForecaster {
    private static final int LATEST = 3000;
    private static final int CYCLES = 20;
    private static final int MOST = 20_000;
    private static final int FEWEST_CYCLES = 4;
    private static final int EVALUATIONS = 160;
    private static final double FIRST_STEP = 0.7;

    @Override
    public String name() {
        return "holt-winters";
    }

    @Override
    public int affordableOrigins() {
        return 24;
    }

    @Override
    public PointModel fit(Series series) {
        Seasons seasons = series.seasons().seenAtLeast(2, series.length());
        int cycles = Math.clamp(MOST / seasons.longest(), FEWEST_CYCLES, CYCLES);
        int kept = Math.max(LATEST, cycles * seasons.longest());
        Series latest = series.last(Math.min(series.length(), kept));
        Trial additive = search(latest, seasons, false);
        if (!ValueScale.allPositive(latest)) {
            return additive.smoothing;
        }
        Trial multiplicative = search(latest, seasons, true);
        return multiplicative.squares < additive.squares
                ? multiplicative.smoothing
                : additive.smoothing;
    }

    /** Constants are sought anew only at the first origin; the state moves to each. */
    @Override
    public RollingForecasts roll(Series series, Origins origins) {
        double[][] forecasts = new double[origins.count()][];
        PointModel model = null;
        for (int i = 0; i < forecasts.length; i++) {
            if (model == null) {
                model = fit(series.first(origins.at(i)));
            } else {
                for (int known = origins.at(i - 1); known < origins.at(i); known++) {
                    model.observe(series.value(known));
                }
            }
            forecasts[i] = model.forecast(origins.horizon());
        }
        return new RollingForecasts(series, origins, forecasts);
    }

    private static Trial search(Series series, Seasons seasons, boolean multiplicative) {
        double[] start = new double[3 + seasons.steps().size()];
        Arrays.fill(start, logit(0.1));
        start[0] = logit(0.2);
        start[1] = logit(0.05);
        start[2] = logit(0.85);
        Smoothing fresh = Smoothing.of(series, seasons, multiplicative);
        double[] best =
                DownhillSimplex.minimise(
                        point -> fresh.copyWith(point).run(series), start, FIRST_STEP, EVALUATIONS);
        Smoothing smoothing = fresh.copyWith(best);
        return new Trial(smoothing, smoothing.run(series));
    }

    private static double logit(double share) {
        return Math.log(share / (1 - share));
    }

    private static double share(double logit) {
        return 1 / (1 + Math.exp(-logit));
    }

    private record Trial(Smoothing smoothing, double squares) {}

    private static final class Smoothing implements PointModel {
        private static final double LEAST_DAMPED = 0.02;
        private static final double MOST_DAMPED = 0.2;
        private static final double SMALLEST_FACTOR = 0.01;

        private final boolean multiplicative;
        private final ValueScale limits;
        private final double unit;
        private final double[][] shapes;
        private final double levelGain;
        private final double trendGain;
        private final double damping;
        private final double[] seasonGains;
        private double level;
        private double trend;
        private long time;

        private Smoothing(
                boolean multiplicative,
                ValueScale limits,
                double unit,
                double[][] shapes,
                double[] point,
                double level) {
            this.multiplicative = multiplicative;
            this.limits = limits;
            this.unit = unit;
            this.shapes = shapes;
            this.levelGain = share(point[0]);
            this.trendGain = levelGain * share(point[1]);
            this.damping = 1 - MOST_DAMPED + (MOST_DAMPED - LEAST_DAMPED) * share(point[2]);
            this.seasonGains = new double[shapes.length];
            for (int i = 0; i < shapes.length; i++) {
                seasonGains[i] = share(point[3 + i]) * (1 - levelGain);
            }
            this.level = level;
        }

        static Smoothing of(Series series, Seasons seasons, boolean multiplicative) {
            ValueScale limits = ValueScale.linear(series);
            double[] values = series.filled();
            double unit = 0;
            for (double value : values) {
                limits.learn(value);
                unit = Math.max(unit, Math.abs(value));
            }
            unit = unit == 0 ? 1 : unit;
            double[] rest = Arrays.stream(values).limit(4L * seasons.longest()).toArray();
            double level = 0;
            for (int i = 0; i < rest.length; i++) {
                rest[i] /= unit;
                level += rest[i] / rest.length;
            }
            double[][] shapes = new double[seasons.steps().size()][];
            for (int i = 0; i < shapes.length; i++) {
                shapes[i] = takeShape(rest, level, seasons.steps().get(i), multiplicative);
            }
            double[] point = new double[3 + shapes.length];
            return new Smoothing(multiplicative, limits, unit, shapes, point, level);
        }

        /** The mean of each phase over or against the level; takes it out of the values. */
        private static double[] takeShape(
                double[] rest, double level, int season, boolean multiplicative) {
            double[] shape = new double[season];
            int[] counts = new int[season];
            for (int i = 0; i < rest.length; i++) {
                shape[i % season] += multiplicative ? rest[i] / level : rest[i] - level;
                counts[i % season]++;
            }
            for (int phase = 0; phase < season; phase++) {
                shape[phase] /= Math.max(1, counts[phase]);
                if (multiplicative) {
                    shape[phase] = Math.max(SMALLEST_FACTOR, shape[phase]);
                }
            }
            for (int i = 0; i < rest.length; i++) {
                rest[i] =
                        multiplicative ? rest[i] / shape[i % season] : rest[i] - shape[i % season];
            }
            return shape;
        }

        Smoothing copyWith(double[] point) {
            double[][] own = new double[shapes.length][];
            for (int i = 0; i < own.length; i++) {
                own[i] = shapes[i].clone();
            }
            return new Smoothing(multiplicative, limits, unit, own, point, level);
        }

        /** Smooths the whole series; the sum of squared one-step errors. */
        double run(Series series) {
            double squares = 0;
            for (int i = 0; i < series.length(); i++) {
                double error = step(series.value(i));
                squares += error * error;
            }
            return squares;
        }

        private double step(double value) {
            double carried = level + damping * trend;
            double season = season(0);
            double expected = multiplicative ? carried * season : carried + season;
            double error = Double.isFinite(value) ? value / unit - expected : 0;
            double onLevel = multiplicative ? error / season : error;
            level = carried + levelGain * onLevel;
            trend = damping * trend + trendGain * onLevel;
            for (int i = 0; i < shapes.length; i++) {
                int phase = (int) (time % shapes[i].length);
                if (multiplicative) {
                    double others = Math.max(Math.abs(expected / shapes[i][phase]), 1e-9);
                    double moved = shapes[i][phase] + seasonGains[i] * error / others;
                    shapes[i][phase] = Math.clamp(moved, SMALLEST_FACTOR, 1 / SMALLEST_FACTOR);
                } else {
                    shapes[i][phase] += seasonGains[i] * error;
                }
            }
            time++;
            return error;
        }

        private double season(int ahead) {
            double season = multiplicative ? 1 : 0;
            for (double[] shape : shapes) {
                double here = shape[(int) ((time + ahead) % shape.length)];
                season = multiplicative ? season * here : season + here;
            }
            return season;
        }

        @Override
        public double[] forecast(int steps) {
            double[] forecast = new double[steps];
            double carried = level;
            double growth = trend;
            for (int step = 0; step < steps; step++) {
                growth *= damping;
                carried += growth;
                double season = season(step);
                double value = unit * (multiplicative ? carried * season : carried + season);
                forecast[step] = limits.held(value);
            }
            return forecast;
        }

        @Override
        public void observe(double value) {
            if (Double.isFinite(value)) {
                limits.learn(value);
            }
            step(value);
        }
    }
}
