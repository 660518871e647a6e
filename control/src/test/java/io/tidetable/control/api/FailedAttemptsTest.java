package io.tidetable.control.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class FailedAttemptsTest {
    private Instant now = Instant.EPOCH;
    private final FailedAttempts failures = new FailedAttempts(() -> now);

    private void fail(String address, int times) {
        for (int i = 0; i < times; i++) {
            failures.count(address);
        }
    }

    @Test
    void anAddressWaitsAfterTooManyUntilTheMinuteIsOver() {
        fail("10.0.0.1", FailedAttempts.ALLOWED - 1);
        assertThat(failures.remaining("10.0.0.1")).isZero();
        now = now.plusSeconds(20);
        fail("10.0.0.1", 1);

        assertThat(failures.remaining("10.0.0.1")).isEqualTo(Duration.ofSeconds(40));
        assertThat(failures.remaining("10.0.0.2")).isZero();
        now = now.plusSeconds(40);
        assertThat(failures.remaining("10.0.0.1")).isZero();
        fail("10.0.0.1", 1);
        assertThat(failures.remaining("10.0.0.1")).isZero();
    }

    @Test
    void aNetworkOfAddressesIsOne() {
        for (int i = 0; i < FailedAttempts.ALLOWED; i++) {
            failures.count("2001:db8:1:2:0:0:0:" + i);
        }

        assertThat(failures.remaining("2001:db8:1:2:a:b:c:d")).isPositive();
        assertThat(failures.remaining("2001:db8:1:3:a:b:c:d")).isZero();
    }

    @Test
    void itsMemoryIsBounded() {
        fail("10.0.0.1", FailedAttempts.ALLOWED);
        for (int i = 0; i < 20_000; i++) {
            failures.count("other" + i);
        }

        assertThat(failures.remaining("10.0.0.1")).isZero();
    }
}
