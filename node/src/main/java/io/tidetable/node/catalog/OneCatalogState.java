package io.tidetable.node.catalog;

import java.sql.Connection;
import java.sql.SQLException;

/** Several catalog queries that see one state: a read-only transaction around them. */
final class OneCatalogState {
    private OneCatalogState() {}

    /** Queries and what is made of them. */
    @FunctionalInterface
    interface Queries<T> {
        T run() throws SQLException;
    }

    /** Runs them in the transaction that is open, or in one of their own. */
    static <T> T read(Connection connection, Queries<T> queries) throws SQLException {
        if (!connection.getAutoCommit()) {
            return queries.run();
        }
        int isolation = connection.getTransactionIsolation();
        connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        connection.setReadOnly(true);
        connection.setAutoCommit(false);
        try {
            T result = queries.run();
            connection.commit();
            return result;
        } catch (SQLException e) {
            connection.rollback();
            throw e;
        } finally {
            connection.setAutoCommit(true);
            connection.setReadOnly(false);
            connection.setTransactionIsolation(isolation);
        }
    }
}
