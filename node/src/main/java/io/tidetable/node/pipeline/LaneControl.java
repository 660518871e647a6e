package io.tidetable.node.pipeline;

import io.tidetable.model.TableId;
import io.tidetable.node.lane.Lane;
import java.util.List;

/** What workers ask of the destination whose lanes they work on. */
interface LaneControl {
    /** The lanes that carry the table: one, or its key lanes. */
    List<Lane> lanesOf(TableId table);

    /** Something changed for the table: its lanes are looked at again. */
    void wake(TableId table);

    /** The lane is looked at again. */
    void wake(Lane lane);

    /** The lane's tables can only go on after a diff-merge. */
    void mergeAll(Lane lane, String reason);
}
