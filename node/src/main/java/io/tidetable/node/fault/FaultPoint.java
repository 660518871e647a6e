package io.tidetable.node.fault;

/** A place in the path of a change where a crash or a delay would be most unwelcome. */
public enum FaultPoint {
    /** A slot was made, nothing durable on our side yet. */
    SLOT_CREATED,
    /** Changes were appended to the journal, not synced. */
    JOURNAL_APPENDED,
    /** The journal was synced, the slot not acknowledged. */
    JOURNAL_SYNCED,
    /** The slot was acknowledged. */
    SLOT_ACKNOWLEDGED,
    /** A segment was sealed and its successor opened. */
    SEGMENT_SEALED,
    /** A segment's live records were copied forward, the old file still stands. */
    SEGMENT_COMPACTED,
    /** One of the segments to be deleted is gone, others still stand. */
    SEGMENT_DELETED,
    /** A batch was read from the journal, the destination untouched. */
    BATCH_READ,
    /** A batch was made ready while the one before it was on its way; nobody uses it yet. */
    BATCH_PREPARED,
    /** A batch's rows were written at the destination, its progress was not. */
    BATCH_WRITTEN,
    /** The destination committed, nobody here knows it yet. */
    BATCH_COMMITTED,
    /** One slice of a giant transaction was staged. */
    SLICE_STAGED,
    /** A destination table was created, not yet recorded as ours. */
    TABLE_CREATED,
    /** A snapshot for a copy was taken and recorded. */
    SNAPSHOT_TAKEN,
    /** A chunk's rows were sent, its mark was not. */
    CHUNK_WRITTEN,
    /** A chunk and its mark were committed. */
    CHUNK_COMMITTED,
    /** All chunks are in, the lane is still held. */
    TABLE_COPIED,
    /** A merge keeps its table from being truncated or rewritten, nothing of it was read. */
    MERGE_LOCKED,
    /** A range of a diff-merge was written, not committed. */
    MERGE_WRITTEN,
    /** A move between tracks is decided and written down, nothing else was done for it. */
    MOVE_DECIDED,
    /** The new track's publication was changed for a move, the transaction is still open. */
    MOVE_ADDING,
    /** Both tracks carry the tables of a move, nobody here knows it yet. */
    MOVE_ADDED,
    /** All writers that were open when the new track began to carry the tables have ended. */
    MOVE_SETTLED,
    /** The turn of a move is written down, the lanes read the old track alone. */
    MOVE_TURNED,
    /** The lanes of a move read the one track up to its turn and the other beyond. */
    MOVE_READ,
    /** The old track's publication was changed for a move, the transaction is still open. */
    MOVE_DROPPING,
    /** The old track no longer carries the tables of a move, nobody here knows it yet. */
    MOVE_DROPPED,
    /** Every destination has on disk what came before the turn of a move. */
    MOVE_FLUSHED,
    /** The destinations know the new track, the decision still stands. */
    MOVE_NOTED,
    /** The decision is gone, the lanes still read as if it stood. */
    MOVE_ENDED,
    /**
     * The decision is gone because the tables go back, the track they were to ride carries them.
     */
    MOVE_TAKEN_BACK,
    /** Other lanes of a table are written down where its lanes stand, the transaction is open. */
    LANES_WRITTEN,
    /** Other lanes of a table stand at the destination; nobody here knows it yet. */
    LANES_REPLACED,
    /** It is durably noted which strategy a table is to get; nothing of it was done. */
    STRATEGY_DECIDED,
    /** The merge that brings a strategy knows what it is to make of the table. */
    STRATEGY_RESOLVED,
    /** All rows of the strategy are at the destination, committed; that they are is not. */
    STRATEGY_MERGED,
    /** The destination has the strategy; nobody here knows it yet. */
    STRATEGY_SETTLED,
    /** What the publications carry of a table was widened, the transaction is still open. */
    PUBLICATION_WIDENING,
    /** They carry more of it, nobody here knows it yet. */
    PUBLICATION_WIDENED,
    /** All writers that were open when they began to carry more of it have ended. */
    PUBLICATION_FENCED,
    /** What the publications carry of a table was narrowed, the transaction is still open. */
    PUBLICATION_NARROWING,
    /** They carry less of it, nobody here knows it yet. */
    PUBLICATION_NARROWED
}
