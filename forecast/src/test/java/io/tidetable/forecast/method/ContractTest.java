package io.tidetable.forecast.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.tidetable.forecast.Forecast;
import io.tidetable.forecast.Forecaster;
import io.tidetable.forecast.Horizon;
import io.tidetable.forecast.Model;
import io.tidetable.forecast.Patterns;
import io.tidetable.forecast.Series;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every method promises. */
class ContractTest {
    private static final Horizon HORIZON = Horizon.of(30);
    private static final double[] PROBABILITIES = {0.01, 0.025, 0.1, 0.5, 0.9, 0.975, 0.99};

    static List<Forecaster> methods() {
        return Methods.all();
    }

    @ParameterizedTest
    @MethodSource("methods")
    void everySeriesThatCanOccurGetsFiniteForecastsWithQuantilesInOrder(Forecaster method) {
        series().forEach(series -> {
            Model model = method.fit(series);
            checkShape(method, series, model.forecast(HORIZON));
            for (double value : new double[] {5, Double.NaN, 0, 1e6, 3}) {
                model.observe(value);
            }
            checkShape(method, series, model.forecast(HORIZON));
            checkShape(method, series, model.forecast(Horizon.of(70)));
        });
    }

    @ParameterizedTest
    @MethodSource("methods")
    void aQuantityThatCannotBeNegativeIsNeverForecastBelowZero(Forecaster method) {
        double[] falling = new double[200];
        for (int i = 0; i < falling.length; i++) {
            falling[i] = Math.max(0, 150 - i + 20 * Math.sin(2 * Math.PI * i / 12));
        }

        Forecast forecast = method.fit(Series.of(falling).withSeasons(12)).forecast(HORIZON);

        for (int step = 0; step < forecast.steps(); step++) {
            assertThat(forecast.mean(step)).isNotNegative();
            assertThat(forecast.quantile(step, 0.01)).isNotNegative();
        }
    }

    @ParameterizedTest
    @MethodSource("methods")
    void theSameSeriesGivesTheSameForecast(Forecaster method) {
        Series series = Patterns.dailyAndWeekly(600, 5);

        Forecast once = method.fit(series).forecast(HORIZON);
        Forecast again = method.fit(series).forecast(HORIZON);

        assertThat(again.means()).containsExactly(once.means());
        assertThat(again.quantiles(0.9)).containsExactly(once.quantiles(0.9));
    }

    @ParameterizedTest
    @MethodSource("methods")
    void scalingTheSeriesScalesTheForecast(Forecaster method) {
        Series series = Patterns.dailyAndWeekly(600, 5);
        Forecast forecast = method.fit(series).forecast(HORIZON);

        for (double factor : new double[] {1e-6, 3, 1e9}) {
            double[] scaled = Arrays.stream(series.toArray()).map(v -> v * factor).toArray();
            Forecast ofScaled =
                    method.fit(Series.of(scaled).withSeasons(series.seasons())).forecast(HORIZON);

            for (int step = 0; step < HORIZON.steps(); step++) {
                assertThat(ofScaled.mean(step) / factor)
                        .as("%s, step %d, factor %s", method.name(), step, factor)
                        .isCloseTo(forecast.mean(step), within(1e-3 * forecast.mean(step)));
                double upper = forecast.quantile(step, 0.9);
                assertThat(ofScaled.quantile(step, 0.9) / factor)
                        .as("%s, upper, step %d, factor %s", method.name(), step, factor)
                        .isCloseTo(upper, within(5e-3 * upper));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("methods")
    void observingGoesOnWhereFittingEnded(Forecaster method) {
        Series series = Patterns.dailyAndWeekly(640, 5);
        Model model = method.fit(series.first(600));
        for (int i = 600; i < 640; i++) {
            model.observe(series.value(i));
        }

        double[] observed = model.forecast(HORIZON).means();
        double[] fitted = method.fit(series).forecast(HORIZON).means();

        double apart = 0;
        for (int step = 0; step < observed.length; step++) {
            apart += Math.abs(observed[step] / fitted[step] - 1) / observed.length;
        }
        assertThat(apart).isLessThan(0.15);
    }

    @ParameterizedTest
    @MethodSource("methods")
    void fewerValuesGiveAWiderBand(Forecaster method) {
        double few = 0;
        double many = 0;
        for (int seed = 0; seed < 8; seed++) {
            Random random = new Random(seed);
            Series noise = Series.of(random.doubles(900, 10, 20).toArray());
            few += meanWidth(method.fit(noise.last(20)).forecast(HORIZON));
            many += meanWidth(method.fit(noise).forecast(HORIZON));
        }

        assertThat(few).isGreaterThan(many);
    }

    @ParameterizedTest
    @MethodSource("methods")
    void aHundredThousandPointsStayFast(Forecaster method) {
        Series minutes = Patterns.rhythm(100_000, 1440, 3);

        long start = System.nanoTime();
        Forecast forecast = method.fit(minutes).forecast(HORIZON);
        forecast.quantile(0, 0.9);
        Duration took = Duration.ofNanos(System.nanoTime() - start);

        checkShape(method, minutes, forecast);
        assertThat(took).isLessThan(Duration.ofSeconds(10));
        double error = 0;
        for (int step = 0; step < HORIZON.steps(); step++) {
            double before = minutes.value(100_000 - 1440 + step);
            error += Math.abs(forecast.mean(step) / before - 1) / HORIZON.steps();
        }
        assertThat(error).isLessThan(0.5);
    }

    @ParameterizedTest
    @MethodSource("methods")
    void aConstantIsForecastAsItself(Forecaster method) {
        Series series = Series.of(Patterns.constant(300, 42)).withSeasons(24);

        Forecast forecast = method.fit(series).forecast(HORIZON);

        for (int step = 0; step < HORIZON.steps(); step++) {
            assertThat(forecast.mean(step)).isCloseTo(42, within(1e-3));
        }
    }

    private static double meanWidth(Forecast forecast) {
        double width = 0;
        for (int step = 0; step < forecast.steps(); step++) {
            double band = forecast.quantile(step, 0.975) - forecast.quantile(step, 0.025);
            width += band / forecast.steps();
        }
        return width;
    }

    private static void checkShape(Forecaster method, Series series, Forecast forecast) {
        for (int step = 0; step < forecast.steps(); step++) {
            assertThat(forecast.mean(step)).as("%s of %s", method.name(), series).isFinite();
            double lower = Double.NEGATIVE_INFINITY;
            for (double probability : PROBABILITIES) {
                double quantile = forecast.quantile(step, probability);
                assertThat(quantile)
                        .as("%s of %s, quantile %s", method.name(), series, probability)
                        .isFinite()
                        .isGreaterThanOrEqualTo(lower);
                lower = quantile;
            }
        }
    }

    private static Stream<Series> series() {
        Random random = new Random(17);
        double[] spike = new double[300];
        spike[150] = 1e6;
        double[] shift = new double[300];
        double[] gappy = new double[300];
        double[] signed = new double[300];
        double[] tiny = new double[300];
        double[] sparse = new double[300];
        double[] explosive = new double[300];
        for (int i = 0; i < 300; i++) {
            double noise = random.nextGaussian();
            shift[i] = (i < 200 ? 10 : 1000) + noise;
            gappy[i] = i % 3 == 0 || (i > 100 && i < 160) ? Double.NaN : 50 + noise;
            signed[i] = 10 * noise;
            tiny[i] = 1e-9 * (2 + Math.sin(i / 4.0));
            sparse[i] = random.nextInt(10) == 0 ? random.nextInt(5) : 0;
            explosive[i] = Math.exp(i / 15.0);
        }
        Stream<double[]> shapes =
                Stream.of(
                        new double[0],
                        new double[] {7},
                        new double[] {Double.NaN},
                        new double[] {3, 5},
                        Patterns.constant(300, 0),
                        Patterns.constant(300, 0.1),
                        Patterns.constant(40, -3),
                        Patterns.constant(40, Double.NaN),
                        spike,
                        shift,
                        gappy,
                        signed,
                        tiny,
                        sparse,
                        explosive,
                        Arrays.copyOf(gappy, 20),
                        Arrays.copyOf(shift, 20),
                        random.doubles(50).map(v -> 1e15 * v).toArray());
        return shapes.flatMap(values ->
                Stream.of(
                        Series.of(values),
                        Series.of(values).withSeasons(24),
                        Series.of(values).withSeasons(7, 35),
                        Series.of(values).withSeasons(1440)));
    }
}
