package io.tidetable.node.pipeline;

import io.tidetable.model.DestinationId;
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
    private int failures;
    private @Nullable String trouble;

    DestinationHealth(DestinationId destination, RandomGenerator chance) {
        this.destination = destination;
        this.chance = chance;
    }

    synchronized void succeeded() {
        if (failures > 0) {
            LOG.info("destination {} answers again", destination);
        }
        failures = 0;
        trouble = null;
    }

    /**
     * Something failed there that may pass.
     *
     * @return milliseconds to wait before the next attempt
     */
    synchronized long failed(String why) {
        if (!why.equals(trouble)) {
            LOG.warn("destination {}: {}; it is tried again", destination, why);
        }
        trouble = why;
        failures = Math.min(failures + 1, 16);
        long wait = Math.min(LONGEST_MILLIS, SHORTEST_MILLIS << Math.min(failures, 6));
        return wait / 2 + chance.nextLong(wait / 2 + 1);
    }

    synchronized boolean isWell() {
        return failures == 0;
    }

    synchronized @Nullable String trouble() {
        return trouble;
    }
}
