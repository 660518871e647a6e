package io.tidetable.node.pushdown;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.node.capture.PublicationChange;
import io.tidetable.node.capture.Publications;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.functional.ConditionReader;
import io.tidetable.node.functional.TableNeed;
import io.tidetable.node.postgres.Database;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Publications never carry less than is needed, nor make an application's update fail. */
class PartChangeTest {
    private static final List<String> TABLES =
            List.of("usual", "pair", "indexed", "whole", "exotic", "parted", "uneven");

    private static final List<String> COLUMNS = List.of("id", "part", "kind", "stars", "seen");

    private static final List<String> CONDITIONS =
            List.of(
                    "id > 50",
                    "id IN (1, 2, 3, 70)",
                    "id NOT IN (4, 5) AND part <> 2",
                    "part = 1 OR id BETWEEN 20 AND 30",
                    "kind = 'a''b\\c' OR kind = 'x'",
                    "kind IN ('x', 'y') AND id >= -5",
                    "stars IS NULL OR stars > 2.5",
                    "seen >= '2026-01-05' AND part = 1",
                    "(id < 10 OR stars = 3) AND (part = 1 OR part = 2)",
                    "stars <> 3");

    static List<String> versions() {
        return Servers.otherVersions();
    }

    @Test
    void anApplicationsUpdateIsNeverRefusedAndNothingThatIsNeededIsLeftOut() throws Exception {
        try (DatabasePair databases = Servers.freshPair()) {
            tryAll(databases, 7, 60);
        }
    }

    @ParameterizedTest
    @MethodSource("versions")
    @Tag("wide")
    void theSameHoldsOnEveryVersionThatKnowsFilters(String version) throws Exception {
        try (DatabasePair databases = Servers.freshPair(version, null);
                Connection source = connect(databases)) {
            if (PublishedParts.areKnownTo(source)) {
                tryAll(databases, version.hashCode(), 60);
            } else {
                assertThat(version).startsWith("14");
            }
        }
    }

    private static Connection connect(DatabasePair databases) throws SQLException {
        return new Database(databases.sourceJdbcUrl(), Map.of()).connect("test");
    }

    private static void tryAll(DatabasePair databases, long seed, int rounds) throws Exception {
        String layout =
                "(id int, part int, kind text COLLATE %s, stars numeric, seen date, twice int GENERATED ALWAYS AS (id * 2) STORED, PRIMARY KEY (%s))";
        databases.onSource(
                "CREATE DOMAIN small AS int",
                "CREATE COLLATION plain (provider = libc, locale = 'C')",
                "CREATE TABLE usual " + layout.formatted("\"C\"", "id"),
                "CREATE TABLE pair " + layout.formatted("\"C\"", "part, kind, id"),
                "CREATE TABLE indexed " + layout.formatted("\"C\"", "id"),
                "ALTER TABLE indexed ALTER kind SET NOT NULL, ALTER part SET NOT NULL",
                "CREATE UNIQUE INDEX by_kind ON indexed (kind, id) INCLUDE (part)",
                "ALTER TABLE indexed REPLICA IDENTITY USING INDEX by_kind",
                "CREATE TABLE whole (id int PRIMARY KEY, part int, kind text, stars numeric, seen date)",
                "ALTER TABLE whole REPLICA IDENTITY FULL",
                "CREATE TABLE exotic (id small, part int, kind text COLLATE plain, stars numeric, seen date, PRIMARY KEY (id, kind))",
                "CREATE TABLE parted "
                        + layout.formatted("\"C\"", "id, part")
                        + " PARTITION BY LIST (part)",
                "CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1)",
                "CREATE TABLE parted_2 PARTITION OF parted DEFAULT",
                "CREATE TABLE uneven "
                        + layout.formatted("\"C\"", "id, part")
                        + " PARTITION BY LIST (part)",
                "CREATE TABLE uneven_1 PARTITION OF uneven FOR VALUES IN (1)",
                "CREATE TABLE uneven_2 (seen date, stars numeric, gone int, kind text COLLATE \"C\" NOT NULL, part int NOT NULL, id int NOT NULL, twice int GENERATED ALWAYS AS (id * 2) STORED)",
                "ALTER TABLE uneven_2 DROP COLUMN gone",
                "CREATE UNIQUE INDEX uneven_key ON uneven_2 (id, kind)",
                "ALTER TABLE uneven_2 REPLICA IDENTITY USING INDEX uneven_key",
                "ALTER TABLE uneven ATTACH PARTITION uneven_2 DEFAULT");
        SplittableRandom random = new SplittableRandom(seed);
        String pipeline = databases.sourceName();
        Publications publications = new Publications(pipeline);
        PartChange change = new PartChange(pipeline, Duration.ofSeconds(2), Faults.NONE);
        PublishedParts parts = new PublishedParts(pipeline);
        try (Connection source = connect(databases)) {
            publications.create(source, Track.BULK);
            publications.create(source, Track.EXPRESS);
            Set<TableId> all = new TreeSet<>();
            TABLES.forEach(name -> all.add(new TableId("public", name)));
            publications.change(
                    source,
                    List.of(
                            PublicationChange.add(Track.BULK, all),
                            PublicationChange.add(
                                    Track.EXPRESS, Set.of(new TableId("public", "usual")))),
                    null);
            for (int round = 0; round < rounds; round++) {
                TableId table = new TableId("public", TABLES.get(random.nextInt(TABLES.size())));
                TableNeed need = need(random);
                String what = "seed %d round %d: %s %s".formatted(seed, round, table, need);
                PartChange.Outcome outcome = change.set(source, table, need);
                assertThat(outcome).as(what).isInstanceOf(PartChange.Outcome.Done.class);
                Map<Track, PublishedPart> carried = parts.read(source, all).get(table);
                assertThat(carried).hasSize(table.name().equals("usual") ? 2 : 1);
                TableNeed part = ((PartChange.Outcome.Done) outcome).part();
                assertThat(carried.values())
                        .as(what)
                        .allMatch(each -> each.covers(need) && each.is(part));
                exercise(databases, source, table, need, what);
                assertThat(change.set(source, table, need))
                        .as(what)
                        .isEqualTo(new PartChange.Outcome.Done(part, false));
            }
        }
    }

    private static TableNeed need(SplittableRandom random) {
        Set<String> columns = new TreeSet<>();
        COLUMNS.stream().filter(_ -> random.nextBoolean()).forEach(columns::add);
        String condition = CONDITIONS.get(random.nextInt(CONDITIONS.size()));
        return new TableNeed(
                random.nextInt(5) == 0 ? null : new TreeSet<>(columns),
                ConditionReader.read(condition));
    }

    /** What an application does; and whether every row that is needed passes the filter. */
    private static void exercise(
            DatabasePair databases, Connection source, TableId table, TableNeed need, String what)
            throws SQLException {
        List<String> statements = new ArrayList<>();
        statements.add("TRUNCATE " + table.quoted());
        statements.add(
                "INSERT INTO %s (id, part, kind, stars, seen) SELECT g, g %% 4, (ARRAY['x', 'y', E'a''b\\\\c', 'z'])[g %% 4 + 1], CASE WHEN g %% 7 > 0 THEN g %% 5 END, '2026-01-01'::date + g %% 9 FROM generate_series(1, 90) g"
                        .formatted(table.quoted()));
        for (String column : COLUMNS) {
            statements.add(
                    "UPDATE %s SET %s = %s WHERE id %% 3 = 0"
                            .formatted(
                                    table.quoted(),
                                    column,
                                    column.equals("id")
                                            ? "id + 1000"
                                            : column.equals("part") ? "(part + 1) % 4" : column));
        }
        statements.add("DELETE FROM " + table.quoted() + " WHERE id % 5 = 0");
        databases.onSource(statements.toArray(String[]::new));
        try (Statement statement = source.createStatement();
                ResultSet filter =
                        statement.executeQuery(
                                "SELECT DISTINCT pg_get_expr(m.prqual, m.prrelid) FROM pg_publication_rel m WHERE m.prrelid = '%s'::regclass"
                                        .formatted(table.quoted()))) {
            filter.next();
            String passes = filter.getString(1);
            try (Statement count = source.createStatement();
                    ResultSet left =
                            count.executeQuery(
                                    "SELECT count(*) FROM %s WHERE (%s) AND (%s) IS NOT TRUE"
                                            .formatted(
                                                    table.quoted(),
                                                    need.rows().sql(),
                                                    passes == null ? "true" : passes))) {
                left.next();
                assertThat(left.getLong(1)).as("%s %s", what, passes).isZero();
            }
        }
    }
}
