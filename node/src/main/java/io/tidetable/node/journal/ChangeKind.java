package io.tidetable.node.journal;

/** What happened to a row or a table. */
public enum ChangeKind {
    INSERT,
    UPDATE,
    DELETE,
    TRUNCATE
}
