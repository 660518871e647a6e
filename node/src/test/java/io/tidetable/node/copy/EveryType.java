package io.tidetable.node.copy;

import java.util.List;

/** A table with a column of every kind of type, the same at both sides in another order. */
public final class EveryType {
    private static final String[] TYPES = {
        "CREATE EXTENSION citext",
        "CREATE EXTENSION hstore",
        "CREATE TYPE mood AS ENUM ('sad', 'Ok', 'happy')",
        "CREATE TYPE place AS (street text, number int)",
        "CREATE DOMAIN positive AS int CHECK (VALUE > 0)"
    };

    private static final List<String> COLUMNS =
            List.of(
                    "\"Odd \"\"name\" int",
                    "flag bool",
                    "tiny smallint",
                    "big bigint",
                    "exact numeric",
                    "money2 numeric(12,2)",
                    "f4 real",
                    "f8 double precision",
                    "txt text",
                    "var varchar(50)",
                    "fixed char(8)",
                    "ci citext",
                    "hs hstore",
                    "raw bytea",
                    "d date",
                    "t time",
                    "ttz timetz",
                    "ts timestamp",
                    "tstz timestamptz",
                    "span interval",
                    "u uuid",
                    "j json",
                    "jb jsonb",
                    "x xml",
                    "ip inet",
                    "net cidr",
                    "mac macaddr",
                    "bits bit(5)",
                    "vbits varbit",
                    "cash money",
                    "pt point",
                    "poly polygon",
                    "words tsvector",
                    "m mood",
                    "pl place",
                    "pos positive",
                    "ints int[]",
                    "texts text[]",
                    "moods mood[]",
                    "places place[]",
                    "r int4range",
                    "mr nummultirange",
                    "lsn pg_lsn",
                    "doc text",
                    "doubled bigint GENERATED ALWAYS AS (big * 2) STORED",
                    "counter int GENERATED ALWAYS AS IDENTITY");

    /** Takes the number of rows as its last word. */
    private static final String ROWS =
            """
            INSERT INTO types (id, "Odd ""name", flag, tiny, big, exact, money2, f4, f8, txt, var, fixed,
                ci, hs, raw, d, t, ttz, ts, tstz, span, u, j, jb, x, ip, net, mac, bits, vbits, cash, pt,
                poly, words, m, pl, pos, ints, texts, moods, places, r, mr, lsn, doc)
            SELECT i, i, i % 2 = 0, i, i * 1000000007::bigint, CASE i % 4 WHEN 0 THEN 'NaN' WHEN 1 THEN 1.50
                    ELSE i / 7.0 END,
                i / 3.0, CASE i % 5 WHEN 0 THEN 'NaN'::real WHEN 1 THEN '-0' ELSE i / 3.0 END,
                CASE i % 5 WHEN 0 THEN '-Infinity'::float8 ELSE random() END,
                CASE i % 6 WHEN 0 THEN NULL WHEN 1 THEN '' WHEN 2 THEN '\\N' WHEN 3 THEN E'a\\tb\\\\\\nü"'''
                    ELSE 'text ' || i END,
                'v' || i, 'c ' || i, 'CI' || i, hstore('k', i::text), decode(md5(i::text), 'hex'),
                CASE i % 7 WHEN 0 THEN 'infinity'::date WHEN 1 THEN '0044-03-15 BC' ELSE '2026-01-01'::date + i END,
                '10:00:00.123456'::time, '10:00:00+05:30'::timetz, '2026-01-01'::timestamp + i * '1 s'::interval,
                CASE i % 7 WHEN 0 THEN '-infinity'::timestamptz ELSE now() + i * '1 h'::interval END,
                '1 mon -3 days 04:05:06.789'::interval * i, gen_random_uuid(),
                '{"b": 1.10,  "a": [null]}', jsonb_build_object('n', i / 3.0), '<a>ü</a>',
                ('10.0.0.' || i % 256)::inet, '10.1.0.0/16', '08:00:2b:01:02:03', B'10101', B'1101',
                (i * 1.01)::money, point(i, -i), '((0,0),(1,1),(1,0))', to_tsvector('simple', 'word' || i), 'Ok',
                ROW('a "street"', i)::place, i + 1, ARRAY[i, NULL], ARRAY['', NULL, 'NULL', 'a,b'], ARRAY['sad', 'happy']::mood[],
                ARRAY[ROW('x', i)::place], int4range(i, i + 5), nummultirange(numrange(1.5, i + 2)),
                '16/B374D848', repeat(md5(i::text), i % 300)
            FROM generate_series(1,
            """;

    private EveryType() {}

    /** Makes the table on both sides, and rows of it at the source. */
    public static void create(CopyWorld world, int rows) throws Exception {
        world.pair()
                .onDestination(
                        "CREATE SCHEMA elsewhere", "CREATE TYPE elsewhere.shift AS ENUM ('x')");
        world.pair().onBoth(TYPES);
        world.pair()
                .onSource(
                        "CREATE TABLE types (id int PRIMARY KEY, "
                                + String.join(", ", COLUMNS)
                                + ")",
                        ROWS + rows + ") i");
        world.pair()
                .onDestination(
                        "CREATE TABLE types ("
                                + String.join(", ", COLUMNS.reversed())
                                + ", id int PRIMARY KEY)");
    }
}
