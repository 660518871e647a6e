package io.tidetable.node.merge;

import java.sql.Connection;
import java.sql.SQLException;

/** Asked after each batch of a merge was written: whether to commit it already. */
@FunctionalInterface
public interface MergeCommit {
    /** The whole merge is one transaction of the caller's. */
    MergeCommit AT_THE_END = destination -> {};

    /**
     * Called with a batch written and not committed. May commit, with whatever else belongs to that
     * commit; the merge goes on in the next transaction.
     */
    void batchWritten(Connection destination) throws SQLException;
}
