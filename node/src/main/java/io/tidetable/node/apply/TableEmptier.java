package io.tidetable.node.apply;

import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;

/**
 * Carries out a TRUNCATE without touching other tables and without making readers wait long: where
 * another table references this one, or its lock cannot be had soon, all rows are deleted instead.
 */
final class TableEmptier {
    private static final int RESTART_IDENTITY = 2;

    private final Connection connection;
    private final ApplySettings settings;

    TableEmptier(Connection connection, ApplySettings settings) {
        this.connection = connection;
        this.settings = settings;
    }

    void empty(TargetTable table, ByteBuffer options) throws SQLException {
        boolean restart =
                options.hasRemaining() && (options.get(options.position()) & RESTART_IDENTITY) != 0;
        if (!table.referenced() && lock(table)) {
            execute(
                    "TRUNCATE %s %s IDENTITY RESTRICT"
                            .formatted(table.only(), restart ? "RESTART" : "CONTINUE"));
            return;
        }
        execute("DELETE FROM " + table.only());
        if (restart) {
            for (String sequence : table.ownedSequences()) {
                execute("ALTER SEQUENCE " + sequence + " RESTART");
            }
        }
    }

    private boolean lock(TargetTable table) throws SQLException {
        Savepoint before = connection.setSavepoint();
        try {
            execute("SET LOCAL lock_timeout = " + settings.truncateLockTimeout().toMillis());
            execute("LOCK TABLE %s IN ACCESS EXCLUSIVE MODE".formatted(table.only()));
            execute("SET LOCAL lock_timeout = " + PostgresApplier.LOCK_PATIENCE.toMillis());
            connection.releaseSavepoint(before);
            return true;
        } catch (SQLException e) {
            if (!"55P03".equals(e.getSQLState()) && !"42501".equals(e.getSQLState())) {
                throw e;
            }
            connection.rollback(before);
            return false;
        }
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
