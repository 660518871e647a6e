package io.tidetable.node.merge;

/**
 * What a merge came to.
 *
 * @param inserted rows that were missing
 * @param updated rows that had other values
 * @param deleted rows that the source does not have
 * @param compared rows of the source
 */
public record MergeResult(long inserted, long updated, long deleted, long compared) {
    /** Whether nothing had to be written. */
    public boolean wasEqual() {
        return inserted + updated + deleted == 0;
    }
}
