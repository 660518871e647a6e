package io.tidetable.node.apply;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** Whose fault an error of the destination is, which decides what may be done about it. */
public enum SqlFault {
    /** A row's: it cannot stand in the table as it is. */
    ROW,
    /** Nobody's: the same may succeed in a moment. */
    RETRY,
    /** The session is gone, or cannot be trusted. */
    CONNECTION,
    /** The table's, its types' or its rights': no row of it can be written. */
    TABLE;

    /** The state of an error of ours: a table is not as it was when we looked. */
    static final String CHANGED_TABLE = "42P17";

    /** Whose fault it is, by its SQL state. */
    public static SqlFault of(SQLException error) {
        String state = error.getSQLState();
        if (state == null || state.length() != 5) {
            return TABLE;
        }
        return switch (state) {
            // A value that the server could not read, unless it is the driver that complains.
            case "08P01" -> serverError(error) == null ? CONNECTION : TABLE;
            case "57P01", "57P02", "57P03", "57P05", "25P03", "25P04" -> CONNECTION;
            case "55P03", "55006", "25006" -> RETRY;
            case "P0001" -> ROW;
            case "23514" -> isMissingPartition(error) ? TABLE : ROW;
            case "22P02" -> isMissingLabel(error) ? TABLE : ROW;
            default ->
                    switch (state.substring(0, 2)) {
                        case "08" -> CONNECTION;
                        case "40", "53", "57", "58" -> RETRY;
                        case "22", "23", "44", "54" -> ROW;
                        default -> TABLE;
                    };
        };
    }

    /** Whether a row found no partition to stand in: a check violation that names no constraint. */
    static boolean isMissingPartition(SQLException error) {
        ServerErrorMessage server = serverError(error);
        return server != null
                && "23514".equals(server.getSQLState())
                && server.getConstraint() == null;
    }

    /**
     * Whether an enum of the destination lacks a label: the server names the function that read it.
     */
    public static boolean isMissingLabel(SQLException error) {
        ServerErrorMessage server = serverError(error);
        return server != null
                && "22P02".equals(server.getSQLState())
                && String.valueOf(server.getRoutine()).startsWith("enum_");
    }

    /**
     * Whether the server itself refuses what it was given, however often it is tried: a value, a
     * constraint, a name or a right.
     */
    public static boolean isRefusal(SQLException error) {
        ServerErrorMessage server = serverError(error);
        String state = server == null ? null : server.getSQLState();
        return state != null
                && state.length() == 5
                && switch (state.substring(0, 2)) {
                    case "0A", "22", "23", "42", "44", "54", "P0" -> true;
                    default -> false;
                };
    }

    /** What the server said, without the statement and its values. */
    static String message(SQLException error) {
        ServerErrorMessage server = serverError(error);
        return String.valueOf(server == null ? error.getMessage() : server.getMessage());
    }

    /** The same with the detail, which may show values of the row. */
    static String messageAndDetail(SQLException error) {
        ServerErrorMessage server = serverError(error);
        String detail = server == null ? null : server.getDetail();
        return detail == null ? message(error) : message(error) + ": " + detail;
    }

    private static @Nullable ServerErrorMessage serverError(SQLException error) {
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof PSQLException server && server.getServerErrorMessage() != null) {
                return server.getServerErrorMessage();
            }
        }
        return null;
    }

    /** Whether what we remember of the destination's tables may be out of date. */
    static boolean tellsOfChangedTable(SQLException error) {
        String state = error.getSQLState();
        return state != null
                && (state.equals("08P01")
                        || state.equals("42P01")
                        || state.equals(CHANGED_TABLE)
                        || state.equals("42703")
                        || state.equals("42704")
                        || state.equals("42804")
                        || state.equals("42883")
                        || state.equals("42846")
                        || state.equals("428C9")
                        || state.equals("0A000")
                        || state.equals("XX000"));
    }
}
