package io.tidetable.node.catalog;

/** The SQL by which a catalog is read: one statement for all tables each, never one per table. */
final class CatalogQueries {
    private static final String FROM_RELATIONS =
            """
            SELECT c.oid::bigint AS oid, n.nspname, c.relname, c.relkind::text AS kind,
                c.relispartition, c.relpersistence = 't' AS temporary, e.extname
            FROM pg_catalog.pg_class c
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                LEFT JOIN pg_catalog.pg_depend d ON d.deptype = 'e' AND d.objid = c.oid
                    AND d.classid = 'pg_catalog.pg_class'::regclass AND d.objsubid = 0
                LEFT JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
            WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm')
                AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'tidetable')
                AND n.nspname NOT LIKE 'pg\\_toast%' AND n.nspname NOT LIKE 'pg\\_temp\\_%'
            """;

    private static final String BY_NAME = "ORDER BY n.nspname, c.relname";

    static final String RELATIONS = FROM_RELATIONS + BY_NAME;

    /** Of those, the ones with the given names; they are looked up first, by their index. */
    static final String RELATIONS_NAMED =
            FROM_RELATIONS
                    + """
                        AND c.oid = ANY (ARRAY(
                            SELECT named.oid
                            FROM unnest(?::name[], ?::name[]) AS wanted(namespace, name)
                                JOIN pg_catalog.pg_namespace home ON home.nspname = wanted.namespace
                                JOIN pg_catalog.pg_class named ON named.relnamespace = home.oid
                                    AND named.relname = wanted.name))
                    """
                    + BY_NAME;

    /** Roots and everything below them, with the root each belongs to. */
    static final String TABLES =
            """
            WITH RECURSIVE tree AS (
                SELECT wanted.oid, wanted.oid AS root, 0 AS depth, NULL::oid AS parent
                FROM unnest(?::bigint[]::oid[]) AS wanted(oid)
                UNION ALL
                SELECT i.inhrelid, tree.root, tree.depth + 1, i.inhparent
                FROM tree
                    JOIN pg_catalog.pg_inherits i ON i.inhparent = tree.oid
                    JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND c.relispartition
            )
            SELECT c.oid::bigint AS oid, tree.root::bigint AS root, tree.depth,
                n.nspname, c.relname, c.relkind::text AS kind, c.relpersistence::text AS persistence,
                pg_catalog.pg_get_userbyid(c.relowner) AS owner, c.relreplident::text AS identity,
                c.relrowsecurity, c.relforcerowsecurity, c.relpages, c.reltuples::bigint AS tuples,
                c.relfilenode::bigint AS file, pn.nspname AS parent_namespace, p.relname AS parent,
                CASE WHEN c.relispartition
                    THEN pg_catalog.pg_get_expr(c.relpartbound, c.oid) END AS bound,
                CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END AS key,
                heritage.namespaces AS inherited_namespaces, heritage.names AS inherited_names,
                EXISTS (SELECT FROM pg_catalog.pg_inherits i
                    WHERE i.inhparent = c.oid AND c.relkind = 'r') AS has_heirs
            FROM tree
                JOIN pg_catalog.pg_class c ON c.oid = tree.oid
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                LEFT JOIN pg_catalog.pg_class p ON p.oid = tree.parent
                LEFT JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
                CROSS JOIN LATERAL (
                    SELECT array_agg(hn.nspname::text ORDER BY i.inhseqno) AS namespaces,
                        array_agg(h.relname::text ORDER BY i.inhseqno) AS names
                    FROM pg_catalog.pg_inherits i
                        JOIN pg_catalog.pg_class h ON h.oid = i.inhparent
                        JOIN pg_catalog.pg_namespace hn ON hn.oid = h.relnamespace
                    WHERE i.inhrelid = c.oid AND NOT c.relispartition) AS heritage
            ORDER BY tree.depth, n.nspname, c.relname
            """;

    static final String COLUMNS =
            """
            SELECT a.attrelid::bigint AS relation, a.attname, a.attnum,
                pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
                a.atttypid::bigint AS type_oid, a.atttypmod,
                a.attnotnull AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint c
                    WHERE c.conrelid = a.attrelid AND c.contype = 'n' AND NOT c.convalidated
                        AND c.conkey = ARRAY[a.attnum]) AS not_null,
                CASE WHEN a.atthasdef THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END AS expression,
                a.attgenerated::text AS generated, a.attidentity::text AS identity, a.atthasmissing,
                CASE WHEN a.attcollation <> t.typcollation
                    THEN pg_catalog.quote_ident(cn.nspname) || '.'
                        || pg_catalog.quote_ident(co.collname) END AS collation
            FROM pg_catalog.pg_attribute a
                JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
                LEFT JOIN pg_catalog.pg_attrdef d
                    ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation
                LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
            WHERE a.attrelid = ANY (?::bigint[]::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
            ORDER BY a.attrelid, a.attnum
            """;

    /** A constraint's index is told by the constraint; writing statements is what takes long. */
    static final String INDEXES =
            """
            SELECT i.indrelid::bigint AS relation, c.relname, i.indisunique, i.indisprimary,
                i.indisexclusion, i.indimmediate, i.indisvalid AND i.indisready AS valid,
                i.indpred IS NOT NULL AS partial, i.indexprs IS NOT NULL AS expressions,
                i.indisreplident, con.conname, attached.yes AS attached,
                (SELECT array_agg(a.attname::text ORDER BY k.position)
                    FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, position)
                        JOIN pg_catalog.pg_attribute a
                            ON a.attrelid = i.indrelid AND a.attnum = k.number
                    WHERE k.position <= i.indnkeyatts) AS columns,
                CASE WHEN con.oid IS NULL AND NOT attached.yes
                    THEN pg_catalog.pg_get_indexdef(i.indexrelid) END AS statement
            FROM pg_catalog.pg_index i
                JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
                LEFT JOIN pg_catalog.pg_constraint con
                    ON con.conrelid = i.indrelid AND con.conindid = i.indexrelid
                        AND con.contype IN ('p', 'u', 'x')
                CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM pg_catalog.pg_inherits h
                    WHERE h.inhrelid = i.indexrelid) AS yes) AS attached
            WHERE i.indrelid = ANY (?::bigint[]::oid[]) AND i.indislive
            ORDER BY i.indrelid, i.indisprimary DESC, c.relname
            """;

    static final String CONSTRAINTS =
            """
            SELECT con.conrelid::bigint AS relation, con.conname, con.contype::text AS kind,
                pg_catalog.pg_get_constraintdef(con.oid) AS definition,
                rn.nspname AS referenced_namespace, r.relname AS referenced
            FROM pg_catalog.pg_constraint con
                LEFT JOIN pg_catalog.pg_class r ON r.oid = con.confrelid
                LEFT JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
            WHERE con.conrelid = ANY (?::bigint[]::oid[])
                AND con.contype IN ('p', 'u', 'x', 'c', 'f')
                AND con.conparentid = 0 AND con.conislocal
            ORDER BY con.conrelid, con.conname
            """;

    /** Sequences of the tables' columns, used by their defaults, or free-standing. */
    static final String SEQUENCES =
            """
            SELECT n.nspname, c.relname, pg_catalog.format_type(s.seqtypid, NULL) AS type,
                s.seqstart, s.seqmin, s.seqmax, s.seqincrement, s.seqcache, s.seqcycle,
                onsp.nspname AS owner_namespace, o.relname AS owner, a.attname AS owner_column,
                COALESCE(d.deptype = 'i', false) AS identity,
                d.refobjid = ANY (wanted.oids) OR EXISTS (
                    SELECT FROM pg_catalog.pg_depend u
                        JOIN pg_catalog.pg_attrdef ad ON ad.oid = u.objid
                    WHERE u.classid = 'pg_catalog.pg_attrdef'::regclass
                        AND u.refclassid = 'pg_catalog.pg_class'::regclass AND u.refobjid = c.oid
                        AND ad.adrelid = ANY (wanted.oids)) AS belongs,
                d.refobjid IS NULL AS free_standing
            FROM pg_catalog.pg_sequence s
                CROSS JOIN (SELECT ?::bigint[]::oid[] AS oids) AS wanted
                JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid AND c.relpersistence <> 't'
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                LEFT JOIN pg_catalog.pg_depend d ON d.objid = c.oid
                    AND d.classid = 'pg_catalog.pg_class'::regclass
                    AND d.refclassid = 'pg_catalog.pg_class'::regclass
                    AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
                LEFT JOIN pg_catalog.pg_class o ON o.oid = d.refobjid
                LEFT JOIN pg_catalog.pg_namespace onsp ON onsp.oid = o.relnamespace
                LEFT JOIN pg_catalog.pg_attribute a
                    ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
            WHERE n.nspname <> 'tidetable'
            ORDER BY n.nspname, c.relname
            """;

    private CatalogQueries() {}
}
