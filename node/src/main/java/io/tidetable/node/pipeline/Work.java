package io.tidetable.node.pipeline;

import io.tidetable.node.lane.Lane;
import io.tidetable.node.lane.LaneTable;

/** Something a destination's appliers can be given to do. */
sealed interface Work {
    /** The next batch of a lane. */
    record OfLane(Lane lane) implements Work {}

    /** The next chunk of a table's first copy. */
    record OfCopy(CopyJob copy) implements Work {}

    /**
     * The diff-merge of a table.
     *
     * @param afterGap whether its lanes skipped changes that the merge must make good
     */
    record OfMerge(LaneTable table, boolean afterGap) implements Work {}

    /**
     * What doing it came to.
     *
     * @param bytes moved, for the queue's account
     * @param rows changed or copied
     * @param more whether there is something left to do at once
     * @param retryAfterMillis after how long to look again by itself; 0 for not at all
     */
    record Outcome(long bytes, long rows, boolean more, long retryAfterMillis) {
        static final Outcome NOTHING = new Outcome(0, 0, false, 0);

        static Outcome did(long bytes, long rows, boolean more) {
            return new Outcome(bytes, rows, more, 0);
        }

        static Outcome retryAfter(long millis) {
            return new Outcome(0, 0, false, millis);
        }
    }
}
