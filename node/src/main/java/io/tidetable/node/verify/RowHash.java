package io.tidetable.node.verify;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * A 64-bit hash of a text that two servers compute alike, in two independent kinds. PostgreSQL's
 * own extended text hash where both servers agree on it; halves of MD5 where they do not, as
 * between byte orders or database encodings.
 */
public enum RowHash {
    EXTENDED {
        @Override
        String of(String text, Kind kind) {
            long seed =
                    switch (kind) {
                        case FIRST -> 0L;
                        case SECOND -> 7_046_029_254_386_353_131L;
                    };
            return "pg_catalog.hashtextextended(%s COLLATE \"C\", %d)".formatted(text, seed);
        }
    },
    MD5 {
        @Override
        String of(String text, Kind kind) {
            int place =
                    switch (kind) {
                        case FIRST -> 1;
                        case SECOND -> 17;
                    };
            return "('x' || pg_catalog.substr(pg_catalog.md5(pg_catalog.convert_to(%s, 'UTF8')), %d, 16))::bit(64)::bigint"
                    .formatted(text, place);
        }
    };

    /** Texts of all lengths modulo twelve, plain and beyond ASCII, hashed and encoded. */
    private static final String PROBE =
            """
            SELECT pg_catalog.current_setting('server_encoding') || pg_catalog.string_agg(
                pg_catalog.hashtextextended((pg_catalog.repeat('tide', n) || n) COLLATE "C", n)::text,
                ',' ORDER BY n)
            FROM pg_catalog.generate_series(0, 24) n
            """;

    /** Which of the two hashes. */
    enum Kind {
        FIRST,
        SECOND
    }

    /** The hash as an SQL expression over a text. */
    abstract String of(String text, Kind kind);

    /** The fastest hash that both servers compute alike. */
    public static RowHash agreedOn(Connection source, Connection destination) throws SQLException {
        return probe(source).equals(probe(destination)) ? EXTENDED : MD5;
    }

    private static String probe(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(PROBE)) {
            row.next();
            return row.getString(1);
        }
    }
}
