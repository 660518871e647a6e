package io.tidetable.node.capture;

/**
 * Makes 64-bit transaction ids of the 32 bits that the change stream carries: the nearest to the
 * newest id known. Exact, because PostgreSQL never lets ids in use lie 2^31 or more apart. Not
 * thread-safe.
 */
final class XidWidener {
    private long newest;

    /**
     * A widener.
     *
     * @param reference a 64-bit id of now, from {@code pg_current_snapshot()}
     */
    XidWidener(long reference) {
        newest = reference;
    }

    /** The 64-bit id of which these are the lower 32 bits. */
    long widen(int xid) {
        // The difference as a signed 32-bit number is the way to the nearest.
        long wide = newest + (xid - (int) newest);
        if (wide > newest) {
            newest = wide;
        }
        return wide;
    }
}
