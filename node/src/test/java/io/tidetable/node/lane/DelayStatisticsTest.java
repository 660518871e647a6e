package io.tidetable.node.lane;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class DelayStatisticsTest {
    private static final Instant BEGAN = Instant.parse("2026-03-01T12:00:00Z");

    private final DelayStatistics delays = new DelayStatistics();

    @Test
    void saysNothingWhereNothingWasNoted() {
        assertThat(delays.percentile(99, BEGAN)).isNull();
        assertThat(delays.newest()).isNull();
        assertThat(delays.changes()).isZero();
    }

    @Test
    void tellsPercentilesFromMillisecondsToDays() {
        for (int i = 0; i < 99; i++) {
            note(Duration.ofMillis(3), BEGAN);
        }
        note(Duration.ofDays(1), BEGAN);

        assertThat(delays.percentile(50, BEGAN)).isEqualTo(Duration.ofMillis(3));
        assertThat(delays.percentile(100, BEGAN))
                .isBetween(Duration.ofHours(23), Duration.ofHours(25));
    }

    @Test
    void aDelayBeyondTwoDaysOrBelowNothingIsTakenForThese() {
        note(Duration.ofDays(400), BEGAN);
        note(Duration.ofSeconds(-5), BEGAN);

        assertThat(delays.percentile(0, BEGAN)).isEqualTo(Duration.ZERO);
        assertThat(delays.percentile(100, BEGAN)).isBetween(Duration.ofDays(2), Duration.ofDays(3));
        assertThat(delays.newest()).isEqualTo(Duration.ZERO);
    }

    @Test
    void forgetsWhatIsOlderThanTwoMinutes() {
        note(Duration.ofSeconds(9), BEGAN);
        note(Duration.ofMillis(4), BEGAN.plusSeconds(61));

        assertThat(delays.percentile(100, BEGAN.plusSeconds(62)))
                .isBetween(Duration.ofSeconds(9), Duration.ofMillis(9100));
        assertThat(delays.percentile(100, BEGAN.plusSeconds(122))).isEqualTo(Duration.ofMillis(4));
        assertThat(delays.percentile(100, BEGAN.plusSeconds(183))).isNull();
    }

    private void note(Duration delay, Instant now) {
        delays.applied(1, delay, now);
    }
}
