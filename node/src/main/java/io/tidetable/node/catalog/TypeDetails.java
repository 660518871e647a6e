package io.tidetable.node.catalog;

import io.tidetable.node.types.TypeName;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads from the source what CREATE TYPE and CREATE DOMAIN need to know. */
final class TypeDetails {
    private static final String DOMAIN =
            """
            SELECT t.typbasetype::bigint AS base_oid,
                pg_catalog.format_type(t.typbasetype, t.typtypmod) AS base,
                pg_catalog.pg_get_expr(t.typdefaultbin, 0) AS expression, t.typnotnull,
                CASE WHEN t.typcollation <> b.typcollation
                    THEN pg_catalog.quote_ident(n.nspname) || '.'
                        || pg_catalog.quote_ident(c.collname) END AS collation,
                (SELECT array_agg(pg_catalog.quote_ident(con.conname) || ' '
                        || pg_catalog.pg_get_constraintdef(con.oid) ORDER BY con.conname)
                    FROM pg_catalog.pg_constraint con
                    WHERE con.contypid = t.oid AND con.contype = 'c') AS checks
            FROM pg_catalog.pg_type t
                JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
                LEFT JOIN pg_catalog.pg_collation c ON c.oid = t.typcollation
                LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace
            WHERE t.oid = ?
            """;

    private static final String COMPOSITE =
            """
            SELECT r.relkind = 'c' AS free_standing,
                pg_catalog.quote_ident(a.attname) AS name, a.atttypid::bigint AS type_oid,
                pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
                CASE WHEN a.attcollation <> b.typcollation
                    THEN ' COLLATE ' || pg_catalog.quote_ident(n.nspname) || '.'
                        || pg_catalog.quote_ident(c.collname) ELSE '' END AS collation
            FROM pg_catalog.pg_type t
                JOIN pg_catalog.pg_class r ON r.oid = t.typrelid
                JOIN pg_catalog.pg_attribute a
                    ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
                JOIN pg_catalog.pg_type b ON b.oid = a.atttypid
                LEFT JOIN pg_catalog.pg_collation c ON c.oid = a.attcollation
                LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace
            WHERE t.oid = ?
            ORDER BY a.attnum
            """;

    private static final String RANGE =
            """
            SELECT pg_catalog.format_type(r.rngsubtype, NULL) AS subtype,
                r.rngsubtype::bigint AS subtype_oid,
                pg_catalog.quote_ident(opn.nspname) || '.'
                    || pg_catalog.quote_ident(op.opcname) AS operators,
                CASE WHEN r.rngcollation <> b.typcollation
                    THEN pg_catalog.quote_ident(cn.nspname) || '.'
                        || pg_catalog.quote_ident(c.collname) END AS collation,
                CASE WHEN r.rngsubdiff <> 0 THEN pg_catalog.quote_ident(fn.nspname) || '.'
                    || pg_catalog.quote_ident(f.proname) END AS difference,
                r.rngcanonical <> 0 AS canonical
            FROM pg_catalog.pg_range r
                JOIN pg_catalog.pg_type b ON b.oid = r.rngsubtype
                JOIN pg_catalog.pg_opclass op ON op.oid = r.rngsubopc
                JOIN pg_catalog.pg_namespace opn ON opn.oid = op.opcnamespace
                LEFT JOIN pg_catalog.pg_collation c ON c.oid = r.rngcollation
                LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = c.collnamespace
                LEFT JOIN pg_catalog.pg_proc f ON f.oid = r.rngsubdiff
                LEFT JOIN pg_catalog.pg_namespace fn ON fn.oid = f.pronamespace
            WHERE r.rngtypid = ?
            """;

    private static final String MULTIRANGE_NAME =
            """
            SELECT n.nspname, t.typname FROM pg_catalog.pg_range r
                JOIN pg_catalog.pg_type t ON t.oid = r.rngmultitypid
                JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
            WHERE r.rngtypid = ?
            """;

    private final Connection source;

    TypeDetails(Connection source) {
        this.source = source;
    }

    /** A type in SQL, with its OID at the source. */
    record TypeText(String text, int oid) {}

    /** A domain; checks are {@code name CHECK (..)}. */
    record Domain(
            TypeText base,
            @Nullable String expression,
            boolean notNull,
            @Nullable String collation,
            List<String> checks) {}

    /** A field of a composite, name and collation ready for SQL. */
    record Field(String name, TypeText type, String collation) {}

    /** A composite type; not free-standing when it is the row type of a table. */
    record Composite(boolean freeStanding, List<Field> fields) {}

    /** A range, names ready for SQL. */
    record Range(
            TypeText subtype,
            String operators,
            @Nullable String collation,
            @Nullable String difference,
            boolean canonical) {}

    /** Makes a value of all rows of a result. */
    @FunctionalInterface
    private interface Read<T> {
        T from(ResultSet rows) throws SQLException;
    }

    private <T> T query(String sql, int oid, Read<T> read) throws SQLException {
        try (PreparedStatement statement = source.prepareStatement(sql)) {
            statement.setLong(1, Integer.toUnsignedLong(oid));
            try (ResultSet rows = statement.executeQuery()) {
                return read.from(rows);
            }
        }
    }

    Optional<Domain> domain(int oid) throws SQLException {
        return query(
                DOMAIN,
                oid,
                rows -> {
                    if (!rows.next()) {
                        return Optional.empty();
                    }
                    Array checks = rows.getArray("checks");
                    return Optional.of(
                            new Domain(
                                    new TypeText(
                                            rows.getString("base"), (int) rows.getLong("base_oid")),
                                    rows.getString("expression"),
                                    rows.getBoolean("typnotnull"),
                                    rows.getString("collation"),
                                    checks == null
                                            ? List.of()
                                            : List.of((String[]) checks.getArray())));
                });
    }

    Composite composite(int oid) throws SQLException {
        return query(
                COMPOSITE,
                oid,
                rows -> {
                    boolean freeStanding = true;
                    List<Field> fields = new ArrayList<>();
                    while (rows.next()) {
                        freeStanding = rows.getBoolean("free_standing");
                        fields.add(
                                new Field(
                                        rows.getString("name"),
                                        new TypeText(
                                                rows.getString("type"),
                                                (int) rows.getLong("type_oid")),
                                        rows.getString("collation")));
                    }
                    return new Composite(freeStanding, fields);
                });
    }

    Optional<Range> range(int oid) throws SQLException {
        return query(
                RANGE,
                oid,
                rows ->
                        rows.next()
                                ? Optional.of(
                                        new Range(
                                                new TypeText(
                                                        rows.getString("subtype"),
                                                        (int) rows.getLong("subtype_oid")),
                                                rows.getString("operators"),
                                                rows.getString("collation"),
                                                rows.getString("difference"),
                                                rows.getBoolean("canonical")))
                                : Optional.empty());
    }

    /** The name of a range's multirange; empty before version 14. */
    Optional<TypeName> multirangeName(int rangeOid) throws SQLException {
        if (source.getMetaData().getDatabaseMajorVersion() < 14) {
            return Optional.empty();
        }
        return query(
                MULTIRANGE_NAME,
                rangeOid,
                rows ->
                        rows.next()
                                ? Optional.of(new TypeName(rows.getString(1), rows.getString(2)))
                                : Optional.empty());
    }

    /** The PostgreSQL schema an extension's objects stand in. */
    Optional<String> extensionNamespace(String extension) throws SQLException {
        String sql =
                """
                SELECT n.nspname FROM pg_catalog.pg_extension e
                    JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = ?
                """;
        try (PreparedStatement statement = source.prepareStatement(sql)) {
            statement.setString(1, extension);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? Optional.of(row.getString(1)) : Optional.empty();
            }
        }
    }
}
