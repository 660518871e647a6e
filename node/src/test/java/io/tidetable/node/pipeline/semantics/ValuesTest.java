package io.tidetable.node.pipeline.semantics;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

/** A value is at the destination what it was at the source, to the last digit. */
class ValuesTest {
    static final List<Case> CASES =
            List.of(
                    of("numbers", "numbers at their limits")
                            .tables(
                                    "CREATE TABLE t (id int PRIMARY KEY, a smallint, b int, c bigint, d numeric, e numeric(20,5), f real, g float8, h money, i oid, j boolean)")
                            .rows(
                                    "INSERT INTO t VALUES (1, -32768, -2147483648, -9223372036854775808, '-Infinity', -0.00001, '-Infinity', 'NaN', '-92233720368547758.08', 4294967295, true)",
                                    "INSERT INTO t VALUES (2, 32767, 2147483647, 9223372036854775807, 'NaN', 99999999999999.99999, 'NaN', '-0', '92233720368547758.07', 0, false)",
                                    "INSERT INTO t VALUES (3, 0, 0, 0, 1e131071, 0, 1.17549435e-38, 5e-324, 0, 1, NULL)",
                                    "INSERT INTO t VALUES (4, 1, 1, 1, 0.0000, 1, 3.4028235e38, 1.7976931348623157e308, 1, 1, NULL)",
                                    "INSERT INTO t VALUES (5, 1, 1, 1, 1e-16383, 1, '-0', 0.1, 1, 1, NULL)",
                                    "INSERT INTO t (id) VALUES (6)")
                            .changes(
                                    "UPDATE t SET d = -d, f = -f, g = -g",
                                    "UPDATE t SET d = 'Infinity', g = 'Infinity', f = 'Infinity' WHERE id = 3",
                                    "UPDATE t SET d = 1.0 WHERE id = 4",
                                    "UPDATE t SET d = 1.00 WHERE id = 4",
                                    "UPDATE t SET (a, b, c, d, e, f, g, h, i, j) = (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL) WHERE id = 1"),
                    of("times", "dates and times at their limits, infinite, BC")
                            .tables(
                                    "CREATE TABLE t (id int PRIMARY KEY, a date, b time, c timetz, d timestamp, e timestamptz, f interval, g timestamp(0), h interval day to second(3))")
                            .rows(
                                    "INSERT INTO t VALUES (1, '4713-01-01 BC', '00:00', '00:00:00+15:59', '4713-01-01 00:00:00 BC', '4713-01-01 00:00:00+00 BC', '-178000000 years', now(), '1 day 2.3456 s')",
                                    "INSERT INTO t VALUES (2, '5874897-12-31', '24:00:00', '23:59:59.999999-15:59:59', '294276-12-31 23:59:59.999999', '294276-12-31 23:59:59.999999+00', '178000000 years', 'infinity', '0')",
                                    "INSERT INTO t VALUES (3, 'infinity', '12:34:56.000001', '12:34:56.000001+00', 'infinity', 'infinity', '1 mon -1 day 00:00:00.000001', '-infinity', '-1 day')",
                                    "INSERT INTO t VALUES (4, '-infinity', '0:0:1', '0:0:1+1', '-infinity', '-infinity', '30 days', now(), '24:00:00')",
                                    "INSERT INTO t VALUES (5, '0001-12-31 BC', '0:0:1', '0:0:1+1', '0001-01-01', '2026-03-29 01:30:00+00', '1 mon', now(), NULL)")
                            .changes(
                                    "UPDATE t SET f = '1 mon' WHERE f = '30 days'",
                                    "UPDATE t SET d = d + '1 us' WHERE id IN (1, 5)",
                                    "UPDATE t SET a = NULL, e = NULL WHERE id = 2"),
                    of("texts", "texts, empty and odd, and what is made of them")
                            .tables(
                                    "CREATE TABLE t (id int PRIMARY KEY, a text, b varchar(20), c char(10), d name, e \"char\", f public.citext, g xml, h json, i jsonb, j tsvector, k tsquery, l public.hstore, m jsonpath)")
                            .rows(
                                    "INSERT INTO t VALUES (1, '', '', '', '', '', '', '', '{}', '{}', '', '', '', '$')",
                                    "INSERT INTO t VALUES (2, E'\\\\N\\t\\r\\n\\b\\f\\v''\"', 'NULL', 'null  ', 'Name', 'x', 'CiText', '<a b=\"ü\"><!-- c --></a>', '{\"b\":  1.0, \"a\": [1e5, null], \"a\": \"\\u00fc\"}', '{\"b\": 1.0, \"n\": 12345678901234567890.123, \"a\": [1e5, null, \"\\u00fc\"]}', 'fat:2A cat:1', '!fat & (cat | rat:B*) <2> x', 'a=>1, b=>NULL, \"\"=>\"\", \"x=>y\"=>\"\\\"\"', '$.a[*] ? (@.b > 1)')",
                                    "INSERT INTO t VALUES (3, U&'\\+01F600\\00e4a\\0308\\200f', '日本語', '日本', '日', 'y', 'ÄÖ', '<?xml version=\"1.0\"?><x/>', '  null ', 'null', 'a', 'b', 'k=>v', '$')",
                                    "INSERT INTO t VALUES (4, repeat('x', 1000000), NULL, NULL, NULL, NULL, NULL, NULL, '\"text\"', '\"text\"', NULL, NULL, NULL, NULL)")
                            .changes(
                                    "UPDATE t SET c = c || 'y', b = b || ' '",
                                    "UPDATE t SET f = lower(f::text), h = '[]', i = i || '[1]' WHERE id > 1",
                                    "UPDATE t SET l = l || 'new=>x', a = a || 'x'"),
                    of("bits", "bytes, bits, networks, ids, places")
                            .tables(
                                    "CREATE TABLE t (id int PRIMARY KEY, a bytea, b bit(7), c varbit, d inet, e cidr, f macaddr, g macaddr8, h uuid, i pg_lsn, j point, k line, l lseg, m box, n path, o polygon, p circle, q txid_snapshot, r pg_snapshot, s xid8, u tid)")
                            .rows(
                                    "INSERT INTO t VALUES (1, '', B'0000000', B'', '0.0.0.0', '0.0.0.0/0', '00:00:00:00:00:00', '00:00:00:00:00:00:00:00', '00000000-0000-0000-0000-000000000000', '0/0', '(0,0)', '{1,2,3}', '[(0,0),(1,1)]', '(1,1),(0,0)', '[(0,0)]', '((0,0))', '<(0,0),0>', '10:20:10,14', '10:20:10,14', '0', '(0,1)')",
                                    "INSERT INTO t VALUES (2, '\\x00ff5c27', B'1010101', B'111', '::ffff:1.2.3.4/120', 'fe80::/64', 'ff:ff:ff:ff:ff:ff', 'ff:ff:ff:ff:ff:ff:ff:ff', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 'FFFFFFFF/FFFFFFFF', '(NaN,-0)', '{1,0,-0.1}', '[(1e300,-1e-300),(1,1)]', '(Infinity,1),(0,-Infinity)', '((0,0),(1,1),(2,0))', '((0,0),(1,1),(2,0))', '<(1.1,2.2),3.3>', '1:1:', '1:1:', '18446744073709551615', '(4294967295,65535)')",
                                    "INSERT INTO t (id, a) SELECT 3, decode(string_agg(lpad(to_hex(g), 2, '0'), ''), 'hex') FROM generate_series(0, 255) g")
                            .changes(
                                    "UPDATE t SET a = a || a, c = c || B'01', d = d + 1 WHERE id < 3",
                                    "UPDATE t SET j = '(-0,0)' WHERE id = 1"),
                    of("ranges", "ranges and multiranges, built in and of one's own")
                            .tables(
                                    "CREATE TYPE textrange AS RANGE (subtype = text, multirange_type_name = textmultirange)",
                                    "CREATE TABLE t (id int PRIMARY KEY, a int4range, b int8range, c numrange, d tsrange, e tstzrange, f daterange, g int4multirange, h nummultirange, i tstzmultirange, j textrange, k textmultirange, l textrange[])")
                            .rows(
                                    "INSERT INTO t VALUES (1, 'empty', 'empty', 'empty', 'empty', 'empty', 'empty', '{}', '{}', '{}', 'empty', '{}', '{}')",
                                    "INSERT INTO t VALUES (2, '(,)', '(,5]', '[1.0,1.00]', '[-infinity,infinity]', '(,\"2026-01-01 00:00:00+00\")', '[2026-01-01,infinity)', '{[1,3),[5,9)}', '{(,1.5],[2.50,)}', '{[2026-01-01 00:00:00+00,)}', textrange('a,b', 'z\"'), '{[a,b),(x,y]}', '{\"[a,b]\",NULL,empty}')")
                            .changes(
                                    "UPDATE t SET c = '[1.00,2)', j = '[\"\",b)' WHERE id = 2",
                                    "UPDATE t SET a = '[1,2]', g = g + '{[100,101)}' WHERE id = 1"),
                    of("arrays", "arrays of many types, nested, with NULLs and odd bounds")
                            .tables(
                                    "CREATE TABLE t (id int PRIMARY KEY, a int[], b text[], c numeric[][], d bool[], e timestamptz[], f jsonb[], g bytea[], h uuid[], i float8[], j interval[], k varchar(3)[], l xml[], m money[], n bit(3)[], o inet[], p date[], q name[], r json[])")
                            .rows(
                                    "INSERT INTO t VALUES (1, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')",
                                    "INSERT INTO t VALUES (2, '[2:3][-1:0]={{1,2},{3,NULL}}', ARRAY['', NULL, 'NULL', '{}', 'a\"b', E'\\\\'], '{{1.0,NaN},{2.00,-0}}', '{t,f,NULL}', '{infinity,-infinity,NULL}', ARRAY['null'::jsonb, NULL, '{\"a\":[]}'], ARRAY['\\x'::bytea, '\\x00'], ARRAY[gen_random_uuid()], '{NaN,-0,Infinity}', '{1 mon,30 days}', '{abc,NULL}', ARRAY['<a/>'::xml], '{1.5,-2}', ARRAY[B'101'], '{10.0.0.1,::1/64}', '{0001-01-01 BC}', '{n}', ARRAY['{ }'::json])",
                                    "INSERT INTO t (id) VALUES (3)")
                            .changes(
                                    "UPDATE t SET a = a || 7, b = array_append(b, 'x') WHERE id <> 2",
                                    "UPDATE t SET a = NULL, c = '{{1.00,NaN},{2.00,0}}' WHERE id = 2"),
                    of("own", "enums, domains, composites, and those inside each other")
                            .tables(
                                    "CREATE TYPE mood AS ENUM ('sad', 'ok', 'a longer label with '' and \"')",
                                    "CREATE DOMAIN small AS int CHECK (VALUE < 100)",
                                    "CREATE DOMAIN smaller AS small CHECK (VALUE < 50)",
                                    "CREATE DOMAIN smalls AS small[] CHECK (cardinality(VALUE) < 5)",
                                    "CREATE TYPE place AS (street text, number small, mood mood)",
                                    "CREATE TYPE journey AS (start place, stops place[], times tstzrange)",
                                    "CREATE DOMAIN home AS place CHECK (VALUE IS NULL OR (VALUE).street IS NOT NULL)",
                                    "CREATE TABLE t (id int PRIMARY KEY, a mood, b mood[], c small, d smaller, e smalls, f place, g place[], h journey, i home, j home[])")
                            .rows(
                                    "INSERT INTO t VALUES (1, 'sad', '{sad,NULL,ok}', 1, 2, '{1,NULL}', '(\"a \"\"street\"\"\",1,sad)', ARRAY[ROW('x', 2, NULL)::place, NULL], ROW(ROW('s', NULL, 'ok'), ARRAY[ROW('t', 3, 'sad')]::place[], '[2026-01-01,2026-02-01)'), ROW('home', 5, 'ok'), ARRAY[ROW('home', 5, 'ok')]::home[])",
                                    "INSERT INTO t VALUES (2, 'a longer label with '' and \"', '{}', NULL, NULL, NULL, ROW(NULL, NULL, NULL), '{}', ROW(NULL, '{}', 'empty'), NULL, '{}')")
                            .changes(
                                    "UPDATE t SET a = 'ok', b = b || 'sad'::mood",
                                    "UPDATE t SET f.number = 9, g = g || ROW('new', 1, 'ok')::place, d = 49",
                                    "ALTER TYPE mood ADD VALUE 'great' BEFORE 'ok'",
                                    "UPDATE t SET a = 'great', f.mood = 'great', b = '{great,great}' WHERE id = 1"),
                    of("names", "references to other objects travel by name")
                            .tables(
                                    "CREATE TYPE mood AS ENUM ('sad', 'ok')",
                                    "CREATE DOMAIN relation AS regclass",
                                    "CREATE TYPE pointer AS (r regclass, n int, c regconfig)",
                                    "CREATE TABLE other (id int PRIMARY KEY, m mood)",
                                    "CREATE TABLE t (id int PRIMARY KEY, a regtype, b regclass, c regproc, d regnamespace, e regtype[], f relation, g pointer, h regclass[], i regconfig, j regrole, k regdictionary)")
                            .rows(
                                    "INSERT INTO t VALUES (1, 'int', 'pg_class', 'pg_catalog.now', 'pg_catalog', '{int,text}', 'pg_type', ROW('pg_class', 1, 'english'), '{pg_class}', 'english', 'postgres', 'simple')",
                                    "INSERT INTO t VALUES (2, 'mood', 'other', 0, 'v_names', '{int,NULL,mood}', 't', ROW('other', 2, 'german'), '{other,NULL,t}', 'german', 'postgres', 'german_stem')",
                                    "INSERT INTO t VALUES (3)")
                            .changes(
                                    "UPDATE t SET a = 'text', b = 'pg_type' WHERE id = 1",
                                    "UPDATE t SET a = 'mood', b = 'other', d = 'v_names', f = 'other', h = '{t,t}', i = 'french' WHERE id = 3",
                                    "UPDATE t SET b = 't', e = e || 'mood'::regtype, g.r = 't' WHERE id = 2"),
                    of(
                                    "refusing",
                                    "types that refuse NULL, also where the stream leaves a value out")
                            .tables(
                                    "CREATE DOMAIN must AS text NOT NULL CHECK (VALUE <> 'never')",
                                    "CREATE DOMAIN number AS int CHECK (VALUE IS NOT NULL)",
                                    "CREATE TABLE t (id int PRIMARY KEY, v int, a must, b must, n number)",
                                    "ALTER TABLE t ALTER a SET STORAGE EXTERNAL, ALTER b SET STORAGE EXTERNAL",
                                    "CREATE TABLE keyless (v int, a must, n number)",
                                    "ALTER TABLE keyless REPLICA IDENTITY FULL")
                            .rows(
                                    "INSERT INTO t SELECT g, g, repeat(md5(g::text), 200), 'b', g FROM generate_series(1, 200) g",
                                    "INSERT INTO keyless SELECT g % 5, repeat('a', 9000), g FROM generate_series(1, 20) g")
                            .changes(
                                    "UPDATE t SET v = v + 1",
                                    "UPDATE t SET b = a WHERE id % 2 = 0",
                                    "UPDATE t SET id = id + 1000, n = -n WHERE id % 3 = 0",
                                    "DELETE FROM t WHERE id % 5 = 0",
                                    Case.transaction(
                                            "INSERT INTO t SELECT 5000, 1, repeat('x', 9000), 'b', 1",
                                            "UPDATE t SET v = 2 WHERE id = 5000",
                                            "DELETE FROM t WHERE id = 1",
                                            "INSERT INTO t SELECT 1, 1, repeat('y', 9000), 'again', 1",
                                            "UPDATE t SET v = 3 WHERE id = 1"),
                                    "UPDATE keyless SET v = v + 10 WHERE v = 2",
                                    "DELETE FROM keyless WHERE v = 3"),
                    of("toast", "values stored out of line stay when others change")
                            .tables(
                                    "CREATE TABLE t (id int PRIMARY KEY, v int, a text, b text, c jsonb)",
                                    "ALTER TABLE t ALTER a SET STORAGE EXTERNAL, ALTER b SET STORAGE EXTERNAL")
                            .rows(
                                    "INSERT INTO t SELECT g, 0, repeat(md5(g::text), 200), repeat(md5(g || 'b'), 300), jsonb_build_object('x', repeat(md5(g::text), 500)) FROM generate_series(1, 40) g")
                            .changes(
                                    "UPDATE t SET v = 1",
                                    "UPDATE t SET a = a || 'x' WHERE id % 2 = 0",
                                    "UPDATE t SET id = id + 100 WHERE id % 3 = 0",
                                    "UPDATE t SET b = NULL WHERE id % 5 = 0",
                                    "UPDATE t SET b = 'short' WHERE id % 7 = 0",
                                    Case.transaction(
                                            "INSERT INTO t SELECT 1000, 0, repeat('y', 9000), repeat('z', 9000), '{}'",
                                            "UPDATE t SET v = 5 WHERE id = 1000",
                                            "UPDATE t SET a = 'short' WHERE id = 1000",
                                            "UPDATE t SET id = 1001 WHERE id = 1000",
                                            "UPDATE t SET v = v + 1 WHERE id = 1001"),
                                    Case.transaction(
                                            "DELETE FROM t WHERE id = 1",
                                            "INSERT INTO t SELECT 1, 9, repeat('n', 9000), repeat('m', 9000), '{}'",
                                            "UPDATE t SET v = 10 WHERE id = 1")),
                    of("toastfull", "values stored out of line under replica identity full")
                            .tables(
                                    "CREATE TABLE t (id int PRIMARY KEY, v int, a text, b text)",
                                    "ALTER TABLE t ALTER a SET STORAGE EXTERNAL, ALTER b SET STORAGE EXTERNAL",
                                    "ALTER TABLE t REPLICA IDENTITY FULL",
                                    "CREATE TABLE keyless (v int, a text, b text)",
                                    "ALTER TABLE keyless ALTER a SET STORAGE EXTERNAL, ALTER b SET STORAGE EXTERNAL",
                                    "ALTER TABLE keyless REPLICA IDENTITY FULL")
                            .rows(
                                    "INSERT INTO t SELECT g, g % 2, repeat(md5(g::text), 200), repeat(md5(g || 'b'), 300) FROM generate_series(1, 20) g",
                                    "INSERT INTO keyless SELECT g % 4, repeat('a', 9000), repeat('b' || g % 4, 9000) FROM generate_series(1, 20) g")
                            .changes(
                                    "UPDATE t SET v = v + 10",
                                    "UPDATE t SET a = a || 'x' WHERE id % 2 = 0",
                                    "UPDATE t SET id = id + 100, v = 3 WHERE id % 3 = 0",
                                    "DELETE FROM t WHERE id % 5 = 0",
                                    "UPDATE keyless SET v = v + 10 WHERE v = 2",
                                    "UPDATE keyless SET a = 'short' WHERE v = 1",
                                    "DELETE FROM keyless WHERE v = 3"));

    private static Case of(String namespace, String name) {
        return Case.of("v_" + namespace, name);
    }

    @TestFactory
    Stream<DynamicNode> arrives() {
        return Matrix.of(CASES);
    }
}
