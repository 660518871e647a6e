package io.tidetable.forecast.accuracy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.tidetable.forecast.Forecaster;
import io.tidetable.forecast.Horizon;
import io.tidetable.forecast.M4Hourly;
import io.tidetable.forecast.method.Methods;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class M4HourlyTest {
    @Test
    void theNaiveFiguresAreTheOfficialOnes() {
        M4Hourly set = M4Hourly.readOrSkip();

        Accuracy naiveTwo = mean(set, Methods.named("naive2"));
        Accuracy seasonal = mean(set, Methods.named("snaive"));

        assertThat(naiveTwo.smape()).isCloseTo(18.383, within(0.0005));
        assertThat(naiveTwo.mase()).isCloseTo(2.395, within(0.0005));
        assertThat(seasonal.smape()).isCloseTo(13.912, within(0.0005));
        assertThat(seasonal.mase()).isCloseTo(1.193, within(0.0005));
    }

    @Test
    void theDefaultMethodIsAmongTheBestEntriesOfTheCompetition() {
        M4Hourly set = M4Hourly.readOrSkip();

        Accuracy ridge = mean(set, Methods.named(Methods.DEFAULT));

        assertThat((ridge.smape() / 18.383 + ridge.mase() / 2.395) / 2).isLessThan(0.45);
        assertThat(ridge.coverage()).isBetween(0.93, 0.97);
        assertThat(ridge.msis()).isLessThan(7);
    }

    @Test
    @Tag("wide")
    void theEnsembleBeatsTheBestEntryOfTheCompetition() {
        M4Hourly set = M4Hourly.readOrSkip();

        Accuracy ensemble = mean(set, Methods.named("ensemble"));

        assertThat((ensemble.smape() / 18.383 + ensemble.mase() / 2.395) / 2).isLessThan(0.41);
        assertThat(ensemble.mase()).isLessThan(0.80);
        assertThat(ensemble.msis()).isLessThan(6.14);
        assertThat(ensemble.coverage()).isBetween(0.93, 0.97);
    }

    private static Accuracy mean(M4Hourly set, Forecaster method) {
        List<Accuracy> all = new ArrayList<>();
        for (int i = 0; i < set.training().size(); i++) {
            var training = set.training().get(i);
            var forecast = method.fit(training).forecast(Horizon.of(M4Hourly.HORIZON));
            all.add(Accuracy.of(training, set.test().get(i), forecast));
        }
        return Accuracy.mean(all);
    }
}
