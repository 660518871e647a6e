package io.tidetable.node.pipeline;

import static io.tidetable.node.pipeline.Arrivals.awaitComplete;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.model.Consistency;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.model.status.TableState;
import io.tidetable.model.status.TableStatus;
import io.tidetable.model.status.TableVerification;
import io.tidetable.node.capture.Publications;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.fault.Faults;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A publication that was not what it should be, however briefly, is noticed by what it left behind:
 * no look can see it, since it is over within one transaction.
 */
@Tag("slow")
class InterruptedPublicationTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final TableId ORDERS = new TableId("public", "orders");
    private static final DestinationId ARCHIVE = new DestinationId("archive");

    private static final String MERGED =
            "SELECT oldest_snapshot FROM tidetable.replicated_table WHERE name = 'orders'";

    private final DatabasePair databases = Servers.freshPair();
    private @Nullable DatabasePair archive;

    @TempDir Path directory;

    @AfterEach
    void dropDatabases() throws SQLException {
        databases.close();
        if (archive != null) {
            archive.close();
        }
    }

    @Test
    void aTableThatWasOutForAMomentIsMended() throws Exception {
        createOrders();
        try (Pipeline pipeline = started(builder(Track.EXPRESS));
                LogEars log = new LogEars()) {
            awaitNoted(Track.EXPRESS);
            log.listen();
            changeWhileOut(Track.EXPRESS);
            log.await("WARN TT-246 public.orders", LIMIT);
            log.await("table public.orders merged", LIMIT);
            databases.onSource("DELETE FROM orders WHERE id % 5 = 0");
            assertComplete(pipeline);
        }
    }

    @Test
    void everyDestinationOfATableThatWasOutForAMomentOrIsTakenOutIsMended() throws Exception {
        createOrders();
        archive = Servers.freshPair();
        try (Pipeline _ = started(builder(Track.BULK).to(ARCHIVE, archive))) {
            awaitNoted(Track.BULK);
        }
        // While nobody looks.
        changeWhileOut(Track.BULK);
        try (LogEars log = new LogEars()) {
            log.listen();
            try (Pipeline pipeline = started(builder(Track.BULK).to(ARCHIVE, archive))) {
                Awaitility.await()
                        .atMost(LIMIT)
                        .until(() -> log.count("table public.orders merged") == 2);
                assertBothComplete(pipeline);
                awaitNoted(Track.BULK);
                databases.onSource(
                        "ALTER PUBLICATION %s DROP TABLE orders".formatted(publication(Track.BULK)),
                        "UPDATE orders SET total = -2 WHERE id % 3 = 0");
                Awaitility.await()
                        .atMost(LIMIT)
                        .until(() -> log.count("table public.orders merged") >= 4);
                assertBothComplete(pipeline);
            }
        }
    }

    private void assertBothComplete(Pipeline pipeline) throws Exception {
        assertComplete(pipeline);
        assertThat(pipeline.awaitComplete(ARCHIVE, Set.of(), pipeline.sourcePosition(), LIMIT))
                .isTrue();
        assertThat(pipeline.verify(ARCHIVE, Set.of(), false, each -> {}))
                .allMatch(TableVerification::equal);
    }

    @Test
    void aTableThatWasOutInTheMiddleOfItsCopyIsMended() throws Exception {
        databases.onSource(
                "CREATE TABLE orders (id int PRIMARY KEY, total int, note text)",
                "INSERT INTO orders SELECT g, g, repeat('x', 50) FROM generate_series(1, 20000) g");
        CountDownLatch halfCopied = new CountDownLatch(1);
        AtomicInteger chunks = new AtomicInteger();
        Faults stopped =
                point -> {
                    if (point == FaultPoint.CHUNK_COMMITTED && chunks.incrementAndGet() >= 3) {
                        halfCopied.countDown();
                        waitForInterruption();
                    }
                };
        try (Pipeline pipeline = builder(Track.BULK).with(stopped).build()) {
            pipeline.start();
            assertThat(halfCopied.await(60, TimeUnit.SECONDS)).isTrue();
        }
        changeWhileOut(Track.BULK);
        try (LogEars log = new LogEars()) {
            log.listen();
            try (Pipeline pipeline = started(builder(Track.BULK))) {
                log.await("table public.orders merged", LIMIT);
                assertComplete(pipeline);
            }
        }
    }

    @Test
    void aPublicationThatIsRenamedIsMadeAnewAndItsTablesAreMended() throws Exception {
        createOrders();
        try (Pipeline pipeline = started(builder(Track.BULK));
                LogEars log = new LogEars()) {
            awaitNoted(Track.BULK);
            log.listen();
            databases.onSource(
                    "ALTER PUBLICATION %s RENAME TO away_%s"
                            .formatted(publication(Track.BULK), databases.sourceName()),
                    "UPDATE orders SET total = -1 WHERE id % 2 = 0");
            log.await("table public.orders merged", LIMIT);
            databases.onSource("DELETE FROM orders WHERE id % 5 = 0");
            assertComplete(pipeline);
        }
    }

    @Test
    void aPublicationThatIsAlteredCarriesEverythingAgainAndItsTablesAreMendedButNotForAnOwner()
            throws Exception {
        createOrders();
        String role = "owner_" + databases.sourceName();
        try (Pipeline pipeline = started(builder(Track.BULK));
                LogEars log = new LogEars()) {
            awaitNoted(Track.BULK);
            String before = there(MERGED);
            databases.onSource(
                    "CREATE ROLE %s SUPERUSER".formatted(role),
                    "ALTER PUBLICATION %s OWNER TO %s".formatted(publication(Track.BULK), role));
            awaitNoted(Track.BULK);
            databases.onSource("UPDATE orders SET total = -1 WHERE id % 2 = 0");
            assertComplete(pipeline);
            assertThat(there(MERGED)).isEqualTo(before);

            log.listen();
            databases.onSource(
                    "ALTER PUBLICATION %s SET (publish = 'insert')"
                            .formatted(publication(Track.BULK)),
                    "UPDATE orders SET total = -2 WHERE id % 3 = 0");
            log.await("table public.orders merged", LIMIT);
            databases.onSource(
                    "DELETE FROM orders WHERE id % 5 = 0", "UPDATE orders SET total = total - 1");
            assertComplete(pipeline);
        } finally {
            databases.onSource(
                    "ALTER PUBLICATION %s OWNER TO CURRENT_USER".formatted(publication(Track.BULK)),
                    "DROP ROLE " + role);
        }
    }

    @Test
    void movesOfOursAreNotTakenForIt() throws Exception {
        createOrders();
        try (Pipeline pipeline = started(builder(Track.BULK))) {
            awaitNoted(Track.BULK);
            String before = there(MERGED);
            for (Track to : List.of(Track.EXPRESS, Track.BULK, Track.EXPRESS, Track.BULK)) {
                pipeline.move(ORDERS, to);
                databases.onSource("UPDATE orders SET total = total + 1");
                Awaitility.await()
                        .atMost(LIMIT)
                        .until(() ->
                                status(pipeline).track() == to && status(pipeline).move() == null);
            }
            awaitNoted(Track.BULK);
            assertThat(status(pipeline).state()).isEqualTo(TableState.STREAMING);
            assertComplete(pipeline);
            assertThat(there(MERGED)).isEqualTo(before);
        }
        try (Pipeline pipeline = started(builder(Track.BULK))) {
            pipeline.move(ORDERS, Track.EXPRESS);
            awaitNoted(Track.EXPRESS);
            assertComplete(pipeline);
        }
    }

    @Test
    void whereTheSettingsSayToStopTheTableStopsUntilItIsAllowedToBeMended() throws Exception {
        createOrders();
        try (Pipeline pipeline = started(builder(Track.BULK).stoppingWhereChangesAreLost())) {
            awaitNoted(Track.BULK);
            changeWhileOut(Track.BULK);
            Awaitility.await()
                    .atMost(LIMIT)
                    .until(() -> status(pipeline).state() == TableState.FAILED);
            assertThat(status(pipeline).message()).startsWith("TT-246").contains("lost_changes");
        }
        try (Pipeline pipeline = started(builder(Track.BULK))) {
            assertComplete(pipeline);
        }
    }

    private static void waitForInterruption() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("the test ends this process", e);
        }
    }

    private void createOrders() throws SQLException {
        databases.onSource(
                "CREATE TABLE orders (id int PRIMARY KEY, total int)",
                "INSERT INTO orders SELECT g, g FROM generate_series(1, 500) g");
    }

    private PipelineBuilder builder(Track track) {
        return new PipelineBuilder(databases, directory)
                .tuned(PipelineBuilder.SMALL)
                .rule("public.orders", new Consistency.Table(), track);
    }

    private Pipeline started(PipelineBuilder builder) throws Exception {
        Pipeline pipeline = builder.build();
        pipeline.start();
        awaitComplete(pipeline);
        return pipeline;
    }

    private void assertComplete(Pipeline pipeline) throws Exception {
        awaitComplete(pipeline);
        databases.comparer().assertEqual();
    }

    /** The publication is whole before and after it. */
    private void changeWhileOut(Track track) throws SQLException {
        try (Connection connection = databases.connectSource();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute(
                    "ALTER PUBLICATION %s DROP TABLE orders".formatted(publication(track)));
            statement.execute("UPDATE orders SET total = -1 WHERE id % 2 = 0");
            statement.execute("DELETE FROM orders WHERE id % 7 = 0");
            statement.execute(
                    "ALTER PUBLICATION %s ADD TABLE orders".formatted(publication(track)));
            connection.commit();
        }
    }

    /** Waits for a look that found what there is now. */
    private void awaitNoted(Track track) {
        Awaitility.await()
                .atMost(LIMIT)
                .until(() -> {
                    String bond = bond(track);
                    return bond != null
                            && bond.equals(
                                    there(
                                            "SELECT max(bond) FROM tidetable.publication_bond WHERE name = 'orders' AND track = '%s'"
                                                    .formatted(track.label())));
                });
    }

    private @Nullable String bond(Track track) throws SQLException {
        try (Connection source = databases.connectSource()) {
            return new Publications(databases.sourceName()).bonds(source, track).get(ORDERS);
        }
    }

    private static TableStatus status(Pipeline pipeline) {
        return pipeline.status().destinations().getFirst().tables().getFirst();
    }

    private String publication(Track track) {
        return "tidetable_%s_%s".formatted(databases.sourceName(), track.label());
    }

    private String there(String sql) throws SQLException {
        try (Connection connection = databases.connectDestination();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}
