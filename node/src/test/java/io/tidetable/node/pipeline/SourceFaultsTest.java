package io.tidetable.node.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.embedded.PostgresServer;
import io.tidetable.model.ByteSize;
import io.tidetable.model.TableId;
import io.tidetable.model.schema.ReplicationSchema;
import io.tidetable.model.schema.SchemaOverride;
import io.tidetable.model.status.TableState;
import io.tidetable.node.pipeline.PipelineSettings.LostChanges;
import io.tidetable.testkit.FaultProxy.Fault;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens to the source, and that nothing of it is lost, doubled or hidden. */
@Tag("slow")
class SourceFaultsTest {
    private static final String WALSENDERS =
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_replication";

    /** Much to replicate; not against the order in which transfers take their locks. */
    private static final String REWRITE =
            """
            DO $$ BEGIN
                LOCK TABLE bank_accounts IN EXCLUSIVE MODE;
                FOR time IN 1..10 LOOP
                    UPDATE bank_accounts SET slot = slot;
                END LOOP;
            END $$
            """;

    private static final TableId COUNTERS = new TableId("public", "counters");

    /** Before a trouble would be said again. */
    private static final Duration SOON = Duration.ofSeconds(30);

    private static PostgresServer source;
    private static PostgresServer destination;

    @TempDir Path directory;

    @BeforeAll
    static void startServers() {
        source = PostgresServer.start(Map.of("max_connections", "200"));
        destination = PostgresServer.start(Map.of("max_connections", "200"));
    }

    @AfterAll
    static void stopServers() {
        source.close();
        destination.close();
    }

    private FaultWorld world() {
        return new FaultWorld(source, destination, directory);
    }

    @Test
    void aSourceThatRestartsOrCrashesIsReadOnWhereItWas() throws Exception {
        try (FaultWorld world = world().start()) {
            source.stop();
            world.log()
                    .await(
                            "WARN source connection lost, retrying: track=express",
                            FaultWorld.LIMIT);
            source.restart();
            world.log().await("INFO source connection is back: track=express", FaultWorld.LIMIT);
            world.awaitLoad(50);
            source.stopImmediately();
            source.restart();
            world.awaitLoad(50);
            world.assertSound();
            assertThat(world.log().count("lost changes")).isZero();
            assertThat(world.log().count("TT-280")).isZero();
        }
    }

    @Test
    void aQuietSourceThatShutsDownHasEverythingAcknowledged() throws Exception {
        try (FaultWorld world = world().start()) {
            world.restLoad();
            world.awaitArrival();
            source.stop();
            source.restart();
            world.log().await("INFO source connection is back", FaultWorld.LIMIT);
            // A connection that was taken from a source that waits is lost by this first.
            assertThat(world.log().count("attempts=1 code=57P03")).isZero();
            world.assertSound();
        }
    }

    @Test
    void aFullJournalDoesNotHoldTheShutdownOfTheSourceUp() throws Exception {
        try (FaultWorld world = world().bounded(ByteSize.megabytes(2)).start()) {
            world.destinationProxy().refuse();
            world.destinationProxy().cut();
            Awaitility.await()
                    .atMost(FaultWorld.LIMIT)
                    .until(() -> {
                        world.databases().onSource(REWRITE);
                        return world.log().count("the journal is full, reading waits") > 0;
                    });
            long begun = System.nanoTime();
            source.stop();
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(SOON);
            source.restart();
            world.destinationProxy().accept();
            world.log().await("INFO source connection is back", FaultWorld.LIMIT);
            world.assertSound();
        }
    }

    @Test
    void aTerminatedWalsenderIsConnectedAnew() throws Exception {
        try (FaultWorld world = world().start()) {
            for (int time = 0; time < 5; time++) {
                world.databases().onSource(WALSENDERS);
                world.awaitLoad(40);
            }
            world.log().await("WARN source connection lost, retrying", FaultWorld.LIMIT);
            world.assertSound();
        }
    }

    @Test
    void cutConnectionsToTheSourceAreMadeAnew() throws Exception {
        try (FaultWorld world = world().start()) {
            world.cutOften(world.sourceProxy());
            world.assertSound();
        }
    }

    @Test
    @Tag("wide")
    void aNetworkThatSwallowsEverythingFromTheSourceIsNoticed() throws Exception {
        try (FaultWorld world = world().start()) {
            world.sourceProxy().set(new Fault.BlackHole());
            world.log().await("WARN source connection lost, retrying", FaultWorld.LIMIT);
            world.awaitLoad(20);
            world.sourceProxy().pass();
            world.assertSound();
        }
    }

    @Test
    void aDroppedSlotIsMadeAnewAndItsTablesAreMendedWithoutARestart() throws Exception {
        try (FaultWorld world = world().start()) {
            dropSlot(world, "bulk");
            world.log().await("WARN TT-280 pipeline", FaultWorld.LIMIT);
            world.log().await("TT-241 its replication slot was lost", FaultWorld.LIMIT);
            world.log()
                    .await(
                            "INFO pipeline " + world.databases().sourceName() + " goes on",
                            FaultWorld.LIMIT);
            world.log().await("table public.counters merged", FaultWorld.LIMIT);
            world.awaitLoad(50);
            world.assertSound();
            assertThat(world.log().count("table public.bank_accounts merged")).isZero();
        }
    }

    @Test
    void aTableThatAnOverrideHoldsIsHeldAgainAfterItsSlotWasLost() throws Exception {
        ReplicationSchema schema =
                ReplicationSchema.usual(COUNTERS, FaultWorld.REPORTING, Instant.now());
        try (FaultWorld world = world().start()) {
            world.replication().follow(new SchemaOverride.InForce(schema, true, List.of()));
            dropSlot(world, "bulk");
            world.log().await("table public.counters merged", FaultWorld.LIMIT);
            Awaitility.await()
                    .atMost(FaultWorld.LIMIT)
                    .until(() ->
                            world.replication().status().destinations().stream()
                                    .flatMap(it -> it.tables().stream())
                                    .anyMatch(it ->
                                            it.table().equals(COUNTERS)
                                                    && it.state() == TableState.PAUSED));
            world.replication().follow(new SchemaOverride.InForce(schema, false, List.of()));
            world.assertSound();
        }
    }

    @Test
    void aLongTransactionAtTheSourceDoesNotKeepTheOtherTrackWaitingForANewSlot() throws Exception {
        try (FaultWorld world = world().start();
                Connection open = world.databases().connectSource();
                Statement statement = open.createStatement()) {
            open.setAutoCommit(false);
            statement.execute("SELECT pg_current_xact_id()");
            dropSlot(world, "bulk");
            world.log().await("the slot of track bulk is made anew", FaultWorld.LIMIT);
            long balance = moves(world);
            world.awaitLoad(50);
            Awaitility.await().atMost(FaultWorld.LIMIT).until(() -> moves(world) > balance);
            open.rollback();
            world.assertSound();
        }
    }

    private static long moves(FaultWorld world) throws SQLException {
        try (Connection connection = world.databases().connectDestination();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT sum(moves) FROM bank_accounts")) {
            row.next();
            return row.getLong(1);
        }
    }

    @Test
    void anInvalidatedSlotIsMadeAnewAndItsTablesAreMendedWithoutARestart() throws Exception {
        try (FaultWorld world = world().start()) {
            world.sourceProxy().refuse();
            world.sourceProxy().cut();
            world.databases()
                    .onSource(
                            "ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'",
                            "SELECT pg_reload_conf()");
            invalidate(world);
            world.databases()
                    .onSource(
                            "ALTER SYSTEM RESET max_slot_wal_keep_size", "SELECT pg_reload_conf()");
            world.sourceProxy().accept();
            world.log().await("TT-223 replication slot", FaultWorld.LIMIT);
            world.log().await("table public.counters merged", FaultWorld.LIMIT);
            world.log().await("table public.bank_accounts merged", FaultWorld.LIMIT);
            world.assertSound();
        }
    }

    private static void invalidate(FaultWorld world) {
        Awaitility.await()
                .atMost(FaultWorld.LIMIT)
                .until(() -> {
                    world.databases()
                            .onSource(
                                    "SELECT pg_logical_emit_message(false, 'noise', repeat('x', 1000000))",
                                    "SELECT pg_switch_wal()",
                                    "CHECKPOINT");
                    try (Connection connection = world.databases().connectSource();
                            Statement statement = connection.createStatement();
                            ResultSet row =
                                    statement.executeQuery(
                                            """
                                            SELECT count(*) FROM pg_replication_slots
                                            WHERE database = current_database() AND wal_status = 'lost'
                                            """)) {
                        row.next();
                        return row.getInt(1) == 2;
                    }
                });
    }

    @Test
    void aPublicationThatIsDroppedIsMadeAnewAndItsTablesAreMendedWithoutARestart()
            throws Exception {
        try (FaultWorld world = world().start()) {
            world.databases()
                    .onSource(
                            "DROP PUBLICATION tidetable_%s_bulk"
                                    .formatted(world.databases().sourceName()));
            world.log().await("WARN TT-246 public.counters was replaced", FaultWorld.LIMIT);
            world.log().await("table public.counters merged", FaultWorld.LIMIT);
            world.assertSound();
        }
    }

    @Test
    void whereTheSettingsForbidToMergeALostSlotStopsEverythingAndSaysWhatToDo() throws Exception {
        try (FaultWorld world = world().lostChanges(LostChanges.STOP).start()) {
            dropSlot(world, "bulk");
            world.log().await("ERROR TT-248", FaultWorld.LIMIT);
            Awaitility.await()
                    .atMost(FaultWorld.LIMIT)
                    .until(() -> world.replication().failure().isPresent());
            assertThat(world.replication().failure().orElseThrow().line())
                    .contains("TT-222", "lost_changes: merge");
            world.end();
            world.lostChanges(LostChanges.MERGE);
            world.begin();
            world.awaitStreaming();
            world.assertSound();
        }
    }

    @Test
    void aSourceOnAnotherTimelineIsComparedAndMendedWithoutARestart() throws Exception {
        try (FaultWorld world = world().start()) {
            world.restLoad();
            source.stop();
            Files.createFile(source.data().resolve("standby.signal"));
            source.restart();
            world.log().await("the source is a standby", SOON);
            world.databases().onSource("SELECT pg_promote()");
            world.resumeLoad();
            world.log().await("TT-221 the source of track", FaultWorld.LIMIT);
            world.log()
                    .await(
                            "TT-245 the source is another server, or went back in time",
                            FaultWorld.LIMIT);
            world.log().await("table public.bank_accounts merged", FaultWorld.LIMIT);
            world.assertSound();
        }
    }

    @Test
    void aPasswordThatIsWrongForAWhileCostsNothingButTime() throws Exception {
        source.connect("postgres").close();
        Passwords passwords = new Passwords(source);
        passwords.require("source_reader", "right");
        try (FaultWorld world = world().sourceLogin("source_reader", "right").start()) {
            passwords.change("source_reader", "another");
            world.log().await("ERROR TT-229 the source refuses the login of track", SOON);
            world.awaitLoad(50);
            passwords.change("source_reader", "right");
            world.log().await("INFO source connection is back", FaultWorld.LIMIT);
            world.assertSound();
        }
    }

    private static void dropSlot(FaultWorld world, String track) {
        String slot = "tidetable_%s_%s".formatted(world.databases().sourceName(), track);
        Awaitility.await()
                .atMost(FaultWorld.LIMIT)
                .ignoreExceptions()
                .until(() -> {
                    world.databases()
                            .onSource(
                                    "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '%s' AND active_pid IS NOT NULL"
                                            .formatted(slot),
                                    "SELECT pg_drop_replication_slot('%s')".formatted(slot));
                    return true;
                });
    }
}
