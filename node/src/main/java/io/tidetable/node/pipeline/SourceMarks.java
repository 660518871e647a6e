package io.tidetable.node.pipeline;

import io.tidetable.model.Lsn;
import io.tidetable.model.TidetableException;
import io.tidetable.node.postgres.Database;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** Positions of the source, and commits without changes that let tracks pass them. */
final class SourceMarks {
    private static final String POSITION = "SELECT pg_current_wal_insert_lsn()::text";
    private static final String MARK = "SELECT pg_logical_emit_message(true, 'tidetable', 'mark')";

    private final Database source;

    SourceMarks(Database source) {
        this.source = source;
    }

    /**
     * Where the source stands, marked: something is committed behind it, or the tracks might never
     * pass it.
     *
     * @throws TidetableException TT-203 where the source does not answer
     */
    Lsn position() {
        return atSource(statement -> {
            Lsn position;
            try (ResultSet row = statement.executeQuery(POSITION)) {
                row.next();
                position = Lsn.parse(row.getString(1));
            }
            statement.execute(MARK);
            return position;
        });
    }

    /** Commits something that changes no table. */
    void mark() {
        atSource(it -> it.execute(MARK));
    }

    private interface Action<T> {
        T with(Statement statement) throws SQLException;
    }

    private <T> T atSource(Action<T> action) {
        try (Connection connection = source.connect("tidetable position");
                Statement statement = connection.createStatement()) {
            return action.with(statement);
        } catch (SQLException e) {
            throw new TidetableException(
                    "TT-203", "the source did not answer: " + e.getMessage(), e);
        }
    }
}
