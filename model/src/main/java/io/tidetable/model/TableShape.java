package io.tidetable.model;

import java.util.List;

/**
 * A table's columns and identity at one time, as the change stream announced them: what is needed
 * to read rows of that time.
 *
 * @param relationOid the source's OID of the table
 */
public record TableShape(
        TableId table, int relationOid, ReplicaIdentity identity, List<Column> columns) {
    public TableShape {
        columns = List.copyOf(columns);
    }
}
