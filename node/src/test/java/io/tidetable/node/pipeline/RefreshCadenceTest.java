package io.tidetable.node.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.model.TableId;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** Refreshes come at their cadence, whatever is done to the machine's clock. */
class RefreshCadenceTest {
    private static final TableId TABLE = new TableId("public", "rates");
    private static final Duration CADENCE = Duration.ofMinutes(10);
    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");

    private final RefreshCadence cadence = new RefreshCadence();
    private Instant steady = Instant.EPOCH;

    private boolean isDue(Instant asOf, Instant wall) {
        return cadence.isDue(TABLE, asOf, CADENCE, steady, wall);
    }

    private void passes(Duration time) {
        steady = steady.plus(time);
    }

    @Test
    void aTableThatWasNeverRefreshedIsNotDue() {
        assertThat(cadence.isDue(TABLE, null, CADENCE, steady, NOON)).isFalse();
    }

    @Test
    void aStartWaitsForWhatIsLeftOfTheCadence() {
        Instant wall = NOON.plus(Duration.ofMinutes(7));
        assertThat(isDue(NOON, wall)).isFalse();
        passes(Duration.ofMinutes(2));
        assertThat(isDue(NOON, wall.plus(Duration.ofMinutes(2)))).isFalse();
        passes(Duration.ofMinutes(1));
        assertThat(isDue(NOON, wall.plus(Duration.ofMinutes(3)))).isTrue();
    }

    @Test
    void aClockThatJumpsBringsNoRefreshAndPutsNoneOff() {
        assertThat(isDue(NOON, NOON)).isFalse();
        passes(Duration.ofMinutes(9));
        assertThat(isDue(NOON, NOON.plus(Duration.ofDays(400)))).isFalse();
        assertThat(isDue(NOON, NOON.minus(Duration.ofDays(400)))).isFalse();
        passes(Duration.ofMinutes(1));
        assertThat(isDue(NOON, NOON.minus(Duration.ofDays(400)))).isTrue();
    }

    @Test
    void aRefreshUnderAClockThatWasSetBackCountsFromWhenItWas() {
        assertThat(isDue(NOON, NOON)).isFalse();
        passes(CADENCE);
        Instant earlier = NOON.minus(Duration.ofDays(400));
        assertThat(isDue(NOON, earlier)).isTrue();
        passes(Duration.ofSeconds(30));
        assertThat(isDue(earlier, earlier)).isFalse();
        passes(CADENCE);
        assertThat(isDue(earlier, NOON)).isTrue();
    }

    @Test
    void aStartAfterTheClockWasSetBackRefreshesAtOnce() {
        assertThat(isDue(NOON, NOON.minus(Duration.ofHours(1)))).isTrue();
    }
}
