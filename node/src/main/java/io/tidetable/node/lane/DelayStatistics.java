package io.tidetable.node.lane;

import java.time.Duration;
import java.time.Instant;
import org.HdrHistogram.IntCountsHistogram;
import org.jspecify.annotations.Nullable;

/**
 * Propagation delays and change rate of one table over the last minutes. Thread-safe; time is told
 * by the caller, by a clock that never jumps.
 */
public final class DelayStatistics {
    private static final Duration WINDOW = Duration.ofMinutes(1);
    private static final Duration RATE_WINDOW = Duration.ofSeconds(4);
    private static final long LONGEST_MILLIS = Duration.ofDays(2).toMillis();

    /** Null while nothing was noted: thousands of tables are quiet. */
    private @Nullable IntCountsHistogram current;

    private @Nullable IntCountsHistogram previous;
    private @Nullable Instant windowBegan;
    private @Nullable Duration newest;
    private long changes;
    private long changesAtMark;
    private @Nullable Instant mark;
    private double rate;

    /**
     * Notes that so many row changes became visible now.
     *
     * @param delay since their commit at the source; below zero where its clock is ahead of ours
     */
    public synchronized void applied(long rowChanges, Duration delay, Instant now) {
        changes += rowChanges;
        turn(now);
        newest = delay.isNegative() ? Duration.ZERO : delay;
        IntCountsHistogram noted = current;
        if (noted == null) {
            // It grows with the longest delay.
            noted = new IntCountsHistogram(2);
            current = noted;
        }
        noted.recordValue(Math.clamp(newest.toMillis(), 0, LONGEST_MILLIS));
    }

    private void turn(Instant now) {
        if (windowBegan == null) {
            windowBegan = now;
        } else if (Duration.between(windowBegan, now).compareTo(WINDOW) >= 0) {
            previous = current;
            current = null;
            windowBegan = now;
        }
    }

    /** Row changes noted so far. */
    public synchronized long changes() {
        return changes;
    }

    /** Row changes per second, over the last few seconds. */
    public synchronized double changesPerSecond(Instant now) {
        if (mark == null) {
            mark = now;
            changesAtMark = changes;
            return 0;
        }
        Duration since = Duration.between(mark, now);
        if (since.compareTo(RATE_WINDOW) >= 0) {
            rate = (changes - changesAtMark) * 1000.0 / since.toMillis();
            mark = now;
            changesAtMark = changes;
        }
        return rate;
    }

    /** The newest change's delay; null before the first. */
    public synchronized @Nullable Duration newest() {
        return newest;
    }

    /** A percentile (0 to 100) over one to two minutes; null where nothing was noted. */
    public synchronized @Nullable Duration percentile(double percentile, Instant now) {
        turn(now);
        if (current == null && previous == null) {
            return null;
        }
        IntCountsHistogram both = new IntCountsHistogram(2);
        if (current != null) {
            both.add(current);
        }
        if (previous != null) {
            both.add(previous);
        }
        return Duration.ofMillis(both.getValueAtPercentile(percentile));
    }
}
