package io.tidetable.forecast.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidetable.forecast.Forecast;
import io.tidetable.forecast.Horizon;
import io.tidetable.forecast.Model;
import io.tidetable.forecast.Patterns;
import io.tidetable.forecast.PointForecaster;
import io.tidetable.forecast.Series;
import io.tidetable.forecast.interval.ConformalForecaster;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MethodBehaviourTest {
    @Test
    void severalSeasonsAreAveraged() {
        Series series = Series.of(1, 2, 3, 4, 5, 6).withSeasons(2, 3);

        assertThat(new SeasonalNaive().fit(series).forecast(3)).containsExactly(4.5, 5.5, 5.5);
    }

    @Test
    void holtWintersFollowsASeasonThatGrowsWithTheLevel() {
        double[] values = new double[240];
        for (int i = 0; i < values.length; i++) {
            values[i] = (100 + i) * (1 + 0.5 * Math.sin(2 * Math.PI * i / 12));
        }
        Series series = Series.of(values).withSeasons(12);

        double[] forecast = new ExponentialSmoothing().fit(series.first(216)).forecast(24);

        double error = 0;
        for (int step = 0; step < 24; step++) {
            error += Math.abs(forecast[step] / values[216 + step] - 1) / 24;
        }
        assertThat(error).isLessThan(0.05);
    }

    @Test
    void arimaFindsASeasonalPatternWithAutocorrelatedNoise() {
        Series series = Patterns.dailyAndWeekly(700, 2).withSeasons(24);

        double arima = error(new Arima().fit(series.first(652)).forecast(24), series, 652);
        double naive = error(new NaiveTwo().fit(series.first(652)).forecast(24), series, 652);

        assertThat(arima).isLessThan(naive);
    }

    @Test
    void anEventThatIsNamedIsForecastWhereItComesAgain() {
        Random random = new Random(5);
        double[] values = new double[400];
        List<Integer> loads = new ArrayList<>();
        for (int i = 0; i < 430; i++) {
            boolean load = i % 97 == 50 || i == 410;
            if (load) {
                loads.add(i);
            }
            if (i < 400) {
                values[i] = (load ? 300 : 100) + random.nextGaussian();
            }
        }

        double[] forecast =
                new Decomposition(List.of(new Event("nightly load", loads)))
                        .fit(Series.of(values))
                        .forecast(30);

        assertThat(forecast[10]).isBetween(200.0, 350.0);
        assertThat(forecast[20]).isBetween(80.0, 130.0);
    }

    @Test
    void theEnsembleLeansOnTheMemberThatWasRight() {
        Series series = Patterns.dailyAndWeekly(900, 3);
        NaiveTwo unseasonal = new NaiveTwo();
        PointForecaster ridge = RidgeAutoregression.logarithmic();
        Ensemble ensemble = new Ensemble(List.of(unseasonal, ridge));

        double both = 0;
        double wrong = 0;
        double right = 0;
        for (int origin = 600; origin <= 852; origin += 36) {
            Series known = series.first(origin);
            both += error(ensemble.fit(known).forecast(48), series, origin);
            wrong += error(unseasonal.fit(known).forecast(48), series, origin);
            right += error(ridge.fit(known).forecast(48), series, origin);
        }

        assertThat(right).isLessThan(wrong);
        assertThat(both).isLessThan((right + wrong) / 2);
    }

    @Test
    void theOverrideTakesOverWhenTheLastValuesLeaveTheBandAndLetsGoAfterwards() {
        Random random = new Random(8);
        double[] calm = new double[300];
        for (int i = 0; i < calm.length; i++) {
            calm[i] = 100 + 10 * Math.sin(2 * Math.PI * i / 24) + random.nextGaussian();
        }
        Series series = Series.of(calm).withSeasons(24);
        ConformalForecaster naive = new ConformalForecaster(new SeasonalNaive());
        Model plain = naive.fit(series);
        Model reactive = new SpikeOverride(naive).fit(series);
        for (double spike : new double[] {200, 210, 205}) {
            plain.observe(spike);
            reactive.observe(spike);
        }

        Forecast unmoved = plain.forecast(Horizon.of(5));
        Forecast moved = reactive.forecast(Horizon.of(5));
        assertThat(unmoved.mean(0)).isLessThan(120);
        assertThat(moved.mean(0)).isBetween(180.0, 230.0);
        assertThat(moved.quantile(0, 0.05)).isLessThan(120);

        for (int i = 0; i < 30; i++) {
            reactive.observe(100 + 10 * Math.sin(2 * Math.PI * (303 + i) / 24));
        }
        assertThat(reactive.forecast(Horizon.of(5)).mean(0)).isLessThan(125);
    }

    @Test
    void anUnknownNameIsAnsweredWithThoseThatExist() {
        assertThatThrownBy(() -> Methods.named("oracle"))
                .hasMessageContaining("oracle")
                .hasMessageContaining("ridge, ridge-raw");
    }

    private static double error(double[] forecast, Series series, int origin) {
        double error = 0;
        for (int step = 0; step < forecast.length; step++) {
            error += Math.abs(forecast[step] - series.value(origin + step)) / forecast.length;
        }
        return error;
    }
}
