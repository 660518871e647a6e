package io.tidetable.node.capture;

/**
 * Decides whether reading should let data gather for a moment. Under load means: in this window of
 * a millisecond or in the one before, a socket was read often, or gave much. Not thread-safe; times
 * are nanoseconds of any origin.
 */
final class ReadingPace {
    private static final long WINDOW = 1_000_000;

    private final int fewReads;
    private final int fewBytes;
    private long windowBegan;
    private int reads;
    private int bytes;
    private boolean lastWindowLoaded;

    /**
     * A pace.
     *
     * @param fewReads in a millisecond that are no load yet
     * @param fewBytes in a millisecond that are no load yet
     */
    ReadingPace(int fewReads, int fewBytes) {
        this.fewReads = fewReads;
        this.fewBytes = fewBytes;
    }

    /** A read gave bytes. */
    void read(long now, int count) {
        roll(now);
        reads++;
        bytes += count;
    }

    boolean underLoad(long now) {
        roll(now);
        return lastWindowLoaded || loaded();
    }

    private boolean loaded() {
        return reads > fewReads || bytes > fewBytes;
    }

    private void roll(long now) {
        long passed = now - windowBegan;
        if (passed >= WINDOW) {
            // The window that just ended may have been left by a pause: it counts for two more.
            lastWindowLoaded = passed < 4 * WINDOW && loaded();
            reads = 0;
            bytes = 0;
            windowBegan = now;
        }
    }
}
