package io.tidetable.model.status;

/** Where a table stands on its way to one destination. */
public enum TableState {
    /** Known, its copy has not begun. */
    WAITING,
    /** Its rows are being copied; its changes wait in the journal. */
    COPYING,
    /**
     * Copied; changes since the copy are being caught up, readers do not see a consistent state
     * yet.
     */
    CATCHING_UP,
    /** Every change is applied as it comes. */
    STREAMING,
    /** Being compared with the source and mended while it stays readable. */
    MERGING,
    /** Held by an administrator; its changes wait in the journal. */
    PAUSED,
    /**
     * Stopped by an error of its own; its changes wait in the journal. Of one that could not be
     * created there nothing waits: it is copied whole once it is there.
     */
    FAILED
}
