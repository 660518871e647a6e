package io.tidetable.node.pipeline;

import static io.tidetable.node.pipeline.Arrivals.awaitComplete;
import static io.tidetable.node.pipeline.Arrivals.rows;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.model.Consistency;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.model.schema.ReplicationSchema;
import io.tidetable.model.schema.Strategy;
import io.tidetable.model.status.TableVerification;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.postgres.Database;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is left out at the source across tracks, partitions and destinations. */
@Tag("slow")
class PushDownAcrossTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final TableId VISITS = new TableId("public", "visits");
    private static final DestinationId ARCHIVE = new DestinationId("archive");

    private final DatabasePair databases = Servers.freshPair();
    private final DatabasePair others = Servers.freshPair();

    @TempDir Path directory;

    @AfterEach
    void dropDatabases() throws SQLException {
        databases.close();
        others.close();
    }

    private PipelineBuilder pushing(Strategy strategy) {
        return PushDownTest.pushing(databases, directory, strategy);
    }

    @Test
    void aTableMovesBetweenTracksAndBackAndEachCarriesTheSame() throws Exception {
        databases.onSource(
                "CREATE TABLE visits (id int PRIMARY KEY, kind text, stars int, body text DEFAULT 'none')",
                "INSERT INTO visits SELECT g, 'k' || g % 3, g % 5, 'b' || g FROM generate_series(1, 400) g");
        try (Pipeline pipeline =
                pushing(PushDownTest.needing(List.of("kind"), "id > 200")).build()) {
            pipeline.start();
            awaitCarried("bulk {id,kind} id > 200");
            awaitComplete(pipeline, PipelineBuilder.REPORTING);
            for (String track : List.of("express", "bulk", "express")) {
                pipeline.move(VISITS, Track.parse(track));
                databases.onSource(
                        "UPDATE visits SET kind = kind || 'm', body = 'm' WHERE id % 3 = 0",
                        "UPDATE visits SET id = id + 1000 WHERE id % 50 = 0");
                Awaitility.await()
                        .atMost(LIMIT)
                        .until(() ->
                                pipeline.status()
                                                .destinations()
                                                .getFirst()
                                                .tables()
                                                .getFirst()
                                                .move()
                                        == null);
                awaitCarried(track + " {id,kind} id > 200");
                databases.onSource(
                        "UPDATE visits SET kind = 'after', stars = 0 WHERE id % 7 = 0",
                        "DELETE FROM visits WHERE id % 41 = 0");
                awaitComplete(pipeline, PipelineBuilder.REPORTING);
                assertSame(
                        pipeline,
                        databases,
                        PipelineBuilder.REPORTING,
                        "SELECT id, kind, NULL, NULL FROM visits WHERE id > 200");
            }
            pipeline.move(VISITS, Track.BULK);
            pipeline.switchStrategy(
                    PipelineBuilder.REPORTING, VISITS, new Strategy.PrioritizedDelta());
            databases.onSource("UPDATE visits SET stars = 9, body = 'last' WHERE id % 2 = 0");
            awaitCarried("bulk all all");
            awaitComplete(pipeline, PipelineBuilder.REPORTING);
            databases.onSource("UPDATE visits SET stars = 10 WHERE id % 4 = 0");
            awaitComplete(pipeline, PipelineBuilder.REPORTING);
            assertSame(
                    pipeline,
                    databases,
                    PipelineBuilder.REPORTING,
                    "SELECT id, kind, stars, body FROM visits");
        }
    }

    @Test
    void aPartitionedTableIsLeftOutThroughItsRootAsFarAsEachPartitionsIdentityAllows()
            throws Exception {
        databases.onSource(
                "CREATE TABLE visits (id int NOT NULL, kind text NOT NULL, stars int, body text, PRIMARY KEY (id, kind)) PARTITION BY RANGE (id)",
                "CREATE TABLE visits_1 PARTITION OF visits FOR VALUES FROM (0) TO (1000)",
                "CREATE TABLE visits_2 PARTITION OF visits FOR VALUES FROM (1000) TO (2000)",
                "INSERT INTO visits SELECT g * 4, (ARRAY['web', 'shop'])[g % 2 + 1], g % 5, 'b' FROM generate_series(1, 450) g");
        try (Pipeline pipeline =
                pushing(PushDownTest.needing(List.of("stars"), "kind = 'web' AND id >= 400"))
                        .build()) {
            pipeline.start();
            awaitCarried("bulk {id,kind,stars} kind = 'web'::text");
            awaitComplete(pipeline, PipelineBuilder.REPORTING);
            List<String> changes =
                    List.of(
                            "UPDATE visits SET kind = 'web' WHERE id % 3 = 0 AND kind = 'shop'",
                            "UPDATE visits SET kind = 'shop' WHERE id % 11 = 0",
                            "UPDATE visits SET id = id + 1001 WHERE id < 1000 AND id % 7 = 0",
                            "UPDATE visits SET body = 'c', stars = 3 WHERE id % 5 = 0",
                            "DELETE FROM visits WHERE id % 13 = 0");
            String wanted =
                    "SELECT id, kind, stars, NULL FROM visits WHERE kind = 'web' AND id >= 400";
            databases.onSource(changes.toArray(String[]::new));
            awaitComplete(pipeline, PipelineBuilder.REPORTING);
            assertSame(pipeline, databases, PipelineBuilder.REPORTING, wanted);

            // In one of its partitions the whole row names a row: no column may be left out.
            databases.onSource("ALTER TABLE visits_2 REPLICA IDENTITY FULL");
            awaitCarried("bulk all kind = 'web'::text");
            databases.onSource(changes.toArray(String[]::new));
            databases.onSource(
                    "CREATE TABLE visits_9 PARTITION OF visits FOR VALUES FROM (9000) TO (9999)",
                    "INSERT INTO visits VALUES (9001, 'web', 1, 'x'), (9002, 'shop', 1, 'x')",
                    "UPDATE visits SET stars = 2 WHERE id >= 9000");
            awaitComplete(pipeline, PipelineBuilder.REPORTING);
            assertSame(pipeline, databases, PipelineBuilder.REPORTING, wanted);
        }
    }

    @Test
    void whatOneDestinationNeedsLeavesTheSourceForAll() throws Exception {
        databases.onSource(
                "CREATE TABLE visits (id int PRIMARY KEY, kind text, stars int, body text DEFAULT 'none')",
                "INSERT INTO visits SELECT g, 'k' || g % 3, g % 5, 'b' || g FROM generate_series(1, 400) g");
        Map<DestinationId, Strategy> strategies = new HashMap<>();
        strategies.put(
                PipelineBuilder.REPORTING, PushDownTest.needing(List.of("kind"), "id < 100"));
        strategies.put(ARCHIVE, PushDownTest.needing(List.of("stars"), "id >= 300"));
        try (Pipeline pipeline =
                new Pipeline(
                        new PipelineSettings(
                                databases.sourceName(),
                                new Database(databases.sourceJdbcUrl(), Map.of()),
                                List.of(
                                        new PipelineSettings.Destination(
                                                PipelineBuilder.REPORTING,
                                                new Database(
                                                        databases.destinationJdbcUrl(), Map.of()),
                                                2),
                                        new PipelineSettings.Destination(
                                                ARCHIVE,
                                                new Database(others.destinationJdbcUrl(), Map.of()),
                                                2)),
                                List.of(
                                        new PipelineSettings.TableRule(
                                                "public.*",
                                                true,
                                                new Consistency.Table(),
                                                1,
                                                Track.BULK)),
                                directory,
                                PipelineSettings.Journal.DEFAULT,
                                PipelineBuilder.QUICK,
                                PipelineSettings.Moves.DEFAULT,
                                List.of(),
                                true,
                                PipelineSettings.LostChanges.MERGE),
                        (destination, tables) -> {
                            Map<TableId, ReplicationSchema> schemas = new HashMap<>();
                            for (TableId table : tables) {
                                schemas.put(
                                        table,
                                        ReplicationSchema.usual(table, destination, Instant.now())
                                                .withStrategy(
                                                        Objects.requireNonNull(
                                                                strategies.get(destination))));
                            }
                            return schemas;
                        },
                        Faults.NONE)) {
            pipeline.start();
            awaitCarried("bulk {id,kind,stars} ((id < 100) OR (id >= 300))");
            databases.onSource(
                    "UPDATE visits SET kind = 'x', stars = 7, body = 'y' WHERE id % 3 = 0");
            awaitComplete(pipeline, PipelineBuilder.REPORTING);
            awaitComplete(pipeline, ARCHIVE);
            String few = "SELECT id, kind, NULL, NULL FROM visits WHERE id < 100";
            assertSame(pipeline, databases, PipelineBuilder.REPORTING, few);
            assertSame(
                    pipeline,
                    others,
                    ARCHIVE,
                    "SELECT id, NULL, stars, NULL FROM visits WHERE id >= 300");

            pipeline.switchStrategy(ARCHIVE, VISITS, new Strategy.PrioritizedDelta());
            awaitCarried("bulk all all");
            awaitComplete(pipeline, ARCHIVE);
            databases.onSource("UPDATE visits SET kind = 'z', body = 'z' WHERE id % 2 = 0");
            awaitComplete(pipeline, PipelineBuilder.REPORTING);
            awaitComplete(pipeline, ARCHIVE);
            assertSame(pipeline, databases, PipelineBuilder.REPORTING, few);
            assertSame(pipeline, others, ARCHIVE, "SELECT id, kind, stars, body FROM visits");
        }
    }

    /** Waits until a track carries the table, and it and any other just that of it. */
    private void awaitCarried(String wanted) {
        Awaitility.await()
                .atMost(LIMIT)
                .pollInterval(Duration.ofMillis(20))
                .untilAsserted(() -> {
                    List<String> found =
                            rows(
                                    databases.connectSource(),
                                    """
                                    SELECT regexp_replace(p.pubname, '.*_', '') || ' ' || coalesce((SELECT array_agg(attname ORDER BY attname)::text FROM pg_attribute
                                        WHERE attrelid = m.prrelid AND attnum = ANY (m.prattrs::int2[])), 'all')
                                        || ' ' || coalesce(pg_get_expr(m.prqual, m.prrelid), 'all')
                                    FROM pg_publication_rel m JOIN pg_publication p ON p.oid = m.prpubid
                                    WHERE m.prrelid = 'visits'::regclass
                                    """);
                    String[] words = wanted.split(" ", 3);
                    assertThat(found).isNotEmpty();
                    assertThat(found).anyMatch(text -> text.contains(words[0]));
                    for (String text : found) {
                        for (int i = 1; i < words.length; i++) {
                            assertThat(text.replace("\"", "")).contains(words[i]);
                        }
                    }
                });
    }

    private void assertSame(
            Pipeline pipeline, DatabasePair there, DestinationId destination, String expected)
            throws Exception {
        assertThat(rows(there.connectDestination(), "SELECT id, kind, stars, body FROM visits"))
                .isEqualTo(rows(databases.connectSource(), expected));
        assertThat(pipeline.verify(destination, Set.of(VISITS), false, each -> {}))
                .allMatch(TableVerification::equal);
    }
}
