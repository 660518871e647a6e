package io.tidetable.node.pipeline;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;

/**
 * Tells whether a trouble is to be said: when it is new, and again each minute while it lasts. Not
 * thread-safe.
 */
final class Reminder {
    private static final Duration AGAIN = Duration.ofMinutes(1);

    private final InstantSource time;
    private final Map<String, Instant> said = new HashMap<>();

    /**
     * Nothing was said yet.
     *
     * @param time never jumps
     */
    Reminder(InstantSource time) {
        this.time = time;
    }

    /** Whether to say it now; then it counts as said. */
    boolean isDue(String trouble) {
        Instant now = time.instant();
        said.values().removeIf(last -> !now.isBefore(last.plus(AGAIN)));
        return said.putIfAbsent(trouble, now) == null;
    }

    /** The troubles are over: whichever comes next is new. */
    void over() {
        said.clear();
    }
}
