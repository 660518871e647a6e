package io.tidetable.node.capture;

/**
 * Decides when reading should pause for a moment. A reader that takes every message as it comes
 * wakes the source's walsender for each, which costs the source more than the decoding; under load
 * it is better to let the socket fill. Where messages are few, each is taken at once.
 *
 * <p>Under load means: in this window of a millisecond or in the one before, more than a few
 * messages came. Not thread-safe; times are nanoseconds of any origin.
 */
final class ReadingPace {
    private static final long WINDOW = 1_000_000;

    private final int few;
    private long windowBegan;
    private int inWindow;
    private int inLastWindow;

    /**
     * A pace.
     *
     * @param few messages in a millisecond that are no load yet
     */
    ReadingPace(int few) {
        this.few = few;
    }

    /** A message came. */
    void message(long now) {
        long passed = now - windowBegan;
        if (passed >= WINDOW) {
            inLastWindow = passed < 3 * WINDOW ? inWindow : 0;
            inWindow = 0;
            windowBegan = now;
        }
        inWindow++;
    }

    boolean underLoad() {
        return inWindow > few || inLastWindow > few;
    }
}
