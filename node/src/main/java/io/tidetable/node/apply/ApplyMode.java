package io.tidetable.node.apply;

/** What a change may expect to find at the destination. */
public enum ApplyMode {
    /** The destination's rows are those of the lane's progress: every change must fit. */
    NORMAL,
    /**
     * The destination's rows come from copies that may be older or newer than the lane's progress:
     * inserts and updates write the row whether it is there or not, missing rows are no error.
     */
    MEND
}
