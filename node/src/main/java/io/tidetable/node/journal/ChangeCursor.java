package io.tidetable.node.journal;

import io.tidetable.model.TableShape;
import java.nio.ByteBuffer;

/**
 * Walks over the changes of one transaction in source order. Starts before the first change. Not
 * thread-safe.
 */
public interface ChangeCursor {
    /** Moves to the next change; false at the end. */
    boolean next();

    ChangeKind kind();

    /** The table's shape when the change was made. The same version is the same object. */
    TableShape shape();

    /**
     * The change as pgoutput sent it, after its relation id: {@code 'N' tuple} for an insert,
     * {@code [('K'|'O') tuple] 'N' tuple} for an update, {@code ('K'|'O') tuple} for a delete, and
     * one byte of option bits for a truncate (1 cascade, 2 restart identity). Read-only, positioned
     * at its first byte, and valid as long as it is referenced.
     */
    ByteBuffer payload();
}
