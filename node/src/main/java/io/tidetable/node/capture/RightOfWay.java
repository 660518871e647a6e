package io.tidetable.node.capture;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Lets the bulk track of a source wait for a moment while commits of the express track come late:
 * both are decoded by the same machine, which has the express track's work to do first. The delay
 * that counts is what lies above the shortest of late, so clocks need not agree. An express track
 * that is late by what it carries itself is not helped by that, and may need bulk to get rid of it.
 *
 * <p>The express track's thread reports, the bulk track's asks. Commits that came regularly and
 * stay out count as late before they arrive. Bulk goes on by a trickle, so that what lies between
 * it and the source fills up and the source stops to decode for it; a reader that only rests now
 * and then keeps the source as busy as before. What it waits is bounded: 10 s in a burst, a tenth
 * of the time in the long run. Times are nanoseconds of any origin.
 */
public final class RightOfWay {
    private static final long LATE = Duration.ofMillis(10).toNanos();

    /** A late commit counts so long, where no other follows it. */
    private static final long HOLD = Duration.ofMillis(500).toNanos();

    /** Commits that usually follow each other faster than this are missed when they stay out. */
    private static final long REGULAR = Duration.ofMillis(50).toNanos();

    private static final int USUAL_GAPS = 4;

    private static final long FLOOR_WINDOW = Duration.ofMinutes(1).toNanos();

    private static final long LOAD_WINDOW = Duration.ofMillis(100).toNanos();

    /** Bytes in such a window with which the express track keeps itself busy. */
    private static final long OWN_LOAD = 1 << 20;

    private static final long CYCLE = Duration.ofMillis(40).toNanos();
    private static final long MOST_OF_CYCLE = CYCLE / 4 * 3;

    /** Bytes that bulk reads at least in a cycle, and hardly more while it gives way. */
    private static final long TRICKLE = 64 << 10;

    private static final long LONGEST_BURST = Duration.ofSeconds(10).toNanos();
    private static final int PART_OF_TIME = 10;

    private final AtomicLong waited = new AtomicLong();

    private volatile Arrival last = new Arrival(0, 0, Long.MAX_VALUE, false);

    private boolean reported;
    private long windowBegan;
    private long floor = Long.MAX_VALUE;
    private long floorBefore = Long.MAX_VALUE;
    private long loadBegan;
    private long load;
    private long loadBefore;
    private long gap = HOLD;

    private boolean asked;
    private long askedAt;
    private boolean waiting;
    private long cycleBegan;
    private long waitedInCycle;
    private long readInCycle;
    private long allowance = LONGEST_BURST;

    /**
     * The last commit that came.
     *
     * @param excess what it was late by
     * @param gap usual time between two of them
     * @param isLoaded whether the express track keeps itself busy
     */
    private record Arrival(long at, long excess, long gap, boolean isLoaded) {
        boolean isLate(long now) {
            long since = now - at;
            boolean overdue = gap < REGULAR && since > LATE + USUAL_GAPS * gap;
            return !isLoaded && since < HOLD && (excess > LATE || overdue);
        }
    }

    /**
     * A commit came over the express track.
     *
     * @param delay time since the source made it
     * @param bytes that came with it and since the one before
     */
    void arrived(long now, long delay, long bytes) {
        if (reported) {
            gap += (Math.min(now - last.at(), HOLD) - gap) / 16;
        } else {
            loadBegan = now;
        }
        if (!reported || now - windowBegan >= FLOOR_WINDOW) {
            floorBefore = floor;
            floor = Long.MAX_VALUE;
            windowBegan = now;
        }
        reported = true;
        floor = Math.min(floor, delay);
        long excess = delay - Math.min(floor, floorBefore);
        boolean loaded = isLoaded(now, bytes);
        last = new Arrival(now, excess, gap, loaded);
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

    /**
     * Whether the bulk track should read nothing just now; to be asked again soon.
     *
     * @param bytes that it has read since it asked before
     */
    boolean mustWait(long now, long bytes) {
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
            readInCycle = 0;
        }
        readInCycle += bytes;
        waiting =
                last.isLate(now)
                        && allowance > 0
                        && (waitedInCycle < MOST_OF_CYCLE || readInCycle >= TRICKLE);
        return waiting;
    }

    /** By how much the express track was late when that was last looked at. */
    Duration excess() {
        return Duration.ofNanos(last.excess());
    }

    /** What the bulk track has waited in all; from any thread. */
    public Duration waited() {
        return Duration.ofNanos(waited.get());
    }
}
