package io.tidetable.node.copy;

/**
 * What a copy asks between two buffers: whether it may go on, and when. Called on the copying
 * thread.
 */
public interface CopyPace {
    /** As fast as it goes, to the end. */
    CopyPace UNLIMITED = new CopyPace() {};

    /**
     * Called before bytes are written at the destination; returns when they may be. May block.
     *
     * @param bytes of the next buffer
     */
    default void admit(int bytes) throws InterruptedException {}

    /** Whether the copy of the chunk should be given up; it is rolled back then. */
    default boolean isCancelled() {
        return false;
    }

    /**
     * Hears how far the chunk has come.
     *
     * @param rows of the chunk so far
     * @param bytes of the chunk so far
     */
    default void progressed(long rows, long bytes) {}
}
