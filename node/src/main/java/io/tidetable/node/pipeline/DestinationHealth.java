package io.tidetable.node.pipeline;

import io.tidetable.model.DestinationId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether a destination answers, and how long to leave it alone when it does not. Thread-safe; says
 * each change once.
 */
final class DestinationHealth {
    private static final Logger LOG = LoggerFactory.getLogger(DestinationHealth.class);
    private static final long SHORTEST_MILLIS = 100;
    private static final long LONGEST_MILLIS = 5_000;

    private final DestinationId destination;
    private final RandomGenerator chance;
    private final InstantSource clock;
    private @Nullable Instant failingSince;
    private @Nullable String trouble;

    DestinationHealth(DestinationId destination, InstantSource clock, RandomGenerator chance) {
        this.destination = destination;
        this.clock = clock;
        this.chance = chance;
    }

    synchronized void succeeded() {
        if (failingSince != null) {
            LOG.info("destination {} answers again", destination);
        }
        failingSince = null;
        trouble = null;
    }

    /**
     * Something failed there that may pass. The wait grows with the time for which nothing has
     * worked, not with the number of those who tried.
     *
     * @return milliseconds to wait before the next attempt
     */
    synchronized long failed(String why) {
        if (!why.equals(trouble)) {
            LOG.warn("destination {}: {}; it is tried again", destination, why);
        }
        trouble = why;
        Instant now = clock.instant();
        if (failingSince == null) {
            failingSince = now;
        }
        long failing = Duration.between(failingSince, now).toMillis();
        long wait = Math.clamp(failing / 2, SHORTEST_MILLIS, LONGEST_MILLIS);
        return wait / 2 + chance.nextLong(wait / 2 + 1);
    }

    synchronized boolean isWell() {
        return failingSince == null;
    }

    synchronized @Nullable String trouble() {
        return trouble;
    }
}
