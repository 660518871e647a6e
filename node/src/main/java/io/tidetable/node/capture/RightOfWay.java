package io.tidetable.node.capture;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Lets the bulk track of a source wait for a moment while commits of the express track come late:
 * both are decoded by the same machine, which has the express track's work to do first. The delay
 * that counts is what lies above the shortest of late, so clocks need not agree. An express track
 * that is late by what it carries itself is not helped by that, and may need bulk to get rid of it.
 *
 * <p>The express track's thread reports, the bulk track's asks. Bulk still reads a quarter of the
 * time, and what it waits is bounded: 10 s in a burst, a tenth of the time in the long run. Times
 * are nanoseconds of any origin.
 */
public final class RightOfWay {
    private static final long LATE = Duration.ofMillis(10).toNanos();

    /** A late commit counts so long, where no other follows it. */
    private static final long HOLD = Duration.ofMillis(500).toNanos();

    private static final long FLOOR_WINDOW = Duration.ofMinutes(1).toNanos();

    private static final long LOAD_WINDOW = Duration.ofMillis(100).toNanos();

    /** Bytes in such a window with which the express track keeps itself busy. */
    private static final long OWN_LOAD = 1 << 20;

    private static final long CYCLE = Duration.ofMillis(40).toNanos();
    private static final long MOST_OF_CYCLE = CYCLE / 4 * 3;

    private static final long LONGEST_BURST = Duration.ofSeconds(10).toNanos();
    private static final int PART_OF_TIME = 10;

    private final AtomicLong waited = new AtomicLong();

    /** Until when the express track counts as late, and by how much. */
    private volatile Lateness lateness = new Lateness(0, 0, false);

    private boolean reported;
    private long windowBegan;
    private long floor = Long.MAX_VALUE;
    private long floorBefore = Long.MAX_VALUE;
    private long loadBegan;
    private long load;
    private long loadBefore;

    private boolean asked;
    private long askedAt;
    private boolean waiting;
    private long cycleBegan;
    private long waitedInCycle;
    private long allowance = LONGEST_BURST;

    private record Lateness(long until, long excess, boolean isLate) {}

    /**
     * A commit came over the express track.
     *
     * @param delay time since the source made it
     * @param bytes that came with it and since the one before
     */
    void arrived(long now, long delay, long bytes) {
        if (!reported || now - windowBegan >= FLOOR_WINDOW) {
            floorBefore = floor;
            floor = Long.MAX_VALUE;
            windowBegan = now;
            if (!reported) {
                loadBegan = now;
            }
            reported = true;
        }
        floor = Math.min(floor, delay);
        long excess = delay - Math.min(floor, floorBefore);
        boolean loaded = isLoaded(now, bytes);
        lateness = new Lateness(now + HOLD, excess, excess > LATE && !loaded);
    }

    private boolean isLoaded(long now, long bytes) {
        if (now - loadBegan >= LOAD_WINDOW) {
            loadBefore = now - loadBegan < 2 * LOAD_WINDOW ? load : 0;
            load = 0;
            loadBegan = now;
        }
        load += bytes;
        return Math.max(load, loadBefore) > OWN_LOAD;
    }

    /** Whether the bulk track should read nothing just now; to be asked again soon. */
    boolean mustWait(long now) {
        if (!asked) {
            asked = true;
            askedAt = now;
            cycleBegan = now;
        }
        // Asked again much later, it was not waiting but frozen with its process.
        long passed = Math.min(now - askedAt, CYCLE);
        askedAt = now;
        allowance = Math.min(LONGEST_BURST, allowance + passed / PART_OF_TIME);
        if (waiting) {
            allowance -= passed;
            waitedInCycle += passed;
            waited.addAndGet(passed);
        }
        if (now - cycleBegan >= CYCLE) {
            cycleBegan = now;
            waitedInCycle = 0;
        }
        Lateness last = lateness;
        waiting =
                last.isLate()
                        && last.until() - now > 0
                        && allowance > 0
                        && waitedInCycle < MOST_OF_CYCLE;
        return waiting;
    }

    /** By how much the express track was late when that was last looked at. */
    Duration excess() {
        return Duration.ofNanos(lateness.excess());
    }

    /** What the bulk track has waited in all; from any thread. */
    public Duration waited() {
        return Duration.ofNanos(waited.get());
    }
}
