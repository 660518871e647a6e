package io.tidetable.node.lane;

import io.tidetable.model.Lsn;
import io.tidetable.model.Position;
import io.tidetable.node.postgres.SourceSnapshot;

/**
 * Where a table's copy ends and its changes begin: a change belongs to the copied rows already if
 * its transaction was visible in the copy's snapshot, and must be applied if it was not.
 *
 * <p>Where a copy had to go on under a second snapshot, the oldest decides what is replayed, and
 * until the newest is passed some replayed changes are in the rows already: they are applied as
 * upserts, which mends both cases.
 *
 * @param oldest snapshot of the copy's first chunk
 * @param newestHorizon position beyond which no transaction was visible to any chunk
 * @param mend whether more than one snapshot was used
 */
record CopyBoundary(SourceSnapshot oldest, Lsn newestHorizon, boolean mend) {
    /** Whether the copy holds everything the transaction did. */
    boolean covers(Position transaction) {
        return oldest.sees(transaction.xid());
    }

    /** Whether the rule is still needed for a lane that stands there. */
    boolean matters(Position progress) {
        return newestHorizon.isAfter(progress.commitEnd());
    }
}
