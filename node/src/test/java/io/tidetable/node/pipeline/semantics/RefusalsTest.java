package io.tidetable.node.pipeline.semantics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidetable.model.Consistency;
import io.tidetable.model.TableId;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What cannot be right is refused with a sentence, and stays the trouble of its own table. */
class RefusalsTest {
    private final ReplicatedPair pair = ReplicatedPair.fresh();

    @AfterEach
    void close() throws Exception {
        pair.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE TABLE t (a int, v text)",
                "CREATE TABLE t (a int PRIMARY KEY, v text); ALTER TABLE t REPLICA IDENTITY NOTHING",
                "CREATE TABLE t (a int PRIMARY KEY DEFERRABLE, v text)"
            })
    void tablesWhoseUpdatesPostgresWouldRefuseOncePublishedAreNotPublished(String table)
            throws Exception {
        pair.source(table, "INSERT INTO t VALUES (1, 'a')");

        assertThatThrownBy(pair::start)
                .hasMessageContaining("public.t (at public.t")
                .hasMessageContaining("give them a primary key");

        pair.source("UPDATE t SET v = 'still allowed'");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "numeric | k (numeric)",
                "float8 | k (double precision)",
                "citext | k (public.citext)",
                "jsonb | k (jsonb)",
                "interval | k (interval)",
                "char varying COLLATE loose | k (character varying)",
                "loosely | k (public.loosely)",
                "bpchar | k (bpchar)"
            })
    void keysWhoseEqualValuesDifferInBytesAreNotSpread(String type, String named) throws Exception {
        pair.source(
                "CREATE EXTENSION citext",
                "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
                "CREATE DOMAIN loosely AS text COLLATE loose",
                "CREATE TABLE t (a int, k %s, v text, PRIMARY KEY (a, k))".formatted(type));
        pair.with(new Consistency.Key(2));

        assertThatThrownBy(pair::start)
                .hasMessageContaining("equal values of " + named)
                .hasMessageContaining("use consistency 'table'");
    }

    @Test
    void furtherUniqueKeysKeepATableFromBeingSpread() throws Exception {
        pair.source("CREATE TABLE t (id int PRIMARY KEY, u int UNIQUE)");
        pair.with(new Consistency.Key(2));

        assertThatThrownBy(pair::start).hasMessageContaining("t_u_key");
    }

    @Test
    void spreadKeysOfExactTypesKeepTheirOrder() throws Exception {
        pair.source(
                "CREATE TYPE mood AS ENUM ('a', 'b', 'c', 'd', 'e')",
                "CREATE DOMAIN code AS varchar(10)",
                "CREATE TABLE t (id int PRIMARY KEY, v text)",
                "CREATE TABLE u (k uuid PRIMARY KEY, v int)",
                "CREATE TABLE m (a mood, b code, c timestamptz, d numeric(8,2), e bytea, v int, PRIMARY KEY (a, b, c, d, e))",
                "INSERT INTO t SELECT g, 'v' FROM generate_series(1, 200) g",
                "INSERT INTO u SELECT gen_random_uuid(), g FROM generate_series(1, 200) g",
                "INSERT INTO m SELECT 'a', g, '2026-01-01', g, '\\x00', g FROM generate_series(1, 100) g");
        pair.with(new Consistency.Key(3)).stream();
        for (int round = 0; round < 20; round++) {
            pair.source(
                    "UPDATE t SET v = v || '%d'".formatted(round),
                    "UPDATE u SET v = v + 1 WHERE v %% 3 = %d %% 3".formatted(round),
                    "UPDATE m SET v = v * 2 WHERE d > %d".formatted(round),
                    "UPDATE m SET a = 'b', d = d + 0.5 WHERE b = '%d'".formatted(round),
                    "UPDATE t SET id = id + 1000 WHERE id = %d".formatted(round * 3 + 1),
                    "DELETE FROM t WHERE id = %d".formatted(round * 5 + 2),
                    "INSERT INTO t VALUES (%d, 'again')".formatted(round * 5 + 2));
            if (round == 10) {
                pair.source(
                        "TRUNCATE u",
                        "INSERT INTO u SELECT gen_random_uuid(), g FROM generate_series(1, 50) g");
            }
        }
        pair.assertEqual();
    }

    @Test
    void aRowThatACheckOfTheDestinationRefusesIsSetAsideAndTheLaneGoesOn() throws Exception {
        pair.source("CREATE TABLE t (id int PRIMARY KEY, v int)", "INSERT INTO t VALUES (1, 1)");
        pair.stream();
        pair.destination("ALTER TABLE t ADD CONSTRAINT small CHECK (v < 100)");
        pair.source(
                "INSERT INTO t VALUES (2, 200)",
                "INSERT INTO t VALUES (3, 3)",
                "UPDATE t SET v = 5 WHERE id = 2",
                "UPDATE t SET v = 6 WHERE id = 1");
        pair.awaitComplete();

        assertThat(pair.rows("SELECT id, v FROM t ORDER BY id")).containsExactly("1|6", "3|3");
        assertThat(pair.inQuarantine()).hasSize(2).first().asString().contains("small");
        assertThat(pair.status("t").quarantined()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE TABLE t (id int PRIMARY KEY, v int)",
                "CREATE TABLE t (v int, id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE t_low PARTITION OF t FOR VALUES FROM (MINVALUE) TO (50); CREATE TABLE t_high PARTITION OF t DEFAULT"
            })
    void changesOfRowsThatTheDestinationHasLostChangeNothingUntilAMergeBringsThemBack(String there)
            throws Exception {
        pair.source(
                "CREATE TABLE t (id int PRIMARY KEY, v int)",
                "INSERT INTO t SELECT g, g FROM generate_series(1, 100) g");
        pair.destination(there);
        pair.stream();
        pair.destination("DELETE FROM t WHERE id IN (1, 2, 3, 70)");
        pair.source(
                "UPDATE t SET v = 0 WHERE id IN (1, 10)",
                "DELETE FROM t WHERE id IN (2, 70)",
                "UPDATE t SET id = 1003 WHERE id = 3",
                "INSERT INTO t VALUES (101, 101)");
        pair.awaitComplete();
        assertThat(
                        pair.rows(
                                "SELECT id, v FROM t WHERE id IN (1, 2, 3, 10, 70, 101, 1003) ORDER BY id"))
                .containsExactly("10|0", "101|101");
        assertThat(pair.inQuarantine()).isEmpty();

        pair.pipeline().resync(ReplicatedPair.REPORTING, new TableId("public", "t"));
        pair.assertEqual();
    }

    @Test
    void rowsThatTheDestinationHadBeforeAreTouchedOnlyWhenSomebodyAsksForIt() throws Exception {
        pair.source(
                "CREATE TABLE t (id int PRIMARY KEY, u int UNIQUE, v text)",
                "INSERT INTO t SELECT g, g, 'v' FROM generate_series(1, 100) g");
        pair.destination(
                "CREATE TABLE t (id int PRIMARY KEY, u int UNIQUE, v text)",
                "INSERT INTO t SELECT g, 201 - g, 'old' FROM generate_series(50, 200) g");
        String all = "SELECT count(*), sum(id), sum(u), max(v) FROM t";
        var before = pair.rows(all);
        pair.start();
        pair.awaitFailure("t", "TT-504");
        pair.source("UPDATE t SET v = 'w' WHERE id % 2 = 0", "DELETE FROM t WHERE id = 60");
        assertThat(pair.rows(all)).isEqualTo(before);

        pair.pipeline().resync(ReplicatedPair.REPORTING, new TableId("public", "t"));
        pair.assertEqual();
        pair.source("UPDATE t SET u = -u", "INSERT INTO t VALUES (150, 150, 'x')");
        pair.assertEqual();
    }

    @Test
    void whatATriggerOfTheDestinationRefusesIsSetAsideAndWhatItCatchesItselfArrives()
            throws Exception {
        pair.source("CREATE TABLE t (id int PRIMARY KEY, v int)", "INSERT INTO t VALUES (1, 1)");
        pair.stream();
        pair.destination(
                "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.v = 13 THEN RAISE EXCEPTION 'not 13'; END IF; BEGIN PERFORM 1 / 0; EXCEPTION WHEN division_by_zero THEN NULL; END; RETURN NEW; END $$",
                "CREATE TRIGGER note BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION note()",
                "ALTER TABLE t ENABLE ALWAYS TRIGGER note");
        pair.source(
                "INSERT INTO t SELECT g, g FROM generate_series(2, 20) g",
                "UPDATE t SET v = 14 WHERE id = 13",
                "UPDATE t SET v = 0 WHERE id = 1");
        pair.awaitComplete();

        assertThat(pair.rows("SELECT count(*), count(*) FILTER (WHERE id = 13), min(v) FROM t"))
                .containsExactly("19|0|0");
        assertThat(pair.inQuarantine()).hasSize(2).first().asString().contains("not 13");
    }

    @Test
    void nothingIsSteppedOverWhileATableOfTheDestinationCannotBeWritten() throws Exception {
        pair.source(
                "CREATE TABLE t (id int PRIMARY KEY, v int)",
                "CREATE TABLE u (id int PRIMARY KEY)",
                "INSERT INTO t SELECT g, g FROM generate_series(1, 50) g");
        pair.stream();
        String merged = "SELECT oldest_snapshot FROM tidetable.replicated_table WHERE name = 't'";
        var before = pair.rows(merged);
        pair.destination("ALTER TABLE t RENAME TO away");
        pair.source("UPDATE t SET v = v + 1", "INSERT INTO u VALUES (1)");
        pair.awaitFailure("t", "TT-4");
        String progress = "SELECT lsn FROM tidetable.progress WHERE lane = 'public.t'";
        var stood = pair.rows(progress);
        pair.source(
                "UPDATE t SET v = v * 2", "DELETE FROM t WHERE id = 3", "INSERT INTO u VALUES (2)");
        pair.settle();
        assertThat(pair.rows("SELECT id FROM u ORDER BY id")).containsExactly("1", "2");
        assertThat(pair.rows(progress)).isEqualTo(stood);

        pair.destination("ALTER TABLE away RENAME TO t");
        pair.pipeline().resume(ReplicatedPair.REPORTING, new TableId("public", "t"));
        pair.assertEqual();
        assertThat(pair.rows(merged)).isEqualTo(before);
    }

    @Test
    void columnsOfWhichPostgresCouldNotSendAnyChangeAreNotPublished() throws Exception {
        pair.source(
                "CREATE TYPE pair AS (a int, b aclitem[])",
                "CREATE DOMAIN rights AS aclitem",
                "CREATE TABLE fine (id int PRIMARY KEY, a aclitem, b rights, p point, q int[])",
                "CREATE TABLE t (id int PRIMARY KEY, a aclitem[], b pair, c rights[], d int)");

        assertThatThrownBy(pair::start)
                .hasMessageContaining("could not send changes")
                .hasMessageContaining("public.t.a (of aclitem)")
                .hasMessageContaining("public.t.b (of aclitem)")
                .hasMessageContaining("public.t.c (of ")
                .hasMessageNotContaining("public.t.d")
                .hasMessageNotContaining("public.fine");
    }

    @Test
    void aMergeSettlesWhatWasSetAsideSoThatLaterChangesOfTheRowArrive() throws Exception {
        pair.source("CREATE TABLE t (id int PRIMARY KEY, v int)", "INSERT INTO t VALUES (1, 1)");
        pair.stream();
        pair.destination("ALTER TABLE t ADD CONSTRAINT small CHECK (v < 100)");
        pair.source("INSERT INTO t VALUES (2, 200)", "UPDATE t SET v = 300 WHERE id = 1");
        pair.awaitComplete();
        assertThat(pair.inQuarantine()).hasSize(2);

        pair.destination("ALTER TABLE t DROP CONSTRAINT small");
        pair.pipeline().resync(ReplicatedPair.REPORTING, new TableId("public", "t"));
        pair.awaitComplete();
        pair.source("UPDATE t SET v = v + 1", "DELETE FROM t WHERE id = 2");
        pair.assertEqual();
    }

    @Test
    void aCopyThatTheDestinationRefusesStopsItsTableAloneUntilItIsResumed() throws Exception {
        pair.source(
                "CREATE TABLE t (id int PRIMARY KEY, v int)",
                "INSERT INTO t VALUES (1, 1), (2, 200)",
                "CREATE TABLE other (id int PRIMARY KEY)",
                "INSERT INTO other VALUES (1)");
        pair.destination(
                "CREATE TABLE t (id int PRIMARY KEY, v int, CONSTRAINT small CHECK (v < 100))");
        pair.start();
        pair.awaitFailure("t", "TT-512");
        pair.source("INSERT INTO other VALUES (2)");
        pair.settle();
        assertThat(pair.rows("SELECT * FROM other ORDER BY 1")).containsExactly("1", "2");

        pair.destination("ALTER TABLE t DROP CONSTRAINT small");
        pair.pipeline().resume(ReplicatedPair.REPORTING, new TableId("public", "t"));
        pair.assertEqual();
    }

    @Test
    void columnsOnlyAtTheDestinationGetTheirDefaults() throws Exception {
        pair.source("CREATE TABLE t (id int PRIMARY KEY, v int)", "INSERT INTO t VALUES (1, 1)");
        pair.destination(
                "CREATE TABLE t (a text DEFAULT 'here', v int, at timestamptz NOT NULL DEFAULT now(), id int PRIMARY KEY, twice int GENERATED ALWAYS AS (v * 2) STORED, n int)");
        pair.stream();
        pair.source("INSERT INTO t VALUES (2, 2)", "UPDATE t SET v = 5 WHERE id = 1");
        pair.destination("UPDATE t SET n = 77 WHERE id = 1");
        pair.source("UPDATE t SET v = 6 WHERE id = 1");
        pair.awaitComplete();

        assertThat(pair.rows("SELECT id, v, a, twice, n, at IS NOT NULL FROM t ORDER BY id"))
                .containsExactly("1|6|here|12|77|t", "2|2|here|4|null|t");
    }

    @Test
    void aLatin1SourceArrivesInUtf8() throws Exception {
        DatabasePair template = Servers.freshPair();
        String name = template.sourceName() + "_latin1";
        template.onSource(
                "CREATE DATABASE %s ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
                        .formatted(name));
        try (ReplicatedPair latin =
                ReplicatedPair.on(
                        new DatabasePair(
                                template.sourceServer(),
                                name,
                                template.destinationServer(),
                                template.destinationName()))) {
            latin.source(
                    "CREATE TYPE mood AS ENUM ('fröhlich', 'müde')",
                    "CREATE TABLE \"größe\" (\"schlüssel\" text PRIMARY KEY, v varchar(20), m mood, j jsonb, x xml, a text[], c \"char\")",
                    "INSERT INTO \"größe\" VALUES ('ä', 'Ö', 'fröhlich', '{\"ü\": \"ß\"}', '<é/>', '{à,ê}', 'y')");
            latin.stream();
            latin.source(
                    "INSERT INTO \"größe\" VALUES ('é', 'þ', 'müde', '\"ÿ\"', '<a>ñ</a>', '{}', 'z')",
                    "UPDATE \"größe\" SET v = 'Ü', \"schlüssel\" = 'ø' WHERE \"schlüssel\" = 'ä'");
            latin.awaitComplete();
            String all = "SELECT * FROM \"größe\" ORDER BY v COLLATE \"C\"";
            assertThat(latin.rows(all)).isEqualTo(latin.rowsAtSource(all));
            assertThat(
                            latin.rows(
                                    "SELECT \"schlüssel\", v, m FROM \"größe\" ORDER BY \"schlüssel\" COLLATE \"C\""))
                    .containsExactly("é|þ|müde", "ø|Ü|fröhlich");
        }
    }

    @Test
    void sequencesGoOnBehindTheSources() throws Exception {
        pair.source(
                "CREATE TABLE t (id serial PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY (INCREMENT -3))",
                "CREATE SEQUENCE free START 1000",
                "INSERT INTO t DEFAULT VALUES");
        pair.stream();
        pair.source(
                "INSERT INTO t SELECT FROM generate_series(1, 50)",
                "SELECT nextval('free') FROM generate_series(1, 5)");
        pair.awaitComplete();
        pair.pipeline().carrySequences();

        String next = "SELECT nextval('t_id_seq'), nextval('t_n_seq')";
        assertThat(pair.rows(next)).isEqualTo(pair.rowsAtSource(next));
        pair.assertEqual();
    }
}
