package io.tidetable.node.copy;

/**
 * How far a table's copy has come. Totals are the source's estimates; what is done counts by the
 * estimate of its chunk, so that done over total ends at one.
 *
 * @param totalBytes of the source's disk
 * @param doneBytes of the source's disk
 * @param totalRows estimated until all is done
 * @param copiedRows counted
 * @param copiedBytes counted, as the source sent them
 */
public record CopyEstimate(
        int totalChunks,
        int doneChunks,
        long totalBytes,
        long doneBytes,
        long totalRows,
        long copiedRows,
        long copiedBytes) {}
