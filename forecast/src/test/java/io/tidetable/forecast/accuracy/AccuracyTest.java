package io.tidetable.forecast.accuracy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.tidetable.forecast.Forecast;
import io.tidetable.forecast.Series;
import org.junit.jupiter.api.Test;

class AccuracyTest {
    private static final Series TRAINING = Series.of(1, 2, 3, 5).withSeasons(2);

    private static Forecast band(double mean, double lower, double upper) {
        return new Forecast(
                new double[] {mean}, (step, m, p) -> p < 0.5 ? lower : p > 0.5 ? upper : m, true);
    }

    @Test
    void theMeasuresAreThoseOfTheCompetition() {
        Accuracy accuracy = Accuracy.of(TRAINING, new double[] {10}, band(8, 7, 9));

        double scale = (2 + 3) / 2.0;
        assertThat(accuracy.smape()).isCloseTo(200 * 2 / 18.0, within(1e-9));
        assertThat(accuracy.mase()).isCloseTo(2 / scale, within(1e-9));
        assertThat(accuracy.msis()).isCloseTo((2 + 40 * 1) / scale, within(1e-9));
        assertThat(accuracy.coverage()).isZero();
        assertThat(accuracy.logMse())
                .isCloseTo(Math.pow(Math.log(11) - Math.log(9), 2), within(1e-9));
    }

    @Test
    void aStepWhoseValueIsAGapDoesNotCount() {
        Forecast two = new Forecast(new double[] {8, 8}, (step, mean, p) -> mean, true);

        Accuracy accuracy = Accuracy.of(TRAINING, new double[] {Double.NaN, 8}, two);

        assertThat(accuracy.steps()).isEqualTo(1);
        assertThat(accuracy.coverage()).isEqualTo(1);
        assertThat(accuracy.smape()).isZero();
    }

    @Test
    void aTrainingPartWithoutChangeGivesFiniteMeasures() {
        Series constant = Series.of(4, 4, 4, 4).withSeasons(2);

        Accuracy accuracy = Accuracy.of(constant, new double[] {6}, band(4, 4, 4));

        assertThat(accuracy.mase()).isCloseTo(0.5, within(1e-9));
        assertThat(Accuracy.of(Series.of(), new double[] {0}, band(0, 0, 0)).smape()).isZero();
    }

    @Test
    void owaOfNaiveTwoIsOne() {
        Accuracy accuracy = Accuracy.of(TRAINING, new double[] {10}, band(8, 7, 9));

        assertThat(accuracy.owa(accuracy)).isCloseTo(1, within(1e-12));
    }
}
