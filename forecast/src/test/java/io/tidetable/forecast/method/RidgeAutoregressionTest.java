package io.tidetable.forecast.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.tidetable.forecast.Patterns;
import io.tidetable.forecast.PointModel;
import io.tidetable.forecast.Seasons;
import io.tidetable.forecast.Series;
import org.junit.jupiter.api.Test;

class RidgeAutoregressionTest {
    @Test
    void aPureSeasonIsContinuedExactly() {
        double[] values = new double[400];
        for (int i = 0; i < values.length; i++) {
            values[i] = 10 + 5 * Math.sin(2 * Math.PI * i / 24);
        }

        double[] forecast =
                RidgeAutoregression.raw().fit(Series.of(values).withSeasons(24)).forecast(48);

        for (int step = 0; step < forecast.length; step++) {
            double expected = 10 + 5 * Math.sin(2 * Math.PI * (400 + step) / 24);
            assertThat(forecast[step]).isCloseTo(expected, within(0.01));
        }
    }

    @Test
    void rankOneStepsGiveWhatAFitOfAllValuesGives() {
        Series series = Patterns.dailyAndWeekly(1500, 4).withSeasons(24);
        PointModel online = RidgeAutoregression.raw().fit(series.first(1000));
        for (int i = 1000; i < 1500; i++) {
            online.observe(series.value(i));
        }

        double[] observed = online.forecast(24);
        double[] fitted = RidgeAutoregression.raw().fit(series).forecast(24);

        for (int step = 0; step < 24; step++) {
            assertThat(observed[step]).isCloseTo(fitted[step], within(0.01 * fitted[step]));
        }
    }

    @Test
    void lagsFollowTheSeasonAndTheLength() {
        assertThat(SparseLags.of(Seasons.of(24), 700))
                .containsExactly(
                        1, 2, 3, 23, 24, 25, 47, 48, 49, 71, 72, 73, 96, 120, 144, 167, 168, 169);
        assertThat(SparseLags.of(Seasons.none(), 20)).containsExactly(1, 2, 3, 4, 5);
        assertThat(SparseLags.of(Seasons.of(1440), 100_000)).contains(1, 6, 12, 1440, 10_080);
        assertThat(SparseLags.of(Seasons.of(24), 0)).containsExactly(1);
    }
}
