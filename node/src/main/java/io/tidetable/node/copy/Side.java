package io.tidetable.node.copy;

/** One of the two databases between which a table travels. */
public enum Side {
    SOURCE,
    DESTINATION
}
