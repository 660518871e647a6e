package io.tidetable.node.capture;

import io.tidetable.model.Lsn;
import io.tidetable.node.postgres.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A time without streaming, because open transactions were too large for the journal: the source
 * keeps them on its own disk until they commit. Over once they all have ended and everything up to
 * there was read.
 */
final class Spill {
    /** An id that is too old for PostgreSQL to know is not running either. */
    private static final String RUNNING =
            """
            SELECT count(*) FILTER (
                    WHERE pg_catalog.pg_xact_status(x::text::xid8) = 'in progress'),
                pg_catalog.pg_current_wal_insert_lsn()::text
            FROM unnest(?::bigint[]) x
            """;

    private final Set<Long> transactions;
    private final String reason;
    private @Nullable Lsn end;

    Spill(Set<Long> transactions, String reason) {
        this.transactions = Set.copyOf(transactions);
        this.reason = reason;
    }

    /** A sentence for people. */
    String reason() {
        return reason;
    }

    /**
     * Looks whether it is over.
     *
     * @param read every commit up to here was read
     */
    boolean over(Database source, Lsn read) throws SQLException {
        if (end == null) {
            end = endIfNoneRuns(source);
        }
        return end != null && read.isAtOrAfter(end);
    }

    private @Nullable Lsn endIfNoneRuns(Database source) throws SQLException {
        try (Connection connection = source.connect("tidetable capture");
                PreparedStatement statement = connection.prepareStatement(RUNNING)) {
            statement.setArray(1, connection.createArrayOf("bigint", transactions.toArray()));
            try (ResultSet rows = statement.executeQuery()) {
                rows.next();
                return rows.getLong(1) == 0 ? Lsn.parse(rows.getString(2)) : null;
            }
        }
    }
}
