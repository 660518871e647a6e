package io.tidetable.node.types;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The types of one database at one time, by OID and by name. Row types of tables are in it only
 * where a column is made of them. Immutable.
 */
public final class TypeCatalog {
    private static final String TYPES =
            """
            WITH used AS (
                SELECT DISTINCT atttypid AS oid FROM pg_catalog.pg_attribute
                WHERE attnum > 0 AND NOT attisdropped AND atttypid >= 10000
                UNION
                SELECT typbasetype FROM pg_catalog.pg_type WHERE typtype = 'd'
            ), field AS (
                SELECT a.attrelid,
                    array_agg(a.attname::text ORDER BY a.attnum) AS names,
                    array_agg(a.atttypid::bigint ORDER BY a.attnum) AS types
                FROM pg_catalog.pg_attribute a
                    JOIN pg_catalog.pg_type t ON t.typrelid = a.attrelid
                    JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
                WHERE a.attnum > 0 AND NOT a.attisdropped
                    AND (c.relkind = 'c' OR t.oid IN (SELECT oid FROM used)
                        OR t.typarray IN (SELECT oid FROM used))
                GROUP BY a.attrelid
            ), label AS (
                SELECT enumtypid, array_agg(enumlabel::text ORDER BY enumsortorder) AS labels
                FROM pg_catalog.pg_enum GROUP BY enumtypid
            )
            SELECT t.oid::bigint AS oid, n.nspname, t.typname, t.typtype::text AS typtype,
                CASE WHEN t.typoutput = 'pg_catalog.array_out'::regproc
                    THEN t.typelem::bigint ELSE 0 END AS element,
                t.typbasetype::bigint AS base, r.rngsubtype::bigint AS subtype,
                multirange.rngtypid::bigint AS range_of_multirange, e.extname,
                t.typsend <> 0 AS sends, t.typreceive <> 0 AS receives,
                f.names AS field_names, f.types AS field_types, l.labels
            FROM pg_catalog.pg_type t
                JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
                LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
                LEFT JOIN field f ON f.attrelid = t.typrelid
                LEFT JOIN label l ON l.enumtypid = t.oid
                LEFT JOIN pg_catalog.pg_range r ON r.rngtypid = t.oid
                LEFT JOIN pg_catalog.pg_range multirange ON multirange.rngmultitypid = t.oid
                LEFT JOIN pg_catalog.pg_depend d ON d.deptype = 'e' AND d.objid = t.oid
                    AND d.classid = 'pg_catalog.pg_type'::regclass
                    AND d.refclassid = 'pg_catalog.pg_extension'::regclass
                LEFT JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
            WHERE (t.typrelid = 0 OR c.relkind = 'c' OR f.attrelid IS NOT NULL)
                AND (t.typelem = 0 OR t.typoutput <> 'pg_catalog.array_out'::regproc
                    OR t.oid < 10000 OR t.oid IN (SELECT oid FROM used)
                    OR EXISTS (SELECT FROM pg_catalog.pg_type el
                            LEFT JOIN pg_catalog.pg_class ec ON ec.oid = el.typrelid
                        WHERE el.oid = t.typelem AND (el.typrelid = 0 OR ec.relkind = 'c')))
            """;

    /** The same for version 13, which has no multiranges. */
    private static final String TYPES_BEFORE_MULTIRANGES =
            TYPES.replace("ON multirange.rngmultitypid = t.oid", "ON false");

    /** Types whose binary form is the OID of an object; their OIDs never change. */
    private static final List<String> OBJECT_REFERENCES =
            List.of(
                    "regproc",
                    "regprocedure",
                    "regoper",
                    "regoperator",
                    "regclass",
                    "regtype",
                    "regrole",
                    "regnamespace",
                    "regconfig",
                    "regdictionary",
                    "regcollation",
                    "regdatabase");

    private final Map<Integer, PostgresType> byOid;
    private final Map<TypeName, PostgresType> byName = new HashMap<>();
    private final Map<Integer, Integer> arrayOf = new HashMap<>();
    private final Map<Integer, Integer> multirangeOf = new HashMap<>();
    private final Map<TypeName, PostgresType> byExtension = new HashMap<>();

    private TypeCatalog(Map<Integer, PostgresType> byOid, Collection<PostgresType> current) {
        this.byOid = Map.copyOf(byOid);
        for (PostgresType type : current) {
            byName.put(type.name(), type);
            if (type.extension() != null) {
                byExtension.put(new TypeName(type.extension(), type.name().name()), type);
            }
            switch (type.form()) {
                case TypeForm.Array array -> arrayOf.putIfAbsent(array.elementOid(), type.oid());
                case TypeForm.Multirange multirange ->
                        multirangeOf.put(multirange.rangeOid(), type.oid());
                case TypeForm.Scalar _,
                        TypeForm.ObjectReference _,
                        TypeForm.Composite _,
                        TypeForm.Domain _,
                        TypeForm.Enumeration _,
                        TypeForm.Range _,
                        TypeForm.Pseudo _ -> {}
            }
        }
    }

    /** A catalog of exactly these types. */
    public static TypeCatalog of(Collection<PostgresType> types) {
        Map<Integer, PostgresType> byOid = new HashMap<>();
        types.forEach(type -> byOid.put(type.oid(), type));
        return new TypeCatalog(byOid, types);
    }

    /** Reads all types of the connected database with one query. */
    public static TypeCatalog read(Connection connection) throws SQLException {
        boolean multiranges = connection.getMetaData().getDatabaseMajorVersion() >= 14;
        String query = multiranges ? TYPES : TYPES_BEFORE_MULTIRANGES;
        List<PostgresType> types = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(query);
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                types.add(type(row));
            }
        }
        return of(types);
    }

    private static PostgresType type(ResultSet row) throws SQLException {
        TypeName name = new TypeName(row.getString("nspname"), row.getString("typname"));
        return new PostgresType(
                (int) row.getLong("oid"),
                name,
                form(row, name),
                row.getString("extname"),
                row.getBoolean("sends"),
                row.getBoolean("receives"));
    }

    private static TypeForm form(ResultSet row, TypeName name) throws SQLException {
        String kind = row.getString("typtype");
        return switch (kind) {
            case "b" -> {
                int element = (int) row.getLong("element");
                if (element != 0) {
                    yield new TypeForm.Array(element);
                }
                yield name.namespace().equals("pg_catalog")
                                && OBJECT_REFERENCES.contains(name.name())
                        ? new TypeForm.ObjectReference()
                        : new TypeForm.Scalar();
            }
            case "c" -> new TypeForm.Composite(fields(row));
            case "d" -> new TypeForm.Domain((int) row.getLong("base"));
            case "e" -> new TypeForm.Enumeration(List.of(texts(row.getArray("labels"))));
            case "r" -> new TypeForm.Range((int) row.getLong("subtype"));
            case "m" -> new TypeForm.Multirange((int) row.getLong("range_of_multirange"));
            case "p" -> new TypeForm.Pseudo();
            default ->
                    throw new IllegalStateException(
                            "type %s has a kind this program does not know: '%s'"
                                    .formatted(name, kind));
        };
    }

    private static List<TypeForm.Field> fields(ResultSet row) throws SQLException {
        String[] names = texts(row.getArray("field_names"));
        Array types = row.getArray("field_types");
        Long[] oids = types == null ? new Long[0] : (Long[]) types.getArray();
        List<TypeForm.Field> fields = new ArrayList<>();
        for (int i = 0; i < names.length; i++) {
            fields.add(new TypeForm.Field(names[i], (int) oids[i].longValue()));
        }
        return fields;
    }

    private static String[] texts(@Nullable Array array) throws SQLException {
        return array == null ? new String[0] : (String[]) array.getArray();
    }

    /** The type with that OID, if it was there. */
    public Optional<PostgresType> find(int oid) {
        return Optional.ofNullable(byOid.get(oid));
    }

    /** The type of that name, if it was there. */
    public Optional<PostgresType> find(TypeName name) {
        return Optional.ofNullable(byName.get(name));
    }

    /** The type of that name in an extension, wherever the extension was installed. */
    Optional<PostgresType> findInExtension(String extension, String name) {
        return Optional.ofNullable(byExtension.get(new TypeName(extension, name)));
    }

    OptionalInt arrayOf(int elementOid) {
        return optional(arrayOf.get(elementOid));
    }

    OptionalInt multirangeOf(int rangeOid) {
        return optional(multirangeOf.get(rangeOid));
    }

    private static OptionalInt optional(@Nullable Integer oid) {
        return oid == null ? OptionalInt.empty() : OptionalInt.of(oid);
    }

    /** All types, in no order. */
    public Collection<PostgresType> types() {
        return byOid.values();
    }

    /**
     * This catalog with the OIDs of an older one that are no longer in it: changes written before a
     * type was dropped still carry them. Names mean the newer types.
     */
    public TypeCatalog remembering(TypeCatalog older) {
        Map<Integer, PostgresType> all = new HashMap<>(older.byOid);
        all.putAll(byOid);
        Map<TypeName, PostgresType> named = new HashMap<>(older.byName);
        named.putAll(byName);
        named.values().removeIf(type -> !Objects.equals(all.get(type.oid()), type));
        return new TypeCatalog(all, named.values());
    }
}
