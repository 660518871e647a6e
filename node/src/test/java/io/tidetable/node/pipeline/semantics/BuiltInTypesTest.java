package io.tidetable.node.pipeline.semantics;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every type that PostgreSQL brings along is carried, alone and in arrays. */
class BuiltInTypesTest {
    /** A type and a value of it, each line. */
    private static final String VALUES =
            """
            aclitem postgres=r/postgres
            bit 1
            bool t
            box (1,1),(0,0)
            bpchar blank\s
            bytea \\x00ff
            char x
            cid 7
            cidr 10.0.0.0/8
            circle <(0,0),1>
            date 0044-03-15 BC
            datemultirange {[2026-01-01,2026-02-01)}
            daterange [2026-01-01,infinity)
            float4 NaN
            float8 -Infinity
            inet ::1/64
            int2 -32768
            int2vector 1 2 3
            int4 2147483647
            int4multirange {[1,3),[5,9)}
            int4range empty
            int8 -9223372036854775808
            int8multirange {}
            int8range (,5)
            interval 1 mon -1 day 00:00:00.000001
            json {"a":  1.0, "a": null}
            jsonb {"a": 1.0}
            jsonpath $.a[*] ? (@.b > 1)
            line {1,2,3}
            lseg [(0,0),(1,1)]
            macaddr 01:02:03:04:05:06
            macaddr8 01:02:03:04:05:06:07:08
            money -12.34
            name a name
            nummultirange {[1.0,1.50]}
            numrange [1.0,1.00]
            numeric 12345678901234567890.1234567890
            oid 4294967295
            oidvector 1 4294967295
            path [(0,0),(1,1)]
            pg_lsn 16/B374D848
            pg_snapshot 10:20:10,14
            point (-0,1e-300)
            polygon ((0,0),(1,1),(2,0))
            refcursor a cursor
            regclass pg_class
            regcollation "C"
            regconfig english
            regdictionary simple
            regnamespace pg_catalog
            regoper ||/
            regoperator +(integer,integer)
            regproc pg_catalog.now
            regprocedure pg_catalog.now()
            regrole postgres
            regtype integer
            text a text
            tid (4294967295,65535)
            time 24:00:00
            timestamp infinity
            timestamptz 4713-01-01 00:00:00+00 BC
            timetz 23:59:59.999999-15:59
            tsmultirange {[-infinity,infinity]}
            tsquery 'fat' & !'cat':*
            tsrange [2026-01-01,2026-01-02)
            tstzmultirange {(,)}
            tstzrange empty
            tsvector 'cat':1 'fat':2A
            txid_snapshot 10:20:10,14
            uuid ffffffff-ffff-ffff-ffff-ffffffffffff
            varbit 10101
            varchar varying
            xid 4294967295
            xid8 18446744073709551615
            xml <a b="1"/>
            """;

    /** No value of these can be written down. */
    private static final Set<String> INTERNAL =
            Set.of(
                    "gtsvector",
                    "pg_brin_bloom_summary",
                    "pg_brin_minmax_multi_summary",
                    "pg_dependencies",
                    "pg_mcv_list",
                    "pg_ndistinct",
                    "pg_node_tree");

    /** PostgreSQL has no binary form of it, and sends no arrays of such types. */
    private static final String ALONE_ONLY = "aclitem";

    private static final Map<String, String> TYPES = types();

    static final List<Case> CASES =
            List.of(
                    Case.of("b_alone", "a value of every built-in type")
                            .tables(table(""))
                            .rows(
                                    "INSERT INTO t (id) VALUES (1), (2)",
                                    "INSERT INTO t VALUES (3, %s)".formatted(values("", "%s")))
                            .changes(
                                    "UPDATE t SET (%1$s) = (SELECT %1$s FROM t WHERE id = 3) WHERE id = 1"
                                            .formatted(columns("")),
                                    "UPDATE t SET id = 4 WHERE id = 3",
                                    "UPDATE t SET (%1$s) = (SELECT %1$s FROM t WHERE id = 2) WHERE id = 4"
                                            .formatted(columns(""))),
                    Case.of("b_arrays", "arrays of every built-in type")
                            .tables(table("[]"))
                            .rows(
                                    "INSERT INTO t (id) VALUES (1), (2)",
                                    "INSERT INTO t VALUES (3, %s)"
                                            .formatted(values("[]", "ARRAY[%1$s, NULL, %1$s]")),
                                    "INSERT INTO t VALUES (4, %s)"
                                            .formatted(values("[]", "ARRAY[%s]")))
                            .changes(
                                    "UPDATE t SET (%1$s) = (SELECT %1$s FROM t WHERE id = 3) WHERE id = 1"
                                            .formatted(columns("[]")),
                                    "UPDATE t SET id = 5 WHERE id = 3",
                                    "UPDATE t SET (%1$s) = (SELECT %1$s FROM t WHERE id = 2) WHERE id = 4"
                                            .formatted(columns("[]"))));

    private static Map<String, String> types() {
        Map<String, String> types = new TreeMap<>();
        VALUES.lines()
                .forEach(line -> {
                    int blank = line.indexOf(' ');
                    types.put(line.substring(0, blank), line.substring(blank + 1));
                });
        return types;
    }

    private static Stream<Map.Entry<String, String>> types(String array) {
        return TYPES.entrySet().stream()
                .filter(entry -> array.isEmpty() || !entry.getKey().equals(ALONE_ONLY));
    }

    private static String table(String array) {
        return "CREATE TABLE t (id int PRIMARY KEY, %s)"
                .formatted(
                        types(array)
                                .map(Map.Entry::getKey)
                                .map(type ->
                                        "\"%1$s\" pg_catalog.\"%1$s\"%2$s".formatted(type, array))
                                .collect(joining(", ")));
    }

    private static String columns(String array) {
        return types(array).map(entry -> '"' + entry.getKey() + '"').collect(joining(", "));
    }

    private static String values(String array, String around) {
        return types(array)
                .map(entry ->
                        around.formatted(
                                "'%s'::pg_catalog.\"%s\""
                                        .formatted(
                                                entry.getValue().replace("'", "''"),
                                                entry.getKey())))
                .collect(joining(", "));
    }

    @TestFactory
    Stream<DynamicNode> arrives() {
        return Matrix.of(CASES);
    }

    @Test
    void noBuiltInTypeIsLeftOut() throws Exception {
        try (ReplicatedPair pair = ReplicatedPair.fresh()) {
            Set<String> all =
                    new TreeSet<>(
                            pair.rowsAtSource(
                                    """
                                    SELECT typname FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace
                                        AND typtype IN ('b', 'r', 'm', 'd', 'e') AND typcategory <> 'A'
                                    UNION SELECT unnest(ARRAY['int2vector', 'oidvector'])
                                    """));
            all.removeAll(INTERNAL);

            assertThat(TYPES.keySet()).isEqualTo(all);
        }
    }
}
