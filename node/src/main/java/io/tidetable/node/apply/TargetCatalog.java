package io.tidetable.node.apply;

import io.tidetable.model.TableId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is known of a destination's tables: each is read with one query when first needed. */
final class TargetCatalog {
    /** Names, numbers and types of the columns of a table whose OID is given. */
    private static final String SIGNATURE =
            """
            (SELECT coalesce(string_agg(concat_ws(':', x.attnum, x.atttypid, x.attgenerated, x.attname),
                ',' ORDER BY x.attnum), '')
            FROM pg_attribute x WHERE x.attrelid = %s AND x.attnum > 0 AND NOT x.attisdropped)
            """;

    private static final String CURRENT_SIGNATURE =
            "SELECT " + SIGNATURE.formatted("to_regclass(?)");

    private static final String TABLE =
            """
            SELECT SIGNATURE AS signature, c.relkind = 'p' AS partitioned,
                CASE WHEN c.relhastriggers OR c.relkind = 'p' THEN EXISTS (
                    SELECT FROM pg_constraint f WHERE f.contype = 'f' AND f.confrelid = c.oid
                        AND f.conrelid <> c.oid) ELSE false END AS referenced,
                (SELECT coalesce(bool_or(f.condeferrable), false) FROM pg_constraint f
                    WHERE f.conrelid = c.oid) AS deferrable,
                EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisexclusion)
                    AS exclusions,
                ARRAY(SELECT quote_ident(sn.nspname) || '.' || quote_ident(s.relname)
                    FROM pg_depend d
                        JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
                        JOIN pg_namespace sn ON sn.oid = s.relnamespace
                    WHERE d.refobjid = c.oid AND d.refclassid = 'pg_class'::regclass
                        AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i'))
                    AS sequences,
                ARRAY(SELECT concat_ws(chr(1), i.indisprimary::int,
                        (i.indpred IS NULL AND i.indexprs IS NULL)::int,
                        array_to_string((i.indkey::int2[])[0:i.indnkeyatts - 1], ','),
                        (SELECT string_agg(quote_ident(os.nspname) || '.' || o.oprname, chr(2)
                                ORDER BY k.place)
                            FROM unnest((i.indclass::oid[])[0:i.indnkeyatts - 1])
                                    WITH ORDINALITY AS k (class, place)
                                JOIN pg_opclass oc ON oc.oid = k.class
                                JOIN pg_amop ao ON ao.amopfamily = oc.opcfamily
                                    AND ao.amopstrategy = 3
                                    AND ao.amoplefttype = oc.opcintype
                                    AND ao.amoprighttype = oc.opcintype
                                JOIN pg_operator o ON o.oid = ao.amopopr
                                JOIN pg_namespace os ON os.oid = o.oprnamespace))
                    FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid
                        JOIN pg_am am ON am.oid = ic.relam AND am.amname = 'btree'
                    WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid
                        AND NOT i.indisexclusion) AS keys,
                a.attname, a.attnum, a.attnotnull, a.atthasdef, a.attidentity::text AS identity,
                a.attgenerated::text AS generated,
                b.oid::bigint AS base_oid, format_type(b.oid, -1) AS base_type,
                CASE WHEN bn.nspname = 'pg_catalog' THEN b.typname::text
                    ELSE quote_ident(bn.nspname) || '.' || quote_ident(b.typname) END AS base_name,
                b.typtype = 'e' AS enumeration,
                coalesce(co.collisdeterministic, true) AS deterministic
            FROM pg_class c
                JOIN pg_namespace n ON n.oid = c.relnamespace
                LEFT JOIN pg_attribute a
                    ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                LEFT JOIN LATERAL (
                    WITH RECURSIVE chain AS (
                        SELECT t.oid, t.typbasetype AS base, t.typtype AS kind
                        FROM pg_type t WHERE t.oid = a.atttypid
                        UNION ALL
                        SELECT t.oid, t.typbasetype, t.typtype
                        FROM chain JOIN pg_type t ON t.oid = chain.base WHERE chain.kind = 'd')
                    SELECT chain.oid FROM chain WHERE chain.kind <> 'd') AS leaf ON true
                LEFT JOIN pg_type b ON b.oid = leaf.oid
                LEFT JOIN pg_namespace bn ON bn.oid = b.typnamespace
                LEFT JOIN pg_collation co ON co.oid = a.attcollation
            WHERE n.nspname = ? AND c.relname = ? AND c.relkind IN ('r', 'p')
            ORDER BY a.attnum
            """
                    .replace("SIGNATURE", SIGNATURE.formatted("c.oid"));

    private final Connection connection;
    private final Map<TableId, TargetTable> known = new HashMap<>();

    TargetCatalog(Connection connection) {
        this.connection = connection;
    }

    boolean knows(TableId id) {
        return known.containsKey(id);
    }

    /** The table, or null where the destination has none of that name. */
    @Nullable TargetTable find(TableId id) throws SQLException {
        TargetTable table = known.get(id);
        if (table == null) {
            table = read(id);
            if (table != null) {
                known.put(id, table);
            }
        }
        return table;
    }

    /** Whether the table's columns are still those we know; its lock keeps them so. */
    static boolean isCurrent(Connection connection, TargetTable table) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(CURRENT_SIGNATURE)) {
            statement.setString(1, table.id().quoted());
            try (ResultSet row = statement.executeQuery()) {
                return row.next() && table.signature().equals(row.getString(1));
            }
        }
    }

    void forget(TableId id) {
        known.remove(id);
    }

    void forgetAll() {
        known.clear();
    }

    private @Nullable TargetTable read(TableId id) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(TABLE)) {
            statement.setString(1, id.namespace());
            statement.setString(2, id.name());
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? table(id, row) : null;
            }
        }
    }

    private static TargetTable table(TableId id, ResultSet row) throws SQLException {
        String signature = row.getString("signature");
        boolean partitioned = row.getBoolean("partitioned");
        boolean referenced = row.getBoolean("referenced");
        boolean deferrable = row.getBoolean("deferrable");
        boolean exclusions = row.getBoolean("exclusions");
        List<String> sequences = strings(row, "sequences");
        List<String> keys = strings(row, "keys");
        List<TargetColumn> columns = new ArrayList<>();
        do {
            if (row.getString("attname") == null) {
                // A table without columns is one row with none.
                continue;
            }
            String identity = row.getString("identity");
            boolean generated = !row.getString("generated").isEmpty();
            columns.add(
                    new TargetColumn(
                            row.getString("attname"),
                            row.getInt("attnum"),
                            (int) row.getLong("base_oid"),
                            row.getString("base_type"),
                            row.getString("base_name"),
                            row.getBoolean("enumeration"),
                            row.getBoolean("deterministic"),
                            identity.equals("a"),
                            generated,
                            row.getBoolean("attnotnull"),
                            row.getBoolean("attnotnull")
                                    && !row.getBoolean("atthasdef")
                                    && !generated
                                    && identity.isEmpty()));
        } while (row.next());
        return new TargetTable(
                id,
                signature,
                partitioned,
                referenced,
                deferrable,
                exclusions,
                sequences,
                columns,
                keys.stream().map(key -> key(key, columns)).toList());
    }

    private static List<String> strings(ResultSet row, String column) throws SQLException {
        return List.of((String[]) row.getArray(column).getArray());
    }

    private static TargetKey key(String text, List<TargetColumn> columns) {
        String[] parts = text.split("\u0001", -1);
        boolean wholeTable = parts[1].equals("1");
        List<String> names = new ArrayList<>();
        for (String number : parts[2].split(",", -1)) {
            columns.stream()
                    .filter(column -> Integer.toString(column.number()).equals(number))
                    .forEach(column -> names.add(column.name()));
        }
        List<String> operators =
                Arrays.asList(parts.length > 3 ? parts[3].split("\u0002", -1) : new String[0]);
        return new TargetKey(
                parts[0].equals("1"),
                wholeTable && operators.size() == names.size(),
                names,
                operators);
    }
}
