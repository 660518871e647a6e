package io.tidetable.forecast.method;

import io.tidetable.forecast.Origins;
import io.tidetable.forecast.PointForecaster;
import io.tidetable.forecast.PointModel;
import io.tidetable.forecast.RollingForecasts;
import io.tidetable.forecast.Series;
import java.util.Arrays;
import java.util.List;
import jdplus.toolkit.base.api.arima.SarimaOrders;
import jdplus.toolkit.base.api.data.DoubleSeq;
import jdplus.toolkit.base.core.arima.estimation.FastArimaForecasts;
import jdplus.toolkit.base.core.regarima.RegArimaModel;
import jdplus.toolkit.base.core.regsarima.RegSarimaComputer;
import jdplus.toolkit.base.core.sarima.SarimaModel;

/**
 * Seasonal ARIMA, estimated by the exact likelihood in JDemetra+.
 *
 * <pre>
 *   phi(B) (1 - B^m) z_t = theta(B) (1 - Theta B^m) e_t
 * </pre>
 *
 * The orders come from the list (1,0,1)(0,1,1), (2,0,1)(0,1,1): whichever has the smallest absolute
 * errors over the last two seasons, estimated on what is before them. Without a season (1,0,1),
 * (0,1,1), (2,1,1). z is the standardised logarithm where all values are positive. A season of more
 * than 200 steps is too long for a likelihood: the mean of its last ten cycles is taken away by
 * phase and the rest treated as not seasonal. Only the last 2000 values or ten seasons are learnt
 * from; values observed later move the state and leave the parameters.
 *
 * <p>Box, Jenkins: Time Series Analysis, 1970; JDemetra+ toolkit 3.5, National Bank of Belgium.
 */
public final class Arima implements PointForecaster {
    private static final int LONGEST_SEASON = 200;
    private static final int LATEST = 2000;
    private static final int CYCLES = 10;
    private static final int ESTIMATIONS = 1;
    private static final double PRECISION = 1e-5;
    private static final RegSarimaComputer LIKELIHOOD =
            RegSarimaComputer.builder().precision(PRECISION).build();
    private static final int FEWEST = 30;

    @Override
    public String name() {
        return "arima";
    }

    @Override
    public int affordableOrigins() {
        return 24;
    }

    @Override
    public PointModel fit(Series series) {
        Adjusted adjusted = Adjusted.of(series);
        if (adjusted.values.length < FEWEST || adjusted.isConstant()) {
            return new SeasonalNaive().fit(series);
        }
        try {
            return new Filtered(adjusted, estimate(adjusted.values, adjusted.season));
        } catch (RuntimeException noLikelihood) {
            // The library gives up on some degenerate series, such as a single spike, by exceptions
            // of many kinds.
            return new SeasonalNaive().fit(series);
        }
    }

    /** Parameters are estimated anew only at every so many origins; the state moves to each. */
    @Override
    public RollingForecasts roll(Series series, Origins origins) {
        double[][] forecasts = new double[origins.count()][];
        int spacing = (origins.count() + ESTIMATIONS - 1) / ESTIMATIONS;
        PointModel model = null;
        for (int i = 0; i < forecasts.length; i++) {
            if (model == null || i % spacing == 0) {
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

    private static SarimaModel estimate(double[] values, int season) {
        int kept = Math.max(LATEST, CYCLES * season);
        double[] latest =
                Arrays.copyOfRange(values, Math.max(0, values.length - kept), values.length);
        int held = Math.min(2 * Math.max(season, 6), latest.length / 4);
        double[] before = Arrays.copyOf(latest, latest.length - held);
        SarimaOrders best = candidates(season).getFirst();
        double least = Double.POSITIVE_INFINITY;
        for (SarimaOrders orders : candidates(season)) {
            double[] ahead = ahead(likeliest(before, orders), before, held);
            double errors = 0;
            for (int i = 0; i < held; i++) {
                errors += Math.abs(ahead[i] - latest[before.length + i]);
            }
            if (errors < least) {
                least = errors;
                best = orders;
            }
        }
        return likeliest(latest, best);
    }

    private static List<SarimaOrders> candidates(int season) {
        return season > 1
                ? List.of(orders(season, 1, 0, 1), orders(season, 2, 0, 1))
                : List.of(orders(1, 1, 0, 1), orders(1, 0, 1, 1), orders(1, 2, 1, 1));
    }

    private static SarimaOrders orders(int season, int p, int d, int q) {
        SarimaOrders orders = new SarimaOrders(season);
        orders.setRegular(p, d, q);
        if (season > 1) {
            orders.setSeasonal(0, 1, 1);
        }
        return orders;
    }

    private static SarimaModel likeliest(double[] values, SarimaOrders orders) {
        SarimaModel start = SarimaModel.builder(orders).setDefault().build();
        RegArimaModel.Builder<SarimaModel> builder = RegArimaModel.builder();
        builder.y(DoubleSeq.of(values));
        builder.arima(start);
        return LIKELIHOOD.process(builder.build(), null).getModel().arima();
    }

    private static double[] ahead(SarimaModel model, double[] values, int steps) {
        FastArimaForecasts forecasts = new FastArimaForecasts();
        boolean ready = forecasts.prepare(model, false);
        return ready
                ? forecasts.forecasts(DoubleSeq.of(values), steps).toArray()
                : new double[steps];
    }

    /** The values on their scale, a season too long for a likelihood taken away. */
    @SuppressWarnings("ArrayRecordComponent")
    private record Adjusted(ValueScale scale, double[] values, int season, double[] shape) {
        static Adjusted of(Series series) {
            ValueScale scale = ValueScale.suited(series);
            double[] values = series.filled();
            for (int i = 0; i < values.length; i++) {
                values[i] = scale.learn(values[i]);
            }
            int season = series.seasons().seenAtLeast(3, series.length()).shortest();
            if (season <= LONGEST_SEASON) {
                return new Adjusted(scale, values, season, new double[1]);
            }
            double[] shape = new double[season];
            int[] counts = new int[season];
            for (int i = Math.max(0, values.length - CYCLES * season); i < values.length; i++) {
                shape[i % season] += values[i];
                counts[i % season]++;
            }
            for (int phase = 0; phase < season; phase++) {
                shape[phase] /= counts[phase];
            }
            for (int i = 0; i < values.length; i++) {
                values[i] -= shape[i % season];
            }
            return new Adjusted(scale, values, 1, shape);
        }

        boolean isConstant() {
            return Arrays.stream(values).allMatch(value -> Math.abs(value - values[0]) < 1e-12);
        }
    }

    private static final class Filtered implements PointModel {
        private final ValueScale scale;
        private final double[] shape;
        private final SarimaModel model;
        private final History history;
        private long time;

        private Filtered(Adjusted adjusted, SarimaModel model) {
            this.scale = adjusted.scale;
            this.shape = adjusted.shape;
            this.model = model;
            this.time = adjusted.values.length;
            int kept = Math.max(LATEST, CYCLES * adjusted.season);
            this.history = new History(kept);
            for (double value : adjusted.values) {
                history.append(value);
            }
        }

        @Override
        public double[] forecast(int steps) {
            double[] forecast = ahead(model, history.withRoom(0), steps);
            for (int step = 0; step < steps; step++) {
                double whole = forecast[step] + shape[(int) ((time + step) % shape.length)];
                forecast[step] = scale.fromScale(scale.hold(whole));
            }
            return forecast;
        }

        @Override
        public void observe(double value) {
            double known = Double.isFinite(value) ? value : forecast(1)[0];
            history.append(scale.learn(known) - shape[(int) (time % shape.length)]);
            time++;
        }
    }
}
