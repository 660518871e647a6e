package io.tidetable.node.capture;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** Growing waits between attempts, jittered so that many readers do not come back at once. */
final class Backoff {
    private final Duration shortest;
    private final Duration longest;
    private final RandomGenerator chance;
    private int failures;

    Backoff(Duration shortest, Duration longest, RandomGenerator chance) {
        this.shortest = shortest;
        this.longest = longest;
        this.chance = chance;
    }

    /** How long to wait after one more failure: between half and the whole of a doubling time. */
    Duration failed() {
        long whole = Math.min(longest.toNanos(), shortest.toNanos() << Math.min(failures, 20));
        failures++;
        return Duration.ofNanos(whole / 2 + (long) (chance.nextDouble() * whole / 2));
    }

    /** It worked: the next failure begins with the shortest wait. */
    void worked() {
        failures = 0;
    }

    int failures() {
        return failures;
    }
}
