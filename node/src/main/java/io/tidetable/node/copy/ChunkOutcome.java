package io.tidetable.node.copy;

/** How the copy of a chunk ended. */
public sealed interface ChunkOutcome {
    /**
     * The rows and the done-mark are committed.
     *
     * @param rows copied
     * @param bytes as the source sent them
     */
    record Copied(long rows, long bytes) implements ChunkOutcome {}

    /** Somebody else committed it, or began the table's copy anew; nothing was written. */
    record NotOurs() implements ChunkOutcome {}

    /** It was given up when its pace said so; nothing was written. */
    record Cancelled() implements ChunkOutcome {}

    /** The source's table is no longer the one that was planned; its copy has to start over. */
    record SourceChanged(String reason) implements ChunkOutcome {}

    /** A column of the layout is gone at the source; a new layout is needed. */
    record LayoutOutdated(String reason) implements ChunkOutcome {}

    /** The source failed; nothing was written. Perhaps the snapshot is gone. */
    record SourceFailed(Exception cause) implements ChunkOutcome {}

    /** A unique index of the destination refused a row; nothing was written. */
    record Collided(Exception cause) implements ChunkOutcome {}

    /** The destination failed. Whether the chunk was committed is known when it is tried again. */
    record DestinationFailed(Exception cause) implements ChunkOutcome {}
}
