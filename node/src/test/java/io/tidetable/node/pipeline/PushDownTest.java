package io.tidetable.node.pipeline;

import static io.tidetable.node.pipeline.Arrivals.awaitComplete;
import static io.tidetable.node.pipeline.Arrivals.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidetable.model.Consistency;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.model.schema.Strategy;
import io.tidetable.model.status.TableState;
import io.tidetable.model.status.TableStatus;
import io.tidetable.model.status.TableVerification;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What functions do not need does not leave the source, and nothing that they need is missed. */
@Tag("slow")
class PushDownTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final TableId VISITS = new TableId("public", "visits");

    private final DatabasePair databases = Servers.freshPair();

    @TempDir Path directory;

    @AfterEach
    void dropDatabases() throws SQLException {
        databases.close();
    }

    static Strategy.Functional needing(List<String> columns, @Nullable String rows) {
        return new Strategy.Functional(List.of("desk"), columns, rows);
    }

    private PipelineBuilder pushing(Strategy strategy) {
        return pushing(databases, directory, strategy);
    }

    static PipelineBuilder pushing(DatabasePair databases, Path directory, Strategy strategy) {
        return new PipelineBuilder(databases, directory)
                .rule("public.visits", new Consistency.Table(), Track.BULK, strategy)
                .tuned(PipelineBuilder.QUICK)
                .pushingDown(true);
    }

    private void makeVisits() throws SQLException {
        databases.onSource(
                "CREATE TABLE visits (id int PRIMARY KEY, kind text NOT NULL, stars int NOT NULL DEFAULT 7, body text DEFAULT 'nothing', doubled int GENERATED ALWAYS AS (stars * 2) STORED)",
                "ALTER TABLE visits ALTER COLUMN body SET STORAGE EXTERNAL",
                "INSERT INTO visits (id, kind, stars, body) SELECT g, 'k' || g % 3, g % 5, repeat('b', 3000) FROM generate_series(1, 500) g");
    }

    @Test
    void columnsAndRowsThatNobodyNeedsDoNotLeaveTheSource() throws Exception {
        makeVisits();
        try (Pipeline pipeline = pushing(needing(List.of("kind"), "id > 250")).build()) {
            pipeline.start();
            awaitPublished("id, kind", "id > 250");
            awaitComplete(pipeline);
            String slot = databases.sourceName() + "_spy";
            databases.onSource(
                    "SELECT pg_create_logical_replication_slot('" + slot + "', 'pgoutput')");
            databases.onSource(
                    "UPDATE visits SET body = repeat('c', 200000), kind = kind || 'x' WHERE id <= 250",
                    "UPDATE visits SET body = repeat('d', 200000), kind = 'd' WHERE id > 490",
                    "INSERT INTO visits (id, kind, body) VALUES (-1, 'low', 'x'), (9001, 'high', 'x')",
                    "DELETE FROM visits WHERE id IN (3, 300)",
                    "UPDATE visits SET id = 10000 WHERE id = 5",
                    "UPDATE visits SET id = -5 WHERE id = 400",
                    "UPDATE visits SET id = 401 + 20000 WHERE id = 401");
            awaitComplete(pipeline);
            // What a slot sends to a reader of our publication.
            assertThat(
                            source(
                                    "SELECT count(*) FILTER (WHERE get_byte(data, 0) = ascii('U')), count(*) FILTER (WHERE get_byte(data, 0) = ascii('I')), count(*) FILTER (WHERE get_byte(data, 0) = ascii('D')), sum(length(data)) < 3000 FROM pg_logical_slot_get_binary_changes('%s', NULL, NULL, 'proto_version', '1', 'publication_names', '%s')"
                                            .formatted(slot, publication())))
                    .as(
                            "updates, inserts, deletes: one update more inside, one that came, one that went")
                    .isEqualTo(List.of("(11,2,2,t)"));
            databases.onSource("SELECT pg_drop_replication_slot('" + slot + "')");
            assertSame(pipeline, "SELECT id, kind, NULL, NULL FROM visits WHERE id > 250");
            assertThat(pipeline.strategy(PipelineBuilder.REPORTING, VISITS).freshness())
                    .contains("columns body, stars and rows other than those where")
                    .contains("do not leave the source");
        }
    }

    @Test
    void anApplicationsUpdateIsNeverRefusedBecauseOfUsAndTheRestOfAConditionIsAppliedHere()
            throws Exception {
        makeVisits();
        try (Pipeline pipeline =
                pushing(needing(List.of("kind"), "id > 100 AND kind = 'k1'")).build()) {
            pipeline.start();
            awaitPublished("id, kind", "id > 100");
            databases.onSource(
                    "UPDATE visits SET kind = 'k1' WHERE id % 7 = 0",
                    "UPDATE visits SET kind = 'k2' WHERE id % 11 = 0",
                    "UPDATE visits SET id = id + 1000 WHERE id % 13 = 0",
                    "DELETE FROM visits WHERE id % 17 = 0");
            awaitComplete(pipeline);
            assertSame(
                    pipeline,
                    "SELECT id, kind, NULL, NULL FROM visits WHERE id > 100 AND kind = 'k1'");
            assertThat(pipeline.strategy(PipelineBuilder.REPORTING, VISITS).notSent())
                    .contains("rows are chosen here by kind");

            // The whole row names it from now on: no list, and any column in the filter.
            databases.onSource(
                    "ALTER TABLE visits DROP COLUMN doubled",
                    "ALTER TABLE visits REPLICA IDENTITY FULL");
            awaitPublished(null, "(kind = 'k1'::text)");
            databases.onSource(
                    "UPDATE visits SET kind = 'k1' WHERE id % 3 = 0",
                    "UPDATE visits SET kind = 'k2' WHERE id % 5 = 0",
                    "DELETE FROM visits WHERE id % 19 = 0");
            awaitComplete(pipeline);
            assertSame(
                    pipeline,
                    "SELECT id, kind, NULL, NULL FROM visits WHERE id > 100 AND kind = 'k1'");
        }
    }

    @Test
    void whatIsNewlyNeededComesWholeAlsoOfATransactionThatWasOpenBefore() throws Exception {
        makeVisits();
        try (Pipeline pipeline = pushing(needing(List.of("kind"), "id > 250")).build();
                Connection open = databases.connectSource();
                Statement writer = open.createStatement()) {
            pipeline.start();
            awaitPublished("id, kind", "id > 250");
            open.setAutoCommit(false);
            writer.execute("UPDATE visits SET stars = 100, body = 'early' WHERE id IN (1, 300)");
            pipeline.switchStrategy(
                    PipelineBuilder.REPORTING, VISITS, needing(List.of("kind", "stars"), null));
            awaitPublished("id, kind, stars", null);
            writer.execute("UPDATE visits SET stars = 200 WHERE id IN (2, 301)");
            assertThat(state(pipeline)).isEqualTo(TableState.MERGING);
            open.commit();
            awaitComplete(pipeline);
            databases.onSource("UPDATE visits SET stars = stars + 1 WHERE id % 2 = 0");
            awaitComplete(pipeline);
            assertSame(pipeline, "SELECT id, kind, stars, NULL FROM visits");

            pipeline.switchStrategy(
                    PipelineBuilder.REPORTING, VISITS, new Strategy.PrioritizedDelta());
            awaitPublished(null, null);
            awaitComplete(pipeline);
            databases.onSource(
                    "UPDATE visits SET body = 'all' WHERE id % 2 = 0",
                    "INSERT INTO visits (id, kind) VALUES (7000, 'x')");
            awaitComplete(pipeline);
            assertSame(pipeline, "SELECT id, kind, stars, body FROM visits");

            pipeline.switchStrategy(
                    PipelineBuilder.REPORTING, VISITS, needing(List.of("stars"), "id < 100"));
            awaitPublished("id, stars", "id < 100");
            awaitComplete(pipeline);
            assertSame(pipeline, "SELECT id, NULL, stars, NULL FROM visits WHERE id < 100");
        }
    }

    @Test
    void withoutTheSettingEverythingIsSentAndColumnsCanBeDropped() throws Exception {
        makeVisits();
        Strategy needed = needing(List.of("kind", "stars"), "id > 250");
        try (Pipeline pipeline = pushing(needed).build()) {
            pipeline.start();
            awaitPublished("id, kind, stars", "id > 250");
            assertThatThrownBy(() -> databases.onSource("ALTER TABLE visits DROP COLUMN kind"))
                    .hasMessageContaining("publication");
            databases.onSource("ALTER TABLE visits DROP COLUMN body");
            databases.onSource("INSERT INTO visits (id, kind) VALUES (7000, 'x')");
            awaitComplete(pipeline);
        }
        try (Pipeline pipeline = pushing(needed).pushingDown(false).build()) {
            pipeline.start();
            awaitPublished(null, null);
            databases.onSource("UPDATE visits SET stars = 3 WHERE id % 2 = 0");
            awaitComplete(pipeline);
            assertThat(destination("SELECT id, kind, stars FROM visits"))
                    .isEqualTo(source("SELECT id, kind, stars FROM visits WHERE id > 250"));
            assertThat(destination("SELECT count(body) FROM visits")).isEqualTo(List.of("(0)"));
        }
    }

    @Test
    void whatOthersLeaveOutOfOurPublicationIsNoticedAndMendedAndTheirsAreLeftAlone()
            throws Exception {
        makeVisits();
        databases.onSource("CREATE PUBLICATION theirs FOR TABLE visits (id, kind) WHERE (id > 3)");
        String ours = publication();
        Strategy needed = needing(List.of("kind", "stars"), "id > 250");
        try (Pipeline pipeline = pushing(needed).build()) {
            pipeline.start();
            awaitPublished("id, kind, stars", "id > 250");
            awaitComplete(pipeline);
            databases.onSource(
                    "ALTER PUBLICATION \""
                            + ours
                            + "\" SET TABLE visits (id, kind) WHERE (id > 300)",
                    "UPDATE visits SET stars = 77 WHERE id % 2 = 0");
            awaitPublished("id, kind, stars", "id > 250");
            awaitComplete(pipeline);
            assertSame(pipeline, "SELECT id, kind, stars, NULL FROM visits WHERE id > 250");
        }
        // And while nobody looks.
        databases.onSource(
                "ALTER PUBLICATION \"" + ours + "\" SET TABLE visits (id, kind) WHERE (id > 300)",
                "UPDATE visits SET stars = 78 WHERE id % 2 = 0");
        try (Pipeline pipeline = pushing(needed).build()) {
            pipeline.start();
            awaitPublished("id, kind, stars", "id > 250");
            awaitComplete(pipeline);
            assertSame(pipeline, "SELECT id, kind, stars, NULL FROM visits WHERE id > 250");
        }
        assertThat(
                        source(
                                "SELECT attnames, rowfilter FROM pg_publication_tables WHERE pubname = 'theirs'"))
                .isEqualTo(List.of("(\"{id,kind}\",\"(id > 3)\")"));
    }

    @Test
    void whatAnOpenTransactionWroteWhileOthersLeftItOutIsNotMissed() throws Exception {
        makeVisits();
        try (Pipeline pipeline = pushing(new Strategy.PrioritizedDelta()).build();
                Connection open = databases.connectSource();
                Statement writer = open.createStatement()) {
            pipeline.start();
            awaitComplete(pipeline);
            open.setAutoCommit(false);
            databases.onSource(
                    "ALTER PUBLICATION \""
                            + publication()
                            + "\" SET TABLE visits WHERE (id > 300)");
            writer.execute("INSERT INTO visits (id, kind) VALUES (-7, 'early')");
            writer.execute("UPDATE visits SET stars = 99 WHERE id < 300");
            awaitPublished(null, null);
            writer.execute("INSERT INTO visits (id, kind) VALUES (-8, 'late')");
            open.commit();
            awaitComplete(pipeline);
            assertSame(pipeline, "SELECT id, kind, stars, body FROM visits");
        }
    }

    @Test
    void aTableThatWasOutOfThePublicationWhileNobodyLookedIsMended() throws Exception {
        makeVisits();
        Strategy needed = needing(List.of("kind"), "id > 250");
        try (Pipeline pipeline = pushing(needed).build()) {
            pipeline.start();
            awaitPublished("id, kind", "id > 250");
            awaitComplete(pipeline);
        }
        databases.onSource(
                "ALTER PUBLICATION \"" + publication() + "\" DROP TABLE visits",
                "UPDATE visits SET kind = 'missed' WHERE id > 400",
                "ALTER PUBLICATION \"" + publication() + "\" ADD TABLE visits");
        try (Pipeline pipeline = pushing(needed).build()) {
            pipeline.start();
            awaitPublished("id, kind", "id > 250");
            awaitComplete(pipeline);
            assertSame(pipeline, "SELECT id, kind, NULL, NULL FROM visits WHERE id > 250");
        }
    }

    @Test
    void aLongConditionIsAppliedHereAndOneOfSomeLengthIsReadAgainAtTheNextStart() throws Exception {
        makeVisits();
        for (int most : List.of(60, 3000)) {
            String condition =
                    IntStream.rangeClosed(1, most)
                            .mapToObj(Integer::toString)
                            .collect(Collectors.joining(", ", "id IN (", ")"));
            for (int start = 0; start < 2; start++) {
                try (Pipeline pipeline = pushing(needing(List.of("kind"), condition)).build()) {
                    pipeline.start();
                    if (most > 100) {
                        awaitPublished("id, kind", null);
                    }
                    databases.onSource("UPDATE visits SET kind = kind || 'x' WHERE id % 3 = 0");
                    awaitComplete(pipeline);
                    assertSame(
                            pipeline, "SELECT id, kind, NULL, NULL FROM visits WHERE " + condition);
                }
            }
        }
    }

    private void leavePublishedInPartWithNothingThere() throws Exception {
        makeVisits();
        try (Pipeline pipeline = pushing(needing(List.of("kind"), "id > 250")).build()) {
            pipeline.start();
            awaitPublished("id, kind", "id > 250");
        }
        databases.onDestination("DROP SCHEMA tidetable CASCADE", "DROP TABLE visits");
    }

    @Test
    void aDestinationThatBeginsAnewIsCopiedWhole() throws Exception {
        leavePublishedInPartWithNothingThere();
        try (Pipeline pipeline = pushing(new Strategy.PrioritizedDelta()).build();
                Connection open = databases.connectSource();
                Statement writer = open.createStatement()) {
            open.setAutoCommit(false);
            writer.execute("UPDATE visits SET stars = 100, body = 'early' WHERE id IN (1, 300)");
            pipeline.start();
            awaitPublished(null, null);
            writer.execute("UPDATE visits SET stars = 200 WHERE id IN (2, 301)");
            open.commit();
            awaitComplete(pipeline);
            databases.onSource("UPDATE visits SET body = 'late' WHERE id % 2 = 0");
            awaitComplete(pipeline);
            assertSame(pipeline, "SELECT id, kind, stars, body FROM visits");
        }
    }

    @Test
    void aTableThatCouldNotBePublishedWholeIsCopiedOnceItCanAndIsResumed() throws Exception {
        leavePublishedInPartWithNothingThere();
        databases.onSource(
                "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN RAISE insufficient_privilege; END'",
                "CREATE EVENT TRIGGER refusing ON ddl_command_start WHEN TAG IN ('ALTER PUBLICATION') EXECUTE FUNCTION refuse()");
        try (Pipeline pipeline = pushing(new Strategy.PrioritizedDelta()).build();
                Connection open = databases.connectSource();
                Statement writer = open.createStatement()) {
            open.setAutoCommit(false);
            writer.execute("UPDATE visits SET stars = 100, body = 'early' WHERE id IN (1, 300)");
            pipeline.start();
            Awaitility.await()
                    .atMost(LIMIT)
                    .until(() -> String.valueOf(visits(pipeline).message()).startsWith("TT-237"));
            databases.onSource("DROP EVENT TRIGGER refusing");
            // The start's own fence is still awaited, before which nothing of it was published.
            assertThatThrownBy(() -> pipeline.resume(PipelineBuilder.REPORTING, VISITS))
                    .hasMessageContaining("the first copies are about to begin");
            open.commit();
            writer.execute("UPDATE visits SET stars = 200, body = 'late' WHERE id IN (2, 301)");
            Awaitility.await()
                    .atMost(LIMIT)
                    .ignoreExceptions()
                    .until(() -> {
                        pipeline.resume(PipelineBuilder.REPORTING, VISITS);
                        return true;
                    });
            assertThat(visits(pipeline).state()).isEqualTo(TableState.WAITING);
            writer.execute("UPDATE visits SET stars = 300 WHERE id IN (2, 302)");
            open.commit();
            awaitComplete(pipeline);
            databases.onSource("UPDATE visits SET body = 'later' WHERE id % 2 = 0");
            awaitComplete(pipeline);
            assertSame(pipeline, "SELECT id, kind, stars, body FROM visits");
        }
    }

    private static TableStatus visits(Pipeline pipeline) {
        return pipeline.status().destinations().getFirst().tables().getFirst();
    }

    private String publication() {
        return "tidetable_" + databases.sourceName() + "_bulk";
    }

    /** Waits until the publication has exactly that list, and a filter that begins so. */
    private void awaitPublished(@Nullable String columns, @Nullable String filter) {
        Awaitility.await()
                .atMost(LIMIT)
                .pollInterval(Duration.ofMillis(20))
                .untilAsserted(() -> {
                    List<String> found =
                            source(
                                    "SELECT CASE WHEN m.prattrs IS NOT NULL THEN (SELECT string_agg(attname, ', ' ORDER BY attname) FROM pg_attribute WHERE attrelid = m.prrelid AND attnum = ANY (m.prattrs::int2[])) END, pg_get_expr(m.prqual, m.prrelid) FROM pg_publication_rel m JOIN pg_publication p ON p.oid = m.prpubid WHERE m.prrelid = 'visits'::regclass AND p.pubname = '"
                                            + publication()
                                            + "'");
                    assertThat(found).hasSize(1);
                    String text = found.getFirst();
                    if (columns == null) {
                        assertThat(text).startsWith("(,");
                    } else {
                        assertThat(text.replace("\"", "")).startsWith("(" + columns + ",");
                    }
                    if (filter == null) {
                        assertThat(text).endsWith(",)");
                    } else {
                        assertThat(text).contains(filter);
                    }
                });
    }

    private static TableState state(Pipeline pipeline) {
        return pipeline.status().destinations().getFirst().tables().getFirst().state();
    }

    private void assertSame(Pipeline pipeline, String expected) throws Exception {
        assertThat(destination("SELECT id, kind, stars, body FROM visits"))
                .isEqualTo(source(expected));
        assertThat(pipeline.verify(PipelineBuilder.REPORTING, Set.of(VISITS), false, each -> {}))
                .allMatch(TableVerification::equal);
    }

    private List<String> source(String query) throws SQLException {
        return rows(databases.connectSource(), query);
    }

    private List<String> destination(String query) throws SQLException {
        return rows(databases.connectDestination(), query);
    }
}
