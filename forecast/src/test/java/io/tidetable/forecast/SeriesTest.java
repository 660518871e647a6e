package io.tidetable.forecast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;

class SeriesTest {
    @Test
    void gapsStayGapsAndInfinitiesAreGaps() {
        Series series = Series.of(1, Double.NaN, Double.POSITIVE_INFINITY, 4);

        assertThat(series.isGap(1)).isTrue();
        assertThat(series.isGap(2)).isTrue();
        assertThat(series.filled()).containsExactly(1, 1, 1, 4);
    }

    @Test
    void aGapIsFilledFromOneSeasonEarlier() {
        Series series = Series.of(1, 2, 3, 1, Double.NaN, 3).withSeasons(3);

        assertThat(series.filled()).containsExactly(1, 2, 3, 1, 2, 3);
    }

    @Test
    void aSeriesWithoutNegativeValuesIsTakenForAQuantity() {
        assertThat(Series.of(0, 1).nonNegative()).isTrue();
        assertThat(Series.of(0, -1).nonNegative()).isFalse();
        assertThat(Series.of(0, 1).unbounded().nonNegative()).isFalse();
    }

    @Test
    void theFirstValuesKnowNothingOfTheRest() {
        Series first = Series.of(1, 2, 3).first(2);

        assertThat(first.toArray()).containsExactly(1, 2);
        assertThatThrownBy(() -> first.value(2)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void aDayAndAWeekAreFoundInTheData() {
        Seasons found =
                Series.of(Patterns.dailyAndWeekly(2000, 7).toArray()).withSeasonsFound().seasons();

        assertThat(found).isEqualTo(Seasons.of(24, 168));
    }

    @Test
    void aLongSeasonIsFoundInManyValues() {
        double[] values = new double[100_000];
        Random random = new Random(3);
        for (int i = 0; i < values.length; i++) {
            values[i] = 100 + 20 * Math.sin(2 * Math.PI * i / 1440) + 5 * random.nextGaussian();
        }

        assertThat(Series.of(values).withSeasonsFound().seasons().shortest()).isBetween(1430, 1450);
    }

    @Test
    void noiseConstantsAndShortSeriesHaveNoSeason() {
        double[] noise = new Random(11).doubles(1000).toArray();

        assertThat(Series.of(noise).withSeasonsFound().seasons()).isEqualTo(Seasons.none());
        assertThat(Series.of(Patterns.constant(500, 0.1)).withSeasonsFound().seasons())
                .isEqualTo(Seasons.none());
        assertThat(Series.of().withSeasonsFound().seasons()).isEqualTo(Seasons.none());
        assertThat(Series.of(1, 2).withSeasonsFound().seasons()).isEqualTo(Seasons.none());
    }

    @Test
    void aSeasonOfOneStepIsRefused() {
        assertThatThrownBy(() -> Seasons.of(1)).hasMessageContaining("at least 2 steps");
    }
}
