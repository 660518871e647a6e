package io.tidetable.node.functional;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The queries that somebody runs at a destination, as pg_stat_statements has them. Their constants
 * are gone from there, so they tell columns and few conditions.
 */
public final class DestinationQueries {
    private static final String VIEW =
            """
            SELECT pg_catalog.quote_ident(n.nspname) || '.pg_stat_statements'
            FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
            WHERE e.extname = 'pg_stat_statements'
            """;

    private DestinationQueries() {}

    /**
     * The queries that were run; empty where the extension is not there.
     *
     * @param role who ran them; null for everybody
     * @param mark a text that they contain, such as the comment by which an application marks its
     *     own; null for none. PostgreSQL does not keep the application's name
     */
    public static Optional<List<String>> read(
            Connection destination, @Nullable String role, @Nullable String mark)
            throws SQLException {
        String view;
        try (Statement statement = destination.createStatement();
                ResultSet row = statement.executeQuery(VIEW)) {
            if (!row.next()) {
                return Optional.empty();
            }
            view = row.getString(1);
        }
        List<String> queries = new ArrayList<>();
        String sql =
                """
                SELECT DISTINCT s.query FROM %s s
                    JOIN pg_catalog.pg_roles r ON r.oid = s.userid
                    JOIN pg_catalog.pg_database d ON d.oid = s.dbid
                WHERE d.datname = pg_catalog.current_database()
                    AND r.rolname = coalesce(?, r.rolname)
                    AND (?::text IS NULL OR pg_catalog.strpos(s.query, ?) > 0)
                """
                        .formatted(view);
        try (PreparedStatement statement = destination.prepareStatement(sql)) {
            statement.setString(1, role);
            statement.setString(2, mark);
            statement.setString(3, mark);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    queries.add(row.getString(1));
                }
            }
        }
        return Optional.of(queries);
    }
}
