package io.tidetable.node.catalog;

/** What happens at a destination when a table's columns change at the source. */
public enum ShapePolicy {
    /** The destination's table follows. */
    EVOLVE,
    /** The table stops until somebody looks. */
    PAUSE,
    /** The destination's table stays as it is; what it has no column for is left out. */
    IGNORE
}
