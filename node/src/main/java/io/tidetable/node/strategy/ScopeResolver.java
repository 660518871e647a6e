package io.tidetable.node.strategy;

import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.schema.Strategy;
import io.tidetable.node.functional.ConditionReader;
import io.tidetable.node.functional.RowCondition;
import io.tidetable.node.sampling.SampleSize;
import io.tidetable.node.types.ExactTypes;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Finds what a strategy comes to for a table as it is at the source now, or why it cannot be. */
public final class ScopeResolver {
    /** The replica identity is the key by which changes name rows; all columns is none. */
    private static final String COLUMNS =
            """
            WITH RECURSIVE base AS (
                SELECT a.attnum, a.atttypid AS type, a.atttypmod AS modifier
                FROM pg_catalog.pg_attribute a
                WHERE a.attrelid = pg_catalog.to_regclass(?) AND a.attnum > 0 AND NOT a.attisdropped
                UNION ALL
                SELECT b.attnum, t.typbasetype, t.typtypmod FROM base b
                    JOIN pg_catalog.pg_type t ON t.oid = b.type WHERE t.typtype = 'd'
            ), part AS (
                SELECT pg_catalog.unnest(p.partattrs::int2[]) AS attnum
                FROM pg_catalog.pg_partitioned_table p WHERE p.partrelid = pg_catalog.to_regclass(?)
            )
            SELECT a.attname, a.attgenerated = '' AS stored, t.oid::bigint AS base, b.modifier, t.typtype = 'e' AS is_enum,
                pg_catalog.format_type(t.oid, -1) AS type,
                coalesce(o.collisdeterministic, true) AS deterministic,
                coalesce(a.attnum = ANY ((SELECT i.indkey::int2[] FROM pg_catalog.pg_index i
                    WHERE i.indrelid = c.oid AND i.indisprimary)::int2[]), false) AS in_primary,
                coalesce(a.attnum = ANY ((SELECT i.indkey::int2[] FROM pg_catalog.pg_index i
                    WHERE i.indrelid = c.oid AND CASE c.relreplident WHEN 'i' THEN i.indisreplident
                        ELSE i.indisprimary END)::int2[]), false) AS in_identity,
                a.attidentity <> '' OR EXISTS (SELECT FROM part WHERE part.attnum = a.attnum)
                    AS must_travel,
                EXISTS (SELECT FROM part WHERE part.attnum = 0) AS divided_by_expression,
                EXISTS (SELECT FROM pg_catalog.pg_index i WHERE (i.indrelid = c.oid
                        OR i.indrelid IN (SELECT relid FROM pg_catalog.pg_partition_tree(c.oid)))
                    AND (i.indisunique OR i.indisexclusion) AND i.indisvalid
                    AND NOT EXISTS (SELECT FROM pg_catalog.pg_index k WHERE k.indrelid = c.oid
                        AND (CASE c.relreplident WHEN 'i' THEN k.indisreplident ELSE k.indisprimary END)
                        AND (SELECT array_agg(x.attname ORDER BY x.attname) FROM pg_catalog.pg_attribute x
                            WHERE x.attrelid = i.indrelid AND x.attnum = ANY (i.indkey::int2[]))
                          = (SELECT array_agg(x.attname ORDER BY x.attname) FROM pg_catalog.pg_attribute x
                            WHERE x.attrelid = k.indrelid AND x.attnum = ANY (k.indkey::int2[]))))
                    AS further_unique
            FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
                JOIN base b ON b.attnum = a.attnum
                JOIN pg_catalog.pg_type t ON t.oid = b.type AND t.typtype <> 'd'
                LEFT JOIN pg_catalog.pg_collation o ON o.oid = a.attcollation
            WHERE a.attrelid = pg_catalog.to_regclass(?) AND a.attnum > 0 AND NOT a.attisdropped
            ORDER BY a.attnum
            """;

    private static final Map<Integer, String> SENDS =
            Map.ofEntries(
                    Map.entry(16, "boolsend"),
                    Map.entry(17, "byteasend"),
                    Map.entry(18, "charsend"),
                    Map.entry(19, "namesend"),
                    Map.entry(20, "int8send"),
                    Map.entry(21, "int2send"),
                    Map.entry(23, "int4send"),
                    Map.entry(25, "textsend"),
                    Map.entry(26, "oidsend"),
                    Map.entry(650, "cidr_send"),
                    Map.entry(774, "macaddr8_send"),
                    Map.entry(829, "macaddr_send"),
                    Map.entry(869, "inet_send"),
                    Map.entry(1042, "bpcharsend"),
                    Map.entry(1043, "varcharsend"),
                    Map.entry(1082, "date_send"),
                    Map.entry(1083, "time_send"),
                    Map.entry(1114, "timestamp_send"),
                    Map.entry(1184, "timestamptz_send"),
                    Map.entry(1700, "numeric_send"),
                    Map.entry(2950, "uuid_send"),
                    Map.entry(3220, "pg_lsn_send"));

    private static final Map<Integer, ValueKind> KINDS =
            Map.ofEntries(
                    Map.entry(16, ValueKind.TRUTH),
                    Map.entry(20, ValueKind.WHOLE),
                    Map.entry(21, ValueKind.WHOLE),
                    Map.entry(23, ValueKind.WHOLE),
                    Map.entry(25, ValueKind.TEXT),
                    Map.entry(1043, ValueKind.TEXT),
                    Map.entry(1082, ValueKind.DATE),
                    Map.entry(1114, ValueKind.TIME),
                    Map.entry(1184, ValueKind.ZONED_TIME),
                    Map.entry(1700, ValueKind.DECIMAL),
                    Map.entry(2950, ValueKind.UUID_VALUE));

    private final Connection source;

    /**
     * Resolves at a source.
     *
     * @param source of {@link io.tidetable.node.postgres.Database#connect}; within a snapshot the
     *     table is counted there
     */
    public ScopeResolver(Connection source) {
        this.source = source;
    }

    private record Attribute(
            String name,
            boolean stored,
            int base,
            int modifier,
            boolean enumeration,
            String type,
            boolean deterministic,
            boolean inPrimary,
            boolean inIdentity,
            boolean mustTravel,
            boolean dividedByExpression,
            boolean furtherUnique) {}

    /**
     * What the strategy comes to.
     *
     * @throws TidetableException TT-551 for a condition that cannot be used, TT-555 for a table
     *     that cannot have the strategy
     */
    public TableScope resolve(TableId table, Strategy strategy) throws SQLException {
        return resolve(table, strategy, true);
    }

    /**
     * Refuses a strategy that the table cannot have.
     *
     * @throws TidetableException as {@link #resolve}
     */
    public void require(TableId table, Strategy strategy) throws SQLException {
        resolve(table, strategy, false);
    }

    private TableScope resolve(TableId table, Strategy strategy, boolean counted)
            throws SQLException {
        return switch (strategy) {
            case Strategy.PrioritizedDelta() -> TableScope.everything();
            case Strategy.Full _ -> new TableScope.AsOfRefresh();
            case Strategy.Sampling sampling -> sampled(table, sampling, counted);
            case Strategy.Functional functional -> needed(table, functional);
        };
    }

    private TableScope sampled(TableId table, Strategy.Sampling sampling, boolean counted)
            throws SQLException {
        List<Attribute> key = key(table, attributes(table), "sampling");
        List<KeySample.Part> parts = new ArrayList<>();
        for (Attribute attribute : key) {
            String send = attribute.enumeration() ? "enum_send" : SENDS.get(attribute.base());
            boolean exact =
                    attribute.enumeration()
                            || ExactTypes.contains(attribute.base(), attribute.modifier());
            if (send == null || !exact || !attribute.deterministic()) {
                throw refused(
                        table,
                        "sampling",
                        "equal values of its key column %s (%s) can differ in their bytes, so that no stable sample is had"
                                .formatted(attribute.name(), attribute.type()));
            }
            parts.add(
                    new KeySample.Part(
                            attribute.name(),
                            "pg_catalog." + send,
                            attribute.enumeration() ? null : attribute.type()));
        }
        if (key.getFirst().furtherUnique()) {
            throw refused(
                    table,
                    "sampling",
                    "it has further unique or exclusion constraints, and rows outside the sample, which stay as they are, would collide with rows in it");
        }
        long rows = counted ? count(table) : 0;
        return new TableScope.Sampled(
                KeySample.ofShare(
                        parts,
                        rows == 0
                                ? 1
                                : SampleSize.share(
                                        sampling.marginOfError(), sampling.confidence(), rows),
                        rows));
    }

    private TableScope needed(TableId table, Strategy.Functional functional) throws SQLException {
        Map<String, Attribute> attributes = attributes(table);
        List<Attribute> key = key(table, attributes, "functional");
        SortedSet<String> carried = null;
        if (!functional.columns().isEmpty()) {
            Set<String> unknown = new HashSet<>(functional.columns());
            unknown.removeAll(attributes.keySet());
            if (!unknown.isEmpty()) {
                throw refused(table, "functional", "it has no columns " + new TreeSet<>(unknown));
            }
            if (key.getFirst().dividedByExpression()) {
                throw refused(
                        table,
                        "functional",
                        "it is partitioned by an expression, which may need any of its columns; name no columns, so that all are carried");
            }
            carried = new TreeSet<>(functional.columns());
            for (Attribute attribute : attributes.values()) {
                if (attribute.inPrimary() || attribute.inIdentity() || attribute.mustTravel()) {
                    carried.add(attribute.name());
                }
            }
        }
        return new TableScope.Needed(
                carried,
                key.stream().map(Attribute::name).toList(),
                filter(table, functional.rows(), attributes),
                attributes.values().stream()
                        .filter(Attribute::stored)
                        .map(Attribute::name)
                        .toList());
    }

    private @Nullable RowFilter filter(
            TableId table, @Nullable String sql, Map<String, Attribute> attributes)
            throws SQLException {
        if (sql == null) {
            return null;
        }
        RowCondition condition = ConditionReader.read(sql);
        if (condition.isAlways()) {
            return null;
        }
        Map<String, ValueKind> kinds = new HashMap<>();
        for (String column : condition.columns()) {
            Attribute attribute = attributes.get(column);
            ValueKind kind =
                    attribute == null || !attribute.deterministic()
                            ? null
                            : attribute.enumeration()
                                    ? ValueKind.TEXT
                                    : KINDS.get(attribute.base());
            if (kind != null) {
                kinds.put(column, kind);
            }
        }
        RowFilter filter = new RowFilter(condition, kinds);
        try (Statement statement = source.createStatement()) {
            statement.execute(
                    "SELECT FROM %s WHERE %s LIMIT 0".formatted(table.quoted(), condition.sql()));
        } catch (SQLException e) {
            throw new TidetableException(
                    "TT-551",
                    "the condition \"%s\" on rows of %s cannot be used: %s; write it otherwise, or leave it out"
                            .formatted(sql, table, e.getMessage()),
                    e);
        }
        return filter;
    }

    private static List<Attribute> key(
            TableId table, Map<String, Attribute> attributes, String strategy) {
        List<Attribute> key = attributes.values().stream().filter(Attribute::inIdentity).toList();
        if (key.isEmpty()) {
            throw refused(table, strategy, "it has no primary key by which changes name its rows");
        }
        return key;
    }

    private static TidetableException refused(TableId table, String strategy, String why) {
        return new TidetableException(
                "TT-555",
                "table %s cannot be replicated with strategy %s: %s; give it another strategy"
                        .formatted(table, strategy, why));
    }

    private long count(TableId table) throws SQLException {
        try (Statement statement = source.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*) FROM " + table.quoted())) {
            row.next();
            return row.getLong(1);
        }
    }

    private Map<String, Attribute> attributes(TableId table) throws SQLException {
        Map<String, Attribute> attributes = new LinkedHashMap<>();
        try (PreparedStatement statement = source.prepareStatement(COLUMNS)) {
            statement.setString(1, table.quoted());
            statement.setString(2, table.quoted());
            statement.setString(3, table.quoted());
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    Attribute attribute =
                            new Attribute(
                                    row.getString("attname"),
                                    row.getBoolean("stored"),
                                    (int) row.getLong("base"),
                                    row.getInt("modifier"),
                                    row.getBoolean("is_enum"),
                                    row.getString("type"),
                                    row.getBoolean("deterministic"),
                                    row.getBoolean("in_primary"),
                                    row.getBoolean("in_identity"),
                                    row.getBoolean("must_travel"),
                                    row.getBoolean("divided_by_expression"),
                                    row.getBoolean("further_unique"));
                    attributes.put(attribute.name(), attribute);
                }
            }
        }
        return attributes;
    }
}
