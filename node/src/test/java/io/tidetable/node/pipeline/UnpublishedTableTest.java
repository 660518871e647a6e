package io.tidetable.node.pipeline;

import static io.tidetable.node.pipeline.PipelineBuilder.REPORTING;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.model.Consistency;
import io.tidetable.model.Track;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.FutureTask;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A table that somebody takes out of its publication is published again and mended. */
class UnpublishedTableTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted";

    private final DatabasePair databases = Servers.freshPair();

    @TempDir Path directory;

    @AfterEach
    void dropDatabases() throws SQLException {
        databases.close();
    }

    @Test
    void aTableIsMendedThoughTheTrackThatItDoesNotRideHasIt() throws Exception {
        try (Pipeline pipeline = started(Track.EXPRESS)) {
            Awaitility.await().atMost(LIMIT).until(() -> isPublished(Track.BULK));
            try (LogEars log = new LogEars()) {
                log.listen();
                takeOut(Track.EXPRESS);
                databases.onSource("UPDATE orders SET total = -1 WHERE id % 2 = 0");
                log.await("WARN TT-246 public.orders", LIMIT);
                log.await("table public.orders merged", LIMIT);
            }
            databases.onSource("DELETE FROM orders WHERE id % 5 = 0");
            assertComplete(pipeline);
        }
    }

    @Test
    void aTableIsMendedThoughItsLockIsNotHadAndSomebodyElsePublishesItMeanwhile() throws Exception {
        try (Pipeline pipeline = started(Track.BULK);
                Connection other = databases.connectSource();
                LogEars log = new LogEars()) {
            log.listen();
            other.setAutoCommit(false);
            takeOutAndPutBackLater(other);
            databases.onSource("UPDATE orders SET total = -1 WHERE id % 2 = 0");
            log.await("WARN TT-246 public.orders", LIMIT);
            Awaitility.await().atMost(LIMIT).until(() -> source(WAITING) > 0);
            other.commit();
            log.await("table public.orders merged", LIMIT);
            databases.onSource("DELETE FROM orders WHERE id % 5 = 0");
            assertComplete(pipeline);
        }
    }

    private Pipeline started(Track track) throws Exception {
        databases.onSource(
                "CREATE TABLE orders (id int PRIMARY KEY, total int)",
                "INSERT INTO orders SELECT g, g FROM generate_series(1, 500) g");
        Pipeline pipeline =
                new PipelineBuilder(databases, directory)
                        .tuned(PipelineBuilder.SMALL)
                        .rule("public.orders", new Consistency.Table(), track)
                        .build();
        pipeline.start();
        assertComplete(pipeline);
        return pipeline;
    }

    private void assertComplete(Pipeline pipeline) throws Exception {
        assertThat(pipeline.awaitComplete(REPORTING, Set.of(), pipeline.sourcePosition(), LIMIT))
                .as(() -> pipeline.status().toString())
                .isTrue();
        databases.comparer().assertEqual();
    }

    /** That it is back is not committed; before it is out, its lock is waited for. */
    private void takeOutAndPutBackLater(Connection other) throws Exception {
        try (Connection taking = databases.connectSource();
                Statement statement = taking.createStatement()) {
            taking.setAutoCommit(false);
            statement.execute(
                    "ALTER PUBLICATION %s DROP TABLE orders".formatted(publication(Track.BULK)));
            FutureTask<Void> locking =
                    new FutureTask<>(() -> {
                        try (Statement lock = other.createStatement()) {
                            lock.execute(
                                    "LOCK TABLE orders IN SHARE UPDATE EXCLUSIVE MODE; ALTER PUBLICATION %s ADD TABLE orders"
                                            .formatted(publication(Track.BULK)));
                        }
                        return null;
                    });
            Thread.ofVirtual().start(locking);
            Awaitility.await().atMost(LIMIT).until(() -> source(WAITING) > 0);
            taking.commit();
            locking.get();
        }
    }

    private void takeOut(Track track) throws SQLException {
        databases.onSource("ALTER PUBLICATION %s DROP TABLE orders".formatted(publication(track)));
    }

    private String publication(Track track) {
        return "tidetable_%s_%s".formatted(databases.sourceName(), track.label());
    }

    private boolean isPublished(Track track) throws SQLException {
        return source(
                        "SELECT count(*) FROM pg_publication_tables WHERE pubname = '%s' AND tablename = 'orders'"
                                .formatted(publication(track)))
                > 0;
    }

    private long source(String sql) throws SQLException {
        try (Connection connection = databases.connectSource();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }
}
