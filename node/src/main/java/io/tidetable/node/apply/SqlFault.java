package io.tidetable.node.apply;

import java.sql.SQLException;

/** Whose fault an error of the destination is, which decides what may be done about it. */
enum SqlFault {
    /** A row's: it cannot stand in the table as it is. */
    ROW,
    /** Nobody's: the same may succeed in a moment. */
    RETRY,
    /** The session is gone, or cannot be trusted. */
    CONNECTION,
    /** The table's, its types' or its rights': no row of it can be written. */
    TABLE;

    static SqlFault of(SQLException error) {
        String state = error.getSQLState();
        if (state == null || state.length() != 5) {
            return TABLE;
        }
        return switch (state) {
            case "57P01", "57P02", "57P03", "57P05", "25P03", "25P04" -> CONNECTION;
            case "55P03", "55006", "25006" -> RETRY;
            case "P0001" -> ROW;
            default ->
                    switch (state.substring(0, 2)) {
                        case "08" -> CONNECTION;
                        case "40", "53", "57", "58" -> RETRY;
                        case "22", "23", "44", "54" -> ROW;
                        default -> TABLE;
                    };
        };
    }

    /** Whether what we remember of the destination's tables may be out of date. */
    static boolean tellsOfChangedTable(SQLException error) {
        String state = error.getSQLState();
        return state != null
                && (state.equals("42P01")
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
