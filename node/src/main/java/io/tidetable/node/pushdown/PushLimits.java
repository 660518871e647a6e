package io.tidetable.node.pushdown;

import io.tidetable.model.TableId;
import io.tidetable.node.functional.RowCondition;
import io.tidetable.node.functional.TableNeed;
import io.tidetable.node.postgres.TextArrays;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * How little a publication may carry of a table. PostgreSQL refuses the <em>application's</em>
 * updates and deletes of it where a filter looks at a column outside the replica identity, or a
 * column list lacks one of it; so it is asked for nothing of the kind, here or at any partition.
 */
public final class PushLimits {
    /**
     * Types whose comparisons are built in, immutable and the same for us: bool, int8, int2, int4,
     * text, varchar, date, timestamp, timestamptz, numeric, uuid. What is made by users, domains
     * too, PostgreSQL takes in no filter.
     */
    private static final String LIMITS =
            """
            WITH wanted AS (
                SELECT c.oid AS root, n.nspname, c.relname
                FROM unnest(?::text[], ?::text[]) AS w (namespace, name)
                JOIN pg_catalog.pg_namespace n ON n.nspname = w.namespace
                JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.name
            ), member AS (
                SELECT root, nspname, relname, root AS relation FROM wanted
                UNION
                SELECT root, nspname, relname, t.relid
                FROM wanted, pg_catalog.pg_partition_tree(root) t
            )
            SELECT m.nspname, m.relname, a.attname,
                bool_or(a.attgenerated = '') AS stored,
                bool_or(c.relreplident = 'f') AS everything_names,
                bool_or(i.indexrelid IS NOT NULL AND a.attnum = ANY (
                    (i.indkey::int2[])[0:i.indnkeyatts - 1])) AS names,
                -- A partition to come names its rows by its key, whatever the others do.
                bool_and((c.relreplident = 'f' AND NOT (c.relkind = 'p' AND m.relation = m.root)) OR (i.indexrelid IS NOT NULL AND a.attnum = ANY (
                    (i.indkey::int2[])[0:i.indnkeyatts - 1]))) AS names_everywhere,
                bool_and(a.attgenerated = '' AND a.attcollation < 16384 AND a.atttypid IN
                    (16, 20, 21, 23, 25, 1043, 1082, 1114, 1184, 1700, 2950)) AS comparable
            FROM member m
            JOIN pg_catalog.pg_class c ON c.oid = m.relation
            JOIN pg_catalog.pg_attribute a ON a.attrelid = m.relation
                AND a.attnum > 0 AND NOT a.attisdropped
            LEFT JOIN pg_catalog.pg_index i ON i.indrelid = c.oid
                AND i.indisvalid AND i.indimmediate AND i.indisunique
                AND ((c.relreplident = 'd' AND i.indisprimary)
                    OR (c.relreplident = 'i' AND i.indisreplident))
            GROUP BY m.nspname, m.relname, a.attname
            """;

    /** Characters of a filter; one that is longer is applied at our side. */
    private static final int LONGEST_FILTER = 2000;

    private final TreeSet<String> stored = new TreeSet<>();
    private final TreeSet<String> names = new TreeSet<>();
    private final TreeSet<String> filterable = new TreeSet<>();
    private boolean everythingNames;

    private PushLimits() {}

    /** The limits of tables as they are now; those that are gone are left out. */
    public static Map<TableId, PushLimits> read(Connection source, Collection<TableId> tables)
            throws SQLException {
        Map<TableId, PushLimits> limits = new TreeMap<>();
        try (PreparedStatement statement = source.prepareStatement(LIMITS)) {
            TextArrays.setNames(statement, 1, tables);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    limits.computeIfAbsent(
                                    new TableId(row.getString(1), row.getString(2)),
                                    _ -> new PushLimits())
                            .add(row);
                }
            }
        }
        return limits;
    }

    private void add(ResultSet row) throws SQLException {
        String column = row.getString("attname");
        if (row.getBoolean("stored")) {
            stored.add(column);
        }
        everythingNames |= row.getBoolean("everything_names");
        if (row.getBoolean("names")) {
            names.add(column);
        }
        if (row.getBoolean("names_everywhere") && row.getBoolean("comparable")) {
            filterable.add(column);
        }
    }

    /** The least that may be carried where so much is needed. */
    public TableNeed allowed(TableNeed need) {
        return new TableNeed(columns(need), rows(need));
    }

    private @Nullable SortedSet<String> columns(TableNeed need) {
        SortedSet<String> needed = need.columns();
        // Where the whole row names a row, no column may be left out.
        if (needed == null || everythingNames || names.isEmpty()) {
            return null;
        }
        TreeSet<String> columns = new TreeSet<>(needed);
        columns.retainAll(stored);
        columns.addAll(names);
        return columns.containsAll(stored) ? null : columns;
    }

    private RowCondition rows(TableNeed need) {
        RowCondition rows = need.rows().plain().weakened(filterable::contains);
        // A long one costs the source more, for each change, than it spares.
        return rows.sql().length() > LONGEST_FILTER ? RowCondition.always() : rows;
    }

    /** What is needed without columns that are not there any more. */
    public TableNeed existing(TableNeed need) {
        SortedSet<String> needed = need.columns();
        if (needed == null) {
            return need;
        }
        TreeSet<String> columns = new TreeSet<>(needed);
        columns.retainAll(stored);
        return new TableNeed(columns, need.rows());
    }

    /** Columns at which a filter may not look. */
    public Set<String> unfilterable(TableNeed need) {
        Set<String> columns = new TreeSet<>(need.rows().columns());
        columns.removeAll(filterable);
        return columns;
    }
}
