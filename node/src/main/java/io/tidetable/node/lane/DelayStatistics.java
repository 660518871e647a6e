package io.tidetable.node.lane;

import java.time.Duration;
import java.time.Instant;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Propagation delays and change rate of one table over the last minutes. Thread-safe; time is told
 * by the caller.
 */
public final class DelayStatistics {
    private static final Duration WINDOW = Duration.ofMinutes(1);
    private static final Duration RATE_WINDOW = Duration.ofSeconds(4);
    private static final long LONGEST_MILLIS = Duration.ofDays(2).toMillis();

    private Histogram current = newHistogram();
    private Histogram previous = newHistogram();
    private @Nullable Instant windowBegan;
    private @Nullable Duration newest;
    private long changes;
    private long changesAtMark;
    private @Nullable Instant mark;
    private double rate;

    private static Histogram newHistogram() {
        Histogram histogram = new Histogram(1, LONGEST_MILLIS, 2);
        histogram.setAutoResize(true);
        return histogram;
    }

    /** Notes that so many row changes, committed at the source then, became visible now. */
    public synchronized void applied(long rowChanges, Instant committedAt, Instant now) {
        changes += rowChanges;
        turn(now);
        Duration delay = Duration.between(committedAt, now);
        newest = delay.isNegative() ? Duration.ZERO : delay;
        current.recordValue(Math.clamp(newest.toMillis(), 0, LONGEST_MILLIS));
    }

    private void turn(Instant now) {
        if (windowBegan == null) {
            windowBegan = now;
        } else if (Duration.between(windowBegan, now).compareTo(WINDOW) >= 0) {
            Histogram emptied = previous;
            previous = current;
            emptied.reset();
            current = emptied;
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
        Histogram both = current.copy();
        both.add(previous);
        return both.getTotalCount() == 0
                ? null
                : Duration.ofMillis(both.getValueAtPercentile(percentile));
    }
}
