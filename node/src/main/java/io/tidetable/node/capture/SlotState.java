package io.tidetable.node.capture;

import io.tidetable.model.Lsn;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What the source says about one replication slot.
 *
 * @param confirmedFlush commits that begin below this are never sent again
 * @param walStatus PostgreSQL's word: reserved, extended, unreserved or lost
 * @param unusable why nothing can be read from it any more, if so
 * @param activePid the walsender that reads it now
 * @param heldBackBytes log that the source keeps for it
 */
public record SlotState(
        String name,
        Lsn confirmedFlush,
        String walStatus,
        Optional<String> unusable,
        OptionalInt activePid,
        long heldBackBytes) {}
