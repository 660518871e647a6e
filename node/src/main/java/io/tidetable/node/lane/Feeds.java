package io.tidetable.node.lane;

import io.tidetable.model.Lsn;
import io.tidetable.node.journal.TransactionFeed;
import java.util.List;

/** Puts the feeds of a lane's tracks together. */
public final class Feeds {
    private Feeds() {}

    /** One feed over all of them, in commit order, with whole transactions. */
    public static TransactionFeed inCommitOrder(List<TransactionFeed> feeds) {
        return feeds.stream().reduce(MergedFeed::new).orElseThrow();
    }

    /** What tables have on one track up to the turn, and on another one beyond it. */
    public static TransactionFeed turning(TransactionFeed before, TransactionFeed after, Lsn turn) {
        return new TurningFeed(before, after, turn);
    }
}
