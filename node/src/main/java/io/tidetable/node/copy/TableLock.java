package io.tidetable.node.copy;

import io.tidetable.model.TableId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Keeps a table from being truncated or rewritten while it is read. A snapshot does not: after a
 * TRUNCATE that it does not see, it shows the table as empty all the same.
 */
public final class TableLock {
    /** The snapshot's files beside those of now; a catalog function knows only now. */
    private static final String REWRITTEN =
            """
            WITH RECURSIVE tree (oid) AS (
                SELECT c.oid FROM pg_catalog.pg_class c
                    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname = ? AND c.relname = ?
                UNION ALL
                SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN tree ON tree.oid = i.inhparent
            )
            SELECT count(*) FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid
            WHERE c.relkind = 'r' AND c.relfilenode
                IS DISTINCT FROM pg_catalog.pg_relation_filenode(c.oid::pg_catalog.regclass)
            """;

    private TableLock() {}

    /**
     * Locks the table, with its partitions, for as long as the reader's transaction lasts.
     *
     * @param reader within a repeatable read transaction
     * @return false where the table was truncated or rewritten after the reader's snapshot was
     *     taken, so that the snapshot is of no use for it
     */
    public static boolean lock(Connection reader, TableId table) throws SQLException {
        try (Statement statement = reader.createStatement()) {
            statement.execute("LOCK TABLE " + table.quoted() + " IN ACCESS SHARE MODE");
        }
        try (PreparedStatement statement = reader.prepareStatement(REWRITTEN)) {
            statement.setString(1, table.namespace());
            statement.setString(2, table.name());
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getLong(1) == 0;
            }
        }
    }
}
