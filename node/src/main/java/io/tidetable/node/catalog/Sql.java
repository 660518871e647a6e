package io.tidetable.node.catalog;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;

/** Statements that are made up from a catalog. */
final class Sql {
    private Sql() {}

    /** A text as SQL takes it, whatever standard_conforming_strings says. */
    static String literal(String text) {
        String doubled = text.replace("'", "''");
        return text.contains("\\")
                ? "E'" + doubled.replace("\\", "\\\\") + "'"
                : "'" + doubled + "'";
    }

    static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute(sql);
        }
    }

    /**
     * Executes in the open transaction; a failure takes back the statement only.
     *
     * @throws SQLException what the statement failed with
     */
    static void attempt(Connection connection, String sql) throws SQLException {
        Savepoint before = connection.setSavepoint();
        try {
            execute(connection, sql);
            connection.releaseSavepoint(before);
        } catch (SQLException e) {
            connection.rollback(before);
            throw e;
        }
    }

    /** Whether the session is gone or going, which no other statement on it would survive. */
    static boolean isConnectionLost(SQLException failure) {
        String state = String.valueOf(failure.getSQLState());
        return state.startsWith("08") || state.startsWith("57P");
    }

    /**
     * Whether it is the session's or the whole server's trouble, and no object's: the same may
     * succeed once that is over.
     */
    static boolean isTroubleOfServer(SQLException failure) {
        String state = String.valueOf(failure.getSQLState());
        return isConnectionLost(failure)
                || state.startsWith("40")
                || state.startsWith("57")
                || switch (state) {
                    // Read-only, disk full, lock not had, input or output failed.
                    case "25006", "53100", "55P03", "58030" -> true;
                    default -> false;
                };
    }

    /** The server's own words of a failure, on one line. */
    static String words(SQLException failure) {
        String message = failure.getMessage();
        if (failure instanceof org.postgresql.util.PSQLException postgres
                && postgres.getServerErrorMessage() != null
                && postgres.getServerErrorMessage().getMessage() != null) {
            message = postgres.getServerErrorMessage().getMessage();
        }
        return String.valueOf(message).replace('\n', ' ').strip();
    }
}
