package io.tidetable.node.journal;

import io.tidetable.model.Position;
import java.time.Instant;

/** What one committed source transaction did to the tables of one feed. Immutable. */
public interface TransactionPart {
    /** Its place in the source's log, with the 64-bit top-level transaction id. */
    Position position();

    /** When the source committed it, by the source's clock. */
    Instant committedAt();

    /** Bytes of its changes in the journal; the cost estimate of applying it. */
    long bytes();

    /** A new walk over its changes, in source order, without those of aborted subtransactions. */
    ChangeCursor changes();
}
