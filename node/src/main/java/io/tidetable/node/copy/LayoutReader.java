package io.tidetable.node.copy;

import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Reads from both catalogs how a table stands on both sides. */
public final class LayoutReader {
    private static final String RELATION =
            """
            SELECT c.oid::bigint AS oid, c.relkind::text AS kind FROM pg_catalog.pg_class c
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = ? AND c.relname = ? AND c.relkind IN ('r', 'p')
            """;

    private static final String COLUMNS =
            """
            SELECT a.attname, a.atttypid::bigint AS type, t.typname,
                pg_catalog.format_type(a.atttypid, a.atttypmod) AS declared,
                pg_catalog.format_type(a.atttypid, -1) AS bare,
                n.nspname = 'pg_catalog' AS built_in, a.attgenerated <> '' AS generated,
                a.attidentity = 'a' AS identity_always, a.attnotnull,
                coalesce(o.collname IN ('C', 'POSIX') OR o.collname = 'default'
                    AND d.datcollate IN ('C', 'POSIX') AND NOT 'a'::text < 'B'::text, false)
                    AS byte_order
            FROM pg_catalog.pg_attribute a
                JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
                JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
                JOIN pg_catalog.pg_database d ON d.datname = pg_catalog.current_database()
                LEFT JOIN pg_catalog.pg_collation o ON o.oid = a.attcollation
            WHERE a.attrelid = ?::bigint::oid AND a.attnum > 0 AND NOT a.attisdropped
            ORDER BY a.attnum
            """;

    /** Primary key first, then the replica identity, then the narrowest. */
    private static final String KEYS =
            """
            SELECT ARRAY(SELECT a.attname::text
                FROM pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
                    JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid
                        AND a.attnum = k.attnum
                WHERE k.place <= i.indnkeyatts ORDER BY k.place) AS names
            FROM pg_catalog.pg_index i
            WHERE i.indrelid = ?::bigint::oid AND i.indisunique AND i.indimmediate
                AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
            ORDER BY i.indisprimary DESC, i.indisreplident DESC, i.indnkeyatts, i.indexrelid
            """;

    /** Built-in types whose values every server sorts alike. */
    private static final Set<String> SORTED_ALIKE =
            Set.of(
                    "int2",
                    "int4",
                    "int8",
                    "oid",
                    "numeric",
                    "float4",
                    "float8",
                    "bool",
                    "uuid",
                    "date",
                    "timestamp",
                    "timestamptz",
                    "time",
                    "bytea",
                    "char",
                    "name");

    private final BinaryRule binary;

    /** Reads layouts whose columns go in binary form where the rule allows it. */
    public LayoutReader(BinaryRule binary) {
        this.binary = binary;
    }

    /** The layout of a table that has the same name on both sides. */
    public TableLayout read(Connection source, Connection destination, TableId table)
            throws SQLException {
        return read(source, destination, table, table);
    }

    /**
     * The layout of a table. Every column of the source has to be at the destination as well, save
     * generated ones; the destination may have more.
     *
     * @throws TidetableException TT-501 when a table or a column is missing
     */
    public TableLayout read(
            Connection source, Connection destination, TableId table, TableId target)
            throws SQLException {
        Standing from = standing(source, table, "source");
        Standing to = standing(destination, target, "destination");
        Map<String, LayoutColumn> columns = new LinkedHashMap<>();
        for (Attribute attribute : from.attributes().values()) {
            Attribute counterpart = to.attributes().get(attribute.name());
            if (counterpart == null && !attribute.generated()) {
                throw new TidetableException(
                        "TT-501",
                        ("table %s of the destination has no column \"%s\" as the source has; add it"
                                        + " there and start again")
                                .formatted(target, attribute.name()));
            }
            if (counterpart == null || attribute.generated() || counterpart.generated()) {
                continue;
            }
            columns.put(attribute.name(), column(attribute, counterpart));
        }
        return new TableLayout(
                table,
                target,
                List.copyOf(columns.values()),
                key(from, to, columns),
                from.partitioned(),
                to.partitioned());
    }

    /** Whether the source still has the table. */
    static boolean isThere(Connection source, TableLayout layout) throws SQLException {
        try (PreparedStatement statement = source.prepareStatement(RELATION)) {
            statement.setString(1, layout.source().namespace());
            statement.setString(2, layout.source().name());
            try (ResultSet row = statement.executeQuery()) {
                return row.next();
            }
        }
    }

    /**
     * Whether the source's table still has all columns of a layout, with the types they had then.
     * Without the table there is nothing that contradicts.
     */
    static boolean stillFits(Connection source, TableLayout layout) throws SQLException {
        try (PreparedStatement statement = source.prepareStatement(RELATION)) {
            statement.setString(1, layout.source().namespace());
            statement.setString(2, layout.source().name());
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    return true;
                }
                Map<String, Attribute> now = attributes(source, row.getLong("oid"));
                return layout.columns().stream()
                        .allMatch(column -> {
                            Attribute attribute = now.get(column.name());
                            return attribute != null && attribute.type().equals(column.source());
                        });
            }
        }
    }

    private LayoutColumn column(Attribute source, Attribute destination) {
        boolean sameType =
                source.type().builtIn()
                        && destination.type().builtIn()
                        && source.typeName().equals(destination.typeName());
        boolean sameOrder =
                sameType
                        && (SORTED_ALIKE.contains(source.typeName())
                                || (Set.of("text", "varchar").contains(source.typeName())
                                        && source.byteOrder()
                                        && destination.byteOrder()));
        return new LayoutColumn(
                source.name(),
                source.type(),
                destination.type(),
                sameOrder,
                binary.passesThrough(source.type().oid(), destination.type().oid()));
    }

    private static List<LayoutColumn> key(
            Standing from, Standing to, Map<String, LayoutColumn> columns) {
        Set<Set<String>> unique = Set.copyOf(to.keys().stream().map(Set::copyOf).toList());
        for (List<String> names : from.keys()) {
            boolean usable =
                    names.stream()
                            .allMatch(name -> {
                                Attribute attribute = from.attributes().get(name);
                                return attribute != null
                                        && attribute.notNull()
                                        && columns.containsKey(name);
                            });
            if (usable && unique.contains(Set.copyOf(names))) {
                return names.stream()
                        .map(name -> Objects.requireNonNull(columns.get(name)))
                        .toList();
            }
        }
        return List.of();
    }

    private static Standing standing(Connection connection, TableId table, String side)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(RELATION)) {
            statement.setString(1, table.namespace());
            statement.setString(2, table.name());
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    throw new TidetableException(
                            "TT-501",
                            "the %s has no table %s; create it or leave the table out of the settings"
                                    .formatted(side, table));
                }
                long oid = row.getLong("oid");
                return new Standing(
                        row.getString("kind").equals("p"),
                        attributes(connection, oid),
                        keys(connection, oid));
            }
        }
    }

    private static Map<String, Attribute> attributes(Connection connection, long relation)
            throws SQLException {
        Map<String, Attribute> attributes = new LinkedHashMap<>();
        try (PreparedStatement statement = connection.prepareStatement(COLUMNS)) {
            statement.setLong(1, relation);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    Attribute attribute = attribute(row);
                    attributes.put(attribute.name(), attribute);
                }
            }
        }
        return attributes;
    }

    private static Attribute attribute(ResultSet row) throws SQLException {
        return new Attribute(
                row.getString("attname"),
                row.getString("typname"),
                new LayoutColumn.Type(
                        (int) row.getLong("type"),
                        row.getString("declared"),
                        row.getString("bare"),
                        row.getBoolean("built_in"),
                        row.getBoolean("identity_always")),
                row.getBoolean("generated"),
                row.getBoolean("attnotnull"),
                row.getBoolean("byte_order"));
    }

    private static List<List<String>> keys(Connection connection, long relation)
            throws SQLException {
        List<List<String>> keys = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(KEYS)) {
            statement.setLong(1, relation);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    keys.add(List.of((String[]) row.getArray("names").getArray()));
                }
            }
        }
        return keys;
    }

    private record Standing(
            boolean partitioned, Map<String, Attribute> attributes, List<List<String>> keys) {}

    private record Attribute(
            String name,
            String typeName,
            LayoutColumn.Type type,
            boolean generated,
            boolean notNull,
            boolean byteOrder) {}
}
