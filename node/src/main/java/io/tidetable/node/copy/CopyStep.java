package io.tidetable.node.copy;

/** What one call towards a table's copy came to. */
public sealed interface CopyStep {
    /**
     * A chunk was copied.
     *
     * @param rows of it
     * @param bytes of it, as the source sent them
     */
    record Copied(long rows, long bytes) implements CopyStep {}

    /** Nothing may begin until chunks that others are copying have ended. */
    record Busy() implements CopyStep {}

    /** The chunk was given up because its pace said so, or was somebody else's; go on. */
    record Skipped() implements CopyStep {}

    /** The copy has to begin anew, and will with the next step; go on. */
    record StartsOver(String reason) implements CopyStep {}

    /** One of the servers failed; try again after a while. */
    record Failed(Side side, Exception cause) implements CopyStep {}

    /** Every chunk is copied: {@link TableCopy#finish}. */
    record AllCopied() implements CopyStep {}
}
