package io.tidetable.node.lane;

import io.tidetable.node.postgres.SourceSnapshot;
import java.util.HashSet;
import java.util.Set;

/**
 * Transactions that a lane applied and that may not be visible at the source yet: a commit can be
 * decoded, and applied, before the source shows it to others (it may wait for a synchronous
 * standby). A snapshot that is to stand for the lane's state must see all of them.
 *
 * <p>Thread-safe.
 */
final class AppliedTransactions {
    private final Set<Long> unconfirmed = new HashSet<>();

    synchronized void add(long xid) {
        unconfirmed.add(xid);
    }

    /** Forgets what a snapshot of the source, taken now or before, sees. */
    synchronized void confirm(SourceSnapshot snapshot) {
        unconfirmed.removeIf(snapshot::sees);
    }

    /** Whether the snapshot sees everything the lane has applied. */
    synchronized boolean allVisibleIn(SourceSnapshot snapshot) {
        return unconfirmed.stream().allMatch(snapshot::sees);
    }
}
