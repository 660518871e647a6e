package io.tidetable.node.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BackoffTest {
    @Test
    void waitsDoubleUpToTheLongestWithJitterAndBeginAnewOnceItWorked() {
        Backoff backoff =
                new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5), new SplittableRandom(1));
        for (int attempt = 0; attempt < 100; attempt++) {
            long whole = Math.min(5000, 100L << Math.min(attempt, 10));
            assertThat(backoff.failed().toMillis()).isBetween(whole / 2, whole);
        }

        backoff.worked();

        assertThat(backoff.failed().toMillis()).isBetween(50L, 100L);
    }
}
