package io.tidetable.forecast.interval;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.forecast.Forecast;
import io.tidetable.forecast.Horizon;
import io.tidetable.forecast.Model;
import io.tidetable.forecast.Patterns;
import io.tidetable.forecast.Series;
import io.tidetable.forecast.method.Methods;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CoverageTest {
    @Test
    void bandsHoldTheShareOfValuesThatTheyPromise() {
        double covered = 0;
        int series = 40;
        for (int seed = 0; seed < series; seed++) {
            Series whole = Patterns.dailyAndWeekly(1800, seed);
            Forecast forecast =
                    Methods.named("ridge").fit(whole.first(1752)).forecast(Horizon.of(48));
            for (int step = 0; step < 48; step++) {
                double actual = whole.value(1752 + step);
                boolean within =
                        actual >= forecast.quantile(step, 0.05)
                                && actual <= forecast.quantile(step, 0.95);
                covered += within ? 1.0 / 48 / series : 0;
            }
        }

        assertThat(covered).isBetween(0.85, 0.95);
    }

    /** A single band for all steps would be far too wide for the next one. */
    @Test
    void theNextStepOfALongForecastIsCoveredAsPromisedToo() {
        Random random = new Random(4);
        double[] walk = new double[1500];
        for (int i = 1; i < walk.length; i++) {
            walk[i] = 0.98 * walk[i - 1] + random.nextGaussian();
        }
        Series whole = Series.of(walk);
        Model model = Methods.named("ridge").fit(whole.first(900));

        int covered = 0;
        for (int i = 900; i < walk.length; i++) {
            Forecast forecast = model.forecast(Horizon.of(60));
            boolean within =
                    walk[i] >= forecast.quantile(0, 0.05) && walk[i] <= forecast.quantile(0, 0.95);
            covered += within ? 1 : 0;
            model.observe(walk[i]);
        }

        assertThat(covered / 600.0).isBetween(0.84, 0.96);
    }

    @Test
    void theBandWidensOnlineWhenTheNoiseGrows() {
        Random random = new Random(9);
        double[] calm = new double[500];
        for (int i = 0; i < calm.length; i++) {
            calm[i] = 100 + random.nextGaussian();
        }
        Model model = Methods.named("ridge").fit(Series.of(calm));
        double before = width(model.forecast(Horizon.of(8)));

        int covered = 0;
        for (int i = 0; i < 600; i++) {
            double value = 100 + 5 * random.nextGaussian();
            Forecast next = model.forecast(Horizon.of(8));
            if (i >= 300) {
                boolean within = value >= next.quantile(0, 0.05) && value <= next.quantile(0, 0.95);
                covered += within ? 1 : 0;
            }
            model.observe(value);
        }

        assertThat(width(model.forecast(Horizon.of(8)))).isGreaterThan(3 * before);
        assertThat(covered / 300.0).isBetween(0.82, 0.97);
    }

    private static double width(Forecast forecast) {
        return forecast.quantile(0, 0.95) - forecast.quantile(0, 0.05);
    }
}
