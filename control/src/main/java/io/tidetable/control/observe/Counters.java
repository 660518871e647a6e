package io.tidetable.control.observe;

/**
 * What a server has counted of one table since its statistics were reset, and its size. A
 * partitioned table has the sums over its partitions.
 *
 * @param rows estimated
 * @param bytes with indexes, as of the last vacuum or analyze
 * @param scans of the table and its indexes
 * @param rowsRead rows those scans returned
 * @param diskReads blocks that were not in memory
 */
public record Counters(
        long partitions,
        double rows,
        double bytes,
        double indexBytes,
        double scans,
        double rowsRead,
        double diskReads,
        double inserts,
        double updates,
        double deletes) {
    /** A table that the server does not know. */
    public static final Counters NONE = new Counters(0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    /** Whether the counters went on from the earlier ones, and were not reset in between. */
    boolean continues(Counters earlier) {
        return scans >= earlier.scans
                && inserts >= earlier.inserts
                && updates >= earlier.updates
                && deletes >= earlier.deletes;
    }
}
