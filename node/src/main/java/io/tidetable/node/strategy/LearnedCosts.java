package io.tidetable.node.strategy;

import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * What a table's changes and its refreshes were found to cost, in time of an applier. Recent ones
 * count more. Thread-safe.
 */
public final class LearnedCosts {
    /** What remains of what was known when something new is learned. */
    private static final double MEMORY = 0.8;

    private double changes;
    private double changeNanos;
    private double refreshNanos;
    private boolean refreshed;

    /** Some changes were applied in so much time. */
    public synchronized void applied(long count, long nanos) {
        if (count > 0) {
            changes = changes * MEMORY + count;
            changeNanos = changeNanos * MEMORY + nanos;
        }
    }

    /** A refresh took so much time. */
    public synchronized void refreshed(long nanos) {
        refreshNanos = refreshed ? refreshNanos * MEMORY + nanos * (1 - MEMORY) : nanos;
        refreshed = true;
    }

    /** What one change costs, in nanoseconds; empty before some were seen. */
    public synchronized OptionalDouble change() {
        return changes > 0 && changeNanos > 0
                ? OptionalDouble.of(changeNanos / changes)
                : OptionalDouble.empty();
    }

    /** What one refresh costs, in nanoseconds; empty before one was seen. */
    public synchronized OptionalDouble refresh() {
        return refreshed ? OptionalDouble.of(refreshNanos) : OptionalDouble.empty();
    }

    /**
     * How many changes cost as much as one refresh: where more come between two, refreshing is the
     * cheaper way. Empty before both were seen.
     */
    public synchronized OptionalLong breakEven() {
        return refreshed && changes > 0 && changeNanos > 0
                ? OptionalLong.of(Math.max(1, Math.round(refreshNanos * changes / changeNanos)))
                : OptionalLong.empty();
    }
}
