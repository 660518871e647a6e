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
public record CopyBoundary(SourceSnapshot oldest, Lsn newestHorizon, boolean mend) {
    /** Whether the copy holds everything the transaction did. */
    boolean covers(Position transaction) {
        return reaches(transaction) && oldest.sees(transaction.xid());
    }

    /** Whether some chunk may hold what the transaction did, though the oldest does not. */
    boolean mends(Position transaction) {
        return mend && reaches(transaction);
    }

    private boolean reaches(Position transaction) {
        return newestHorizon.isAtOrAfter(transaction.commitEnd());
    }

    /** Whether a lane that stands there has left the copy behind. */
    boolean isPassedAt(Lsn progress) {
        return progress.isAtOrAfter(newestHorizon);
    }
}
