package io.tidetable.node.functional;

import io.tidetable.model.TableId;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The tables and views that queries may name.
 *
 * @param columns of each table
 * @param views the query of each view
 * @param searchPath where names without a PostgreSQL schema are looked for, in order
 */
public record KnownTables(
        Map<TableId, List<String>> columns, Map<TableId, String> views, List<String> searchPath) {
    private static final String COLUMNS =
            """
            SELECT n.nspname, c.relname, c.relkind IN ('v', 'm') AS is_view,
                CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(c.oid) END AS query,
                ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
                    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                    ORDER BY a.attnum) AS columns
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition
                AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'tidetable')
                AND n.nspname !~ '^pg_(toast|temp)'
            """;

    /** The database's own, whatever the session has set. */
    private static final String SEARCH_PATH =
            """
            SELECT CASE WHEN name = '$user' THEN current_user ELSE name END AS name
            FROM (SELECT pg_catalog.btrim(part, ' "') AS name, place
                FROM pg_catalog.pg_settings,
                    pg_catalog.regexp_split_to_table(reset_val, ',') WITH ORDINALITY AS p (part, place)
                WHERE pg_settings.name = 'search_path') entry
            ORDER BY place
            """;

    public KnownTables {
        columns = Map.copyOf(columns);
        views = Map.copyOf(views);
        searchPath = List.copyOf(searchPath);
    }

    /** What a database has, with its search path. */
    public static KnownTables read(Connection connection) throws SQLException {
        Map<TableId, List<String>> columns = new TreeMap<>();
        Map<TableId, String> views = new HashMap<>();
        List<String> path = new ArrayList<>();
        try (Statement statement = connection.createStatement()) {
            try (ResultSet row = statement.executeQuery(COLUMNS)) {
                while (row.next()) {
                    TableId name = new TableId(row.getString("nspname"), row.getString("relname"));
                    if (row.getBoolean("is_view")) {
                        views.put(name, row.getString("query"));
                    } else {
                        columns.put(name, List.of((String[]) row.getArray("columns").getArray()));
                    }
                }
            }
            try (ResultSet row = statement.executeQuery(SEARCH_PATH)) {
                while (row.next()) {
                    path.add(row.getString(1));
                }
            }
        }
        return new KnownTables(columns, views, path);
    }

    /** The table or view that a query means. */
    Optional<TableId> resolve(@Nullable String namespace, String name) {
        if (namespace != null) {
            return Optional.of(new TableId(namespace, name)).filter(this::isKnown);
        }
        return searchPath.stream()
                .map(place -> new TableId(place, name))
                .filter(this::isKnown)
                .findFirst();
    }

    private boolean isKnown(TableId table) {
        return columns.containsKey(table) || views.containsKey(table);
    }
}
