package io.tidetable.node.copy;

import org.jspecify.annotations.Nullable;

/**
 * A part of a table's first copy: a range of blocks of one relation.
 *
 * @param attempt which beginning of the table's copy it belongs to
 * @param number counts from 0 within the table
 * @param relation the table or partition that holds the rows, as SQL takes it
 * @param relationFile the file it stood in when the copy was planned
 * @param firstBlock its first block
 * @param endBlock the block behind its last one, null for the open-ended last part
 * @param estimatedBytes what it weighed when it was planned
 * @param estimatedRows how many rows it was thought to hold then
 * @param done how it was copied, null while it was not
 */
public record CopyChunk(
        int attempt,
        int number,
        String relation,
        long relationFile,
        long firstBlock,
        @Nullable Long endBlock,
        long estimatedBytes,
        long estimatedRows,
        @Nullable Done done) {
    /**
     * How a chunk was copied.
     *
     * @param rows copied
     * @param bytes as the source sent them
     */
    public record Done(long rows, long bytes) {}

    /** The condition on {@code ctid} that its rows meet. */
    String condition() {
        String from = "ctid >= '(%d,0)'::tid".formatted(firstBlock);
        return endBlock == null ? from : from + " AND ctid < '(%d,0)'::tid".formatted(endBlock);
    }
}
