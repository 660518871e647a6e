package io.tidetable.node.check;

/** How much a finding matters. */
public enum Severity {
    /** Replication must not begin; or not that of a table ({@link Check#setsTablesAside}). */
    ERROR,
    /** It works, and somebody will be surprised one day. */
    WARNING,
    /** Good to know. */
    INFO
}
