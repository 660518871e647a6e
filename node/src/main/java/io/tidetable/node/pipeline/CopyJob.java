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
    private volatile @Nullable TableCopy copy;
    private volatile @Nullable CopyEstimate seen;
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
        TableCopy known = copy;
        if (known == null) {
            known = planner.plan();
            copy = known;
        }
        return known;
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

    /** Whoever works on it says how far it has come. */
    void look() {
        TableCopy known = copy;
        if (known != null) {
            seen = known.estimate();
        }
    }

    /**
     * How far it had come when somebody last worked on it; null before it was planned. Waits for
     * nobody: the status asks it of thousands of tables.
     */
    @Nullable CopyEstimate estimate() {
        return seen;
    }

    /** Lets its snapshot go; what is left is copied under another. */
    synchronized void letGo() {
        TableCopy known = copy;
        if (known != null) {
            known.close();
        }
    }

    /** Ends it, without having copied all. */
    synchronized void close() {
        ended = true;
        letGo();
    }
}
