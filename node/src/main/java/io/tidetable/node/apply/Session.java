package io.tidetable.node.apply;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;

/**
 * What the writers of one destination session share. Not thread-safe.
 *
 * @param connection with autocommit off
 */
record Session(
        Connection connection,
        ApplySettings settings,
        TablePlanner planner,
        StagePool stages,
        TableEmptier emptier) {

    static Session on(Connection connection, ApplySettings settings, SourceTypes types) {
        return new Session(
                connection,
                settings,
                new TablePlanner(connection, new TargetCatalog(connection), types, settings),
                new StagePool(connection),
                new TableEmptier(connection, settings));
    }

    long execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            return statement.executeLargeUpdate(sql);
        }
    }

    /** Work that is to be undone as a whole where it fails. */
    @FunctionalInterface
    interface Attempt {
        void run() throws SQLException;
    }

    /**
     * Does it; where the destination refuses, its effects are taken back before the error goes on.
     */
    void inSavepoint(Attempt attempt) throws SQLException {
        Savepoint before = connection.setSavepoint();
        try {
            attempt.run();
            connection.releaseSavepoint(before);
        } catch (SQLException e) {
            if (SqlFault.of(e) != SqlFault.CONNECTION) {
                connection.rollback(before);
                connection.releaseSavepoint(before);
            }
            throw e;
        }
    }

    void commit() throws SQLException {
        connection.commit();
        stages.committed();
    }

    void rollback() throws SQLException {
        stages.rolledBack();
        connection.rollback();
    }
}
