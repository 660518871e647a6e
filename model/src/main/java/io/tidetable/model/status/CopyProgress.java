package io.tidetable.model.status;

import io.tidetable.model.TableId;

/**
 * How far the first copy of a table is.
 *
 * @param chunks parts it consists of
 * @param done those whose rows are at the destination
 * @param rows copied
 * @param bytes copied
 * @param estimatedRows of all parts; counted where they are done
 * @param estimatedBytes of all parts
 */
public record CopyProgress(
        TableId table,
        int chunks,
        int done,
        long rows,
        long bytes,
        long estimatedRows,
        long estimatedBytes) {
    /** Whether all of its rows are at the destination. */
    public boolean isDone() {
        return done == chunks;
    }
}
