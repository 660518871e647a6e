package io.tidetable.node.pipeline;

import io.tidetable.model.TableId;
import io.tidetable.node.lane.Lane;
import io.tidetable.node.lane.LaneTable;
import java.sql.SQLException;
import java.util.List;

/** What workers ask of the destination whose lanes they work on. */
interface LaneControl {
    /** The lanes that carry the table: one, or its key lanes. */
    List<Lane> lanesOf(TableId table);

    /** Something changed for the table: its lanes are looked at again. */
    void wake(TableId table);

    /** The lane is looked at again. */
    void wake(Lane lane);

    /**
     * Lets a lane, whose lock the caller holds, skip to what comes next: a merge makes good what it
     * leaves out. The caller is about to merge one of its tables; the others come to be merged, or
     * stop, too.
     *
     * @param reason why it cannot go on as it is
     */
    void skipToEnd(Lane lane, LaneTable merged, String reason) throws SQLException;

    /** The copy is over, or stopped: another may begin. */
    void copyEnded(CopyJob job);

    /** Builds what is better built once a table's rows are there, where the table is ours. */
    void complete(TableId table) throws SQLException;

    /** The lane's tables can only go on after a diff-merge. */
    void mergeAll(Lane lane, String reason);
}
