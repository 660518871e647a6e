package io.tidetable.node.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.fault.Faults;
import io.tidetable.testkit.Servers;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Publications, slots and the fence on a real server. */
class SourceObjectsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final TableId ORDERS = new TableId("public", "orders");
    private static final TableId PARTED = new TableId("public", "parted");

    private CaptureWorld world;
    private Publications publications;
    private Connection connection;

    @BeforeEach
    void makeTables() throws Exception {
        world = new CaptureWorld(Servers.source());
        world.run(
                "CREATE TABLE orders (id int PRIMARY KEY, customer text)",
                "CREATE TABLE parted (id int PRIMARY KEY, note text) PARTITION BY RANGE (id)",
                "CREATE TABLE parted_low PARTITION OF parted FOR VALUES FROM (0) TO (100)",
                "CREATE TABLE \"Odd \"\"Name\" (id int PRIMARY KEY)",
                "CREATE TABLE keyless (id int)",
                "CREATE TABLE deferred (id int PRIMARY KEY DEFERRABLE)",
                "CREATE TABLE silent (id int PRIMARY KEY)",
                "ALTER TABLE silent REPLICA IDENTITY NOTHING");
        connection = world.database.connect("test");
        publications = new Publications(world.pipeline, Duration.ofMillis(200), 3);
    }

    @AfterEach
    void close() throws Exception {
        connection.close();
        world.close();
    }

    @Test
    void tablesMoveBetweenTracksInOneTransactionWithTheirMarker() throws Exception {
        TableId odd = new TableId("public", "Odd \"Name");
        assertThat(publications.create(connection, Track.BULK)).isTrue();
        assertThat(publications.create(connection, Track.BULK)).isFalse();
        publications.create(connection, Track.EXPRESS);
        publications.change(
                connection,
                List.of(PublicationChange.add(Track.BULK, Set.of(ORDERS, PARTED, odd))),
                null);
        assertThat(publications.members(connection, Track.BULK))
                .containsExactlyInAnyOrder(ORDERS, PARTED, odd);

        publications.change(
                connection,
                List.of(
                        PublicationChange.drop(Track.BULK, Set.of(ORDERS)),
                        PublicationChange.add(Track.EXPRESS, Set.of(ORDERS))),
                "move 1");

        assertThat(publications.members(connection, Track.BULK)).containsExactly(odd, PARTED);
        assertThat(publications.members(connection, Track.EXPRESS)).containsExactly(ORDERS);
        publications.drop(connection, Track.EXPRESS);
        publications.drop(connection, Track.EXPRESS);
        assertThat(publications.exists(connection, Track.EXPRESS)).isFalse();
        assertThat(publications.members(connection, Track.EXPRESS)).isEmpty();
    }

    @Test
    void aTableWhoseUpdatesWouldThenFailIsNeverPublished() throws Exception {
        publications.create(connection, Track.BULK);
        for (String unusable : List.of("keyless", "deferred", "silent")) {
            assertThatThrownBy(() ->
                            publications.change(
                                    connection,
                                    List.of(
                                            PublicationChange.add(
                                                    Track.BULK,
                                                    Set.of(
                                                            ORDERS,
                                                            new TableId("public", unusable)))),
                                    null))
                    .isInstanceOf(TidetableException.class)
                    .hasMessageContaining(unusable);
        }
        world.run("ALTER TABLE parted_low REPLICA IDENTITY NOTHING");
        assertThatThrownBy(() ->
                        publications.change(
                                connection,
                                List.of(PublicationChange.add(Track.BULK, Set.of(PARTED))),
                                null))
                .hasMessageContaining("parted_low");

        assertThat(publications.members(connection, Track.BULK)).isEmpty();
        world.run("ALTER TABLE keyless REPLICA IDENTITY FULL");
        publications.change(
                connection,
                List.of(
                        PublicationChange.add(
                                Track.BULK, Set.of(new TableId("public", "keyless")))),
                null);
        world.run("INSERT INTO keyless VALUES (1)", "UPDATE keyless SET id = 2");
    }

    @Test
    void aLockThatIsNotHadIsSaidAndNothingChanges() throws Exception {
        publications.create(connection, Track.BULK);
        try (Connection other = world.server.connect(world.name);
                Statement statement = other.createStatement()) {
            statement.execute("BEGIN; LOCK TABLE orders IN SHARE UPDATE EXCLUSIVE MODE");

            assertThatThrownBy(() ->
                            publications.change(
                                    connection,
                                    List.of(PublicationChange.add(Track.BULK, Set.of(ORDERS))),
                                    null))
                    .isInstanceOfSatisfying(
                            TidetableException.class,
                            e -> assertThat(e.code()).isEqualTo("TT-233"));
        }
        assertThat(publications.members(connection, Track.BULK)).isEmpty();
    }

    @Test
    void aRoleThatDoesNotOwnTheTablesIsToldWhatToDo() throws Exception {
        publications.create(connection, Track.BULK);
        String role = "plain_" + world.pipeline;
        world.run("CREATE ROLE " + role);
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET ROLE " + role);
            assertThatThrownBy(() ->
                            publications.change(
                                    connection,
                                    List.of(PublicationChange.add(Track.BULK, Set.of(ORDERS))),
                                    null))
                    .isInstanceOfSatisfying(
                            TidetableException.class,
                            e -> assertThat(e.code()).isEqualTo("TT-232"));
            statement.execute("RESET ROLE");
        }
        world.run("DROP ROLE " + role);
    }

    @Test
    void aSlotIsMadeOnceToldAboutAndDropped() throws Exception {
        List<FaultPoint> reached = new ArrayList<>();
        Slots slots = new Slots(world.pipeline, reached::add);
        assertThat(slots.state(connection, Track.BULK)).isEmpty();

        Lsn consistent = slots.create(world.database, Track.BULK);

        assertThat(reached).containsExactly(FaultPoint.SLOT_CREATED);
        assertThat(slots.state(connection, Track.BULK))
                .hasValueSatisfying(state -> {
                    assertThat(state.confirmedFlush()).isEqualTo(consistent);
                    assertThat(state.unusable()).isEmpty();
                    assertThat(state.activePid()).isEmpty();
                    assertThat(state.walStatus()).isEqualTo("reserved");
                });
        assertThatThrownBy(() -> slots.create(world.database, Track.BULK))
                .isInstanceOf(TidetableException.class)
                .hasMessageContaining("already exists");
        assertThat(slots.drop(connection, Track.BULK)).isTrue();
        assertThat(slots.drop(connection, Track.BULK)).isFalse();
    }

    @Test
    void makingASlotWaitsForOpenTransactionsAndAnInterruptLeavesNone() throws Exception {
        Slots slots = new Slots(world.pipeline, Faults.NONE);
        try (Connection other = world.server.connect(world.name);
                Statement statement = other.createStatement()) {
            statement.execute("BEGIN; INSERT INTO orders VALUES (1)");
            CompletableFuture<Throwable> outcome = new CompletableFuture<>();
            Thread maker =
                    Thread.ofPlatform()
                            .start(() -> {
                                try {
                                    slots.create(world.database, Track.BULK);
                                    outcome.complete(new AssertionError("made"));
                                } catch (SQLException | InterruptedException e) {
                                    outcome.complete(e);
                                }
                            });
            await().atMost(PATIENCE).until(() -> slots.state(connection, Track.BULK).isPresent());

            maker.interrupt();

            assertThat(outcome.get()).isInstanceOf(InterruptedException.class);
            await().atMost(PATIENCE).until(() -> slots.state(connection, Track.BULK).isEmpty());
        }
    }

    @Test
    void theFenceOfATableWaitsForItsOpenWritersAndForNobodyElse() throws Exception {
        publications.create(connection, Track.BULK);
        List<Fence.Waiting> said = new CopyOnWriteArrayList<>();
        Fence fence = new Fence(Duration.ofMillis(10), Duration.ofMillis(50), said::add);
        try (Connection writer = world.server.connect(world.name);
                Statement writes = writer.createStatement();
                Connection other = world.server.connect(world.name);
                Statement others = other.createStatement()) {
            writes.execute("BEGIN; INSERT INTO parted_low VALUES (1)");
            others.execute("BEGIN; INSERT INTO orders VALUES (1)");
            publications.change(
                    connection, List.of(PublicationChange.add(Track.BULK, Set.of(PARTED))), null);
            CompletableFuture<Void> passed =
                    CompletableFuture.runAsync(() -> awaitTables(fence, Set.of(PARTED)));
            await().atMost(PATIENCE).until(() -> !said.isEmpty() || passed.isDone());
            assertThat(passed).isNotCompletedExceptionally().isNotDone();
            assertThat(said.getFirst().blockers()).hasSize(1);
            // Prepared, it is still open, under nobody's pid.
            writes.execute("PREPARE TRANSACTION '%s'".formatted(world.pipeline));
            int before = said.size();
            await().atMost(PATIENCE).until(() -> said.size() > before + 2);
            assertThat(passed).isNotDone();
            assertThat(said.getLast().blockers().getFirst()).startsWith("prepared transaction");

            writes.execute("COMMIT PREPARED '%s'".formatted(world.pipeline));
            await().atMost(PATIENCE).until(passed::isDone);
            passed.join();
        }
    }

    @Test
    void tablesPassTheFenceEachByItself() throws Exception {
        TableId orders = new TableId("public", "orders");
        List<TableId> passed = new CopyOnWriteArrayList<>();
        Fence fence = new Fence(Duration.ofMillis(10), Duration.ofMillis(50), waiting -> {});
        try (Connection writer = world.server.connect(world.name);
                Statement writes = writer.createStatement();
                Connection own = world.database.connect("fence")) {
            writes.execute("BEGIN; INSERT INTO parted_low VALUES (1)");
            CompletableFuture<Void> all =
                    CompletableFuture.runAsync(() -> {
                        try {
                            fence.awaitEach(own, Set.of(PARTED, orders), passed::add);
                        } catch (SQLException | InterruptedException e) {
                            throw new IllegalStateException(e);
                        }
                    });

            await().atMost(PATIENCE).until(() -> passed.equals(List.of(orders)));
            assertThat(all).isNotDone();
            writes.execute("PREPARE TRANSACTION '%s each'".formatted(world.pipeline));
            writes.execute("BEGIN; INSERT INTO parted_low VALUES (2)");
            assertThat(all).isNotDone();
            writes.execute("COMMIT");
            writes.execute("COMMIT PREPARED '%s each'".formatted(world.pipeline));

            await().atMost(PATIENCE).until(all::isDone);
            all.join();
            assertThat(passed).containsExactly(orders, PARTED);
        }
    }

    @Test
    void theFenceOfASlotWaitsForEveryTransactionWithAnId() throws Exception {
        List<Fence.Waiting> said = new CopyOnWriteArrayList<>();
        Fence fence = new Fence(Duration.ofMillis(10), Duration.ofMillis(50), said::add);
        try (Connection writer = world.server.connect(world.name);
                Statement writes = writer.createStatement()) {
            writes.execute("BEGIN; INSERT INTO orders VALUES (1)");
            CompletableFuture<Void> passed = CompletableFuture.runAsync(() -> awaitSlot(fence));
            await().atMost(PATIENCE).until(() -> !said.isEmpty() || passed.isDone());
            assertThat(passed).isNotCompletedExceptionally().isNotDone();
            assertThat(said.getFirst().blockers()).anyMatch(b -> b.startsWith("pid "));

            writes.execute("COMMIT");
            await().atMost(PATIENCE).until(passed::isDone);
            passed.join();
        }
    }

    private void awaitTables(Fence fence, Set<TableId> tables) {
        try (Connection own = world.database.connect("fence")) {
            fence.awaitTables(own, tables);
        } catch (SQLException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void awaitSlot(Fence fence) {
        try (Connection own = world.database.connect("fence")) {
            fence.awaitSlot(own);
        } catch (SQLException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
