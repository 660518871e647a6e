package io.tidetable.node.capture;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ReadingPaceTest {
    @Test
    void aFewSmallReadsEachMillisecondAreNoLoad() {
        ReadingPace pace = new ReadingPace(4, 4096);
        for (long now = 0; now < 50_000_000; now += 300_000) {
            pace.read(now, 100);
            assertThat(pace.underLoad(now)).isFalse();
        }
    }

    @Test
    void loadIsNoticedAtOnceAndForgottenSoon() {
        ReadingPace pace = new ReadingPace(4, 4096);
        for (long now = 0; now < 900_000; now += 100_000) {
            pace.read(now, 100);
        }
        assertThat(pace.underLoad(900_000)).isTrue();

        assertThat(pace.underLoad(10_000_000)).isFalse();
    }

    @Test
    void oneLargeReadAfterEachPauseIsStillLoad() {
        ReadingPace pace = new ReadingPace(4, 4096);
        for (long now = 0; now < 50_000_000; now += 1_300_000) {
            pace.read(now, 60_000);
            assertThat(pace.underLoad(now + 1_200_000)).isTrue();
        }
    }
}
