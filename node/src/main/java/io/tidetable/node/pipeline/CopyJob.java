package io.tidetable.node.pipeline;

import io.tidetable.model.TableId;
import io.tidetable.node.copy.CopyEstimate;
import io.tidetable.node.copy.TableCopy;
import io.tidetable.node.lane.LaneTable;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** One table's first copy, as several appliers work on it. Thread-safe. */
final class CopyJob {
    private final LaneTable table;
    private @Nullable TableCopy copy;
    private boolean ended;

    CopyJob(LaneTable table) {
        this.table = table;
    }

    LaneTable laneTable() {
        return table;
    }

    TableId table() {
        return table.table();
    }

    /** Where a copy comes from that has not begun. */
    interface Planner {
        TableCopy plan() throws SQLException;
    }

    /** The copy, planned by the first who asks. */
    synchronized TableCopy begun(Planner planner) throws SQLException {
        if (copy == null) {
            copy = planner.plan();
        }
        return copy;
    }

    /** Whether the caller is the one who ends it. */
    synchronized boolean end() {
        boolean first = !ended;
        ended = true;
        return first;
    }

    /** It turned out not to be over. */
    synchronized void reopen() {
        ended = false;
    }

    synchronized boolean hasEnded() {
        return ended;
    }

    /** How far it has come; null before it was planned. */
    synchronized @Nullable CopyEstimate estimate() {
        return copy == null ? null : copy.estimate();
    }

    /** Lets its snapshot go; what is left is copied under another. */
    synchronized void letGo() {
        if (copy != null) {
            copy.close();
        }
    }

    /** Ends it, without having copied all. */
    synchronized void close() {
        ended = true;
        letGo();
    }
}
