package io.tidetable.node.pipeline;

import java.time.Instant;
import java.time.InstantSource;

/**
 * A time that never jumps and tells nothing but how long something takes: it goes on evenly when
 * the machine's clock is set.
 */
final class SteadyTime implements InstantSource {
    private final long began = System.nanoTime();

    @Override
    public Instant instant() {
        return Instant.EPOCH.plusNanos(System.nanoTime() - began);
    }
}
