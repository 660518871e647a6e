package io.tidetable.node.destination;

import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Primary keys that were taken off tables of ours while these are filled: building an index over
 * rows that are there costs far less than keeping one up while they come. Which key a table is owed
 * stands in {@code tidetable.replicated_table.taken_key} and changes in the transaction that takes
 * or gives it back.
 */
public final class TakenKeys {
    private static final Logger LOG = LoggerFactory.getLogger(TakenKeys.class);
    private static final String UNIQUE_VIOLATION = "23505";

    /**
     * The key of a table that we made, where it is the only index and nothing else can rely on it.
     */
    private static final String KEY =
            """
            SELECT con.conname, pg_catalog.pg_get_constraintdef(con.oid) AS definition
            FROM tidetable.replicated_table r
                JOIN pg_catalog.pg_namespace n ON n.nspname = r.namespace
                JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = r.name
                JOIN pg_catalog.pg_constraint con ON con.conrelid = c.oid AND con.contype = 'p'
            WHERE r.pipeline = ? AND r.namespace = ? AND r.name = ?
                AND r.created_here AND r.taken_key IS NULL
                AND c.relkind = 'r' AND NOT c.relispartition AND c.relreplident = 'd'
                AND NOT con.condeferrable
                AND (SELECT count(*) FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid) = 1
                AND CASE WHEN c.relhastriggers THEN NOT EXISTS (
                    SELECT FROM pg_catalog.pg_constraint f
                    WHERE f.contype = 'f' AND f.confrelid = c.oid) ELSE true END
            """;

    /** The statement that gives a key back, and whether there is a table that lacks one. */
    private static final String TAKEN =
            """
            SELECT r.taken_key, EXISTS (SELECT FROM pg_catalog.pg_class c
                    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname = r.namespace AND c.relname = r.name AND NOT EXISTS (
                    SELECT FROM pg_catalog.pg_constraint p
                    WHERE p.conrelid = c.oid AND p.contype = 'p')) AS lacking
            FROM tidetable.replicated_table r
            WHERE r.pipeline = ? AND r.namespace = ? AND r.name = ? AND r.taken_key IS NOT NULL
            FOR UPDATE OF r
            """;

    private static final String NOTE =
            """
            UPDATE tidetable.replicated_table SET taken_key = ?
            WHERE pipeline = ? AND namespace = ? AND name = ?
            """;

    private static final String ALL_TAKEN =
            """
            SELECT namespace, name FROM tidetable.replicated_table
            WHERE pipeline = ? AND taken_key IS NOT NULL
            """;

    private final String pipeline;

    public TakenKeys(String pipeline) {
        this.pipeline = pipeline;
    }

    /**
     * Takes the table's key off, where that is ours to do and its lock is had soon.
     *
     * @param destination within the caller's transaction
     * @return whether it was taken
     */
    public boolean take(Connection destination, TableId table) throws SQLException {
        String name;
        String definition;
        try (PreparedStatement statement = destination.prepareStatement(KEY)) {
            named(statement, 1, table);
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    return false;
                }
                name = TableId.quote(row.getString("conname"));
                definition = row.getString("definition");
            }
        }
        Savepoint before = destination.setSavepoint();
        try (Statement statement = destination.createStatement()) {
            statement.execute("SET LOCAL lock_timeout = '2s'");
            statement.execute("ALTER TABLE %s DROP CONSTRAINT %s".formatted(table.quoted(), name));
            statement.execute("SET LOCAL lock_timeout = 0");
        } catch (SQLException e) {
            destination.rollback(before);
            LOG.info("table {} keeps its key while it is copied: {}", table, e.getMessage());
            return false;
        }
        note(
                destination,
                table,
                "ALTER TABLE %s ADD CONSTRAINT %s %s".formatted(table.quoted(), name, definition));
        return true;
    }

    /**
     * Gives the table back the key that was taken, if one was. Takes as long as building its index,
     * and whoever reads the table waits for that.
     *
     * @param destination within the caller's transaction
     * @throws TidetableException TT-508 when rows of it share a key
     * @throws SQLException also when the table's lock is not had soon
     */
    public void giveBack(Connection destination, TableId table) throws SQLException {
        try (PreparedStatement statement = destination.prepareStatement(TAKEN)) {
            named(statement, 1, table);
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    return;
                }
                if (row.getBoolean("lacking")) {
                    add(destination, table, row.getString("taken_key"));
                }
            }
        }
        note(destination, table, null);
    }

    private static void add(Connection destination, TableId table, String key) throws SQLException {
        try (Statement statement = destination.createStatement()) {
            statement.execute("SET LOCAL lock_timeout = '2s'");
            statement.execute(key);
            statement.execute("SET LOCAL lock_timeout = 0");
        } catch (SQLException e) {
            if (UNIQUE_VIOLATION.equals(e.getSQLState())) {
                throw new TidetableException(
                        "TT-508",
                        "rows of table %s of the destination share a key, which those of the source do not: %s; remove what else was written there, then resume the table"
                                .formatted(table, e.getMessage()),
                        e);
            }
            throw e;
        }
    }

    /**
     * Gives all tables of the pipeline their keys back, as far as that can be done now.
     *
     * @param destination not in autocommit mode; each table is a transaction
     */
    public void giveAllBack(Connection destination) throws SQLException {
        List<TableId> tables = new ArrayList<>();
        try (PreparedStatement statement = destination.prepareStatement(ALL_TAKEN)) {
            statement.setString(1, pipeline);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    tables.add(new TableId(rows.getString(1), rows.getString(2)));
                }
            }
        }
        for (TableId table : tables) {
            LOG.info("table {} gets its key back before its copy goes on", table);
            try {
                giveBack(destination, table);
                destination.commit();
            } catch (TidetableException e) {
                destination.rollback();
                LOG.warn("table {} has no key for now: {}", table, e.line());
            } catch (SQLException e) {
                destination.rollback();
                LOG.warn("table {} has no key for now: {}", table, e.getMessage());
            }
        }
    }

    private void note(Connection destination, TableId table, @Nullable String key)
            throws SQLException {
        try (PreparedStatement statement = destination.prepareStatement(NOTE)) {
            statement.setString(1, key);
            named(statement, 2, table).executeUpdate();
        }
    }

    private PreparedStatement named(PreparedStatement statement, int first, TableId table)
            throws SQLException {
        statement.setString(first, pipeline);
        statement.setString(first + 1, table.namespace());
        statement.setString(first + 2, table.name());
        return statement;
    }
}
