package io.tidetable.node.functional;

import io.tidetable.model.TableId;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Functions that are declared in the source's comments: {@code COMMENT ON TABLE .. IS
 * '@function(name)'} means that the function needs the whole table, on a column that it needs the
 * column.
 */
public final class FunctionTags {
    private static final Pattern TAG = Pattern.compile("@function\\(\\s*([^()\\s][^()]*?)\\s*\\)");

    private static final String COMMENTS =
            """
            SELECT n.nspname, c.relname, a.attname, d.description
            FROM pg_catalog.pg_description d
                JOIN pg_catalog.pg_class c ON c.oid = d.objoid
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid
                    AND d.objsubid > 0 AND NOT a.attisdropped
            WHERE d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
                AND c.relkind IN ('r', 'p') AND d.description LIKE '%@function(%'
            """;

    private FunctionTags() {}

    /** The functions that a comment names. */
    public static Set<String> in(@Nullable String comment) {
        Set<String> names = new TreeSet<>();
        if (comment != null) {
            Matcher matcher = TAG.matcher(comment);
            while (matcher.find()) {
                names.add(matcher.group(1));
            }
        }
        return names;
    }

    /** What each function needs by the source's comments. */
    public static Map<String, Map<TableId, TableNeed>> read(Connection source) throws SQLException {
        Map<String, Map<TableId, TableNeed>> functions = new TreeMap<>();
        try (Statement statement = source.createStatement();
                ResultSet row = statement.executeQuery(COMMENTS)) {
            while (row.next()) {
                TableId table = new TableId(row.getString("nspname"), row.getString("relname"));
                String column = row.getString("attname");
                TableNeed need =
                        column == null ? TableNeed.EVERYTHING : TableNeed.ofColumns(Set.of(column));
                for (String name : in(row.getString("description"))) {
                    functions
                            .computeIfAbsent(name, _ -> new TreeMap<>())
                            .merge(table, need, TableNeed::with);
                }
            }
        }
        return functions;
    }
}
