package io.tidetable.lstm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.tidetable.forecast.Forecast;
import io.tidetable.forecast.Horizon;
import io.tidetable.forecast.PointModel;
import io.tidetable.forecast.Series;
import io.tidetable.forecast.interval.ConformalForecaster;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LstmForecasterTest {
    private static final LstmSettings SMALL = new LstmSettings(24, 12, 16, 150, 32, 1e-2f, 1);

    private static Series wave(long seed, int length) {
        Random random = new Random(seed);
        double phase = random.nextInt(12);
        double size = Math.pow(10, random.nextInt(5));
        double[] values = new double[length];
        for (int i = 0; i < length; i++) {
            double wave = 2 + Math.sin(2 * Math.PI * (i + phase) / 12);
            values[i] = size * (wave + 0.05 * random.nextGaussian());
        }
        return Series.of(values).withSeasons(12);
    }

    @Test
    void aNetworkTrainedOnManySeriesForecastsOneItHasNotSeen() {
        List<Series> series = IntStream.range(0, 20).mapToObj(i -> wave(i, 150)).toList();
        Series unseen = wave(99, 174);
        Series known = unseen.first(150);
        double[] actual = Arrays.copyOfRange(unseen.toArray(), 150, 174);

        try (LstmForecaster network = LstmForecaster.train(series, SMALL)) {
            double[] forecast = network.fit(known).forecast(24);
            double[] again = network.fit(known).forecast(24);
            Forecast withBand =
                    new ConformalForecaster(network).fit(known).forecast(Horizon.of(24));

            double last = known.value(149);
            double error = 0;
            double naive = 0;
            for (int step = 0; step < 24; step++) {
                error += Math.abs(forecast[step] - actual[step]);
                naive += Math.abs(last - actual[step]);
                assertThat(withBand.quantile(step, 0.9))
                        .isGreaterThan(withBand.quantile(step, 0.1));
            }
            assertThat(error).isLessThan(0.4 * naive);
            assertThat(again).containsExactly(forecast);
            for (Series odd : List.of(Series.of(), Series.of(0, 0, 0), Series.of(5))) {
                assertThat(network.fit(odd).forecast(30)).hasSize(30).doesNotContain(Double.NaN);
            }
        }
    }

    @Test
    void theNetworkKeepsWhatEveryMethodPromises() {
        List<Series> series = IntStream.range(0, 10).mapToObj(i -> wave(i, 150)).toList();
        Series known = wave(99, 150);
        LstmSettings brief = new LstmSettings(24, 12, 8, 20, 16, 1e-2f, 7);

        try (LstmForecaster network = LstmForecaster.train(series, brief);
                LstmForecaster sameSeed = LstmForecaster.train(series, brief)) {
            double[] forecast = network.fit(known).forecast(30);
            assertThat(sameSeed.fit(known).forecast(30)).containsExactly(forecast);
            for (double factor : new double[] {1e-6, 3, 1e9}) {
                double[] scaled = Arrays.stream(known.toArray()).map(v -> v * factor).toArray();
                double[] ofScaled = network.fit(Series.of(scaled)).forecast(30);
                for (int step = 0; step < 30; step++) {
                    assertThat(ofScaled[step] / factor)
                            .isCloseTo(forecast[step], within(1e-3 * Math.abs(forecast[step])));
                }
            }
            PointModel model = network.fit(known);
            for (double value : new double[] {0, 1e9, Double.NaN, 0, 0}) {
                model.observe(value);
                for (double mean : model.forecast(30)) {
                    assertThat(mean).isFinite().isNotNegative();
                }
            }
        }
    }

    @Test
    void seriesTooShortToLearnFromAreRefusedWithTheLengthNeeded() {
        assertThatThrownBy(() -> LstmForecaster.train(List.of(wave(1, 30)), SMALL))
                .hasMessageContaining("36 values");
    }
}
