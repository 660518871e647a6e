package io.tidetable.node.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.embedded.PostgresServer;
import io.tidetable.testkit.FaultProxy.Fault;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens to the destination, and that nothing of it is lost, doubled or hidden. */
@Tag("slow")
class DestinationFaultsTest {
    private static final String SESSIONS =
            """
            SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name LIKE 'tidetable%'
            """;

    private static PostgresServer source;
    private static PostgresServer destination;

    @TempDir Path directory;

    @BeforeAll
    static void startServers() {
        source = PostgresServer.start(Map.of("max_connections", "200"));
        destination =
                PostgresServer.start(Map.of("max_connections", "200", "wal_writer_delay", "5s"));
    }

    @AfterAll
    static void stopServers() {
        source.close();
        destination.close();
    }

    private FaultWorld world() {
        return new FaultWorld(source, destination, directory);
    }

    private static void awaitWell(FaultWorld world) {
        Awaitility.await()
                .atMost(FaultWorld.LIMIT)
                .until(() -> world.replication().status().ready());
    }

    @Test
    void aDestinationThatRestartsOrCrashesGetsEveryChangeOnce() throws Exception {
        try (FaultWorld world = world().start()) {
            destination.stop();
            world.log().await("WARN destination reporting: ", FaultWorld.LIMIT);
            world.awaitLoad(50);
            destination.restart();
            world.log().await("INFO destination reporting answers again", FaultWorld.LIMIT);
            for (int crash = 0; crash < 3; crash++) {
                world.awaitLoad(50);
                destination.stopImmediately();
                destination.restart();
            }
            world.assertSound();
            awaitWell(world);
        }
    }

    @Test
    void sessionsThatTheDestinationEndsAreMadeAnew() throws Exception {
        try (FaultWorld world = world().start()) {
            for (int time = 0; time < 8; time++) {
                world.databases().onDestination(SESSIONS);
                world.awaitLoad(30);
            }
            world.assertSound();
            awaitWell(world);
        }
    }

    @Test
    void cutConnectionsToTheDestinationAreMadeAnew() throws Exception {
        try (FaultWorld world = world().start()) {
            world.cutOften(world.destinationProxy());
            world.assertSound();
            awaitWell(world);
        }
    }

    @Test
    @Tag("wide")
    void aNetworkThatSwallowsEverythingForTheDestinationIsNoticed() throws Exception {
        try (FaultWorld world = world().start()) {
            world.destinationProxy().set(new Fault.BlackHole());
            world.log().await("WARN TT-204 ", FaultWorld.LIMIT);
            world.log().await("WARN destination reporting: ", FaultWorld.LIMIT);
            world.destinationProxy().cut();
            world.destinationProxy().pass();
            world.assertSound();
            awaitWell(world);
        }
    }

    @Test
    void changesWaitWhileTheDestinationsDiskIsFull() throws Exception {
        Path place = Files.createTempDirectory("tidetable-small-disk-");
        try (SmallDisk disk = SmallDisk.mount(place, 64)) {
            Files.setPosixFilePermissions(place, PosixFilePermissions.fromString("rwxrwxrwx"));
            try (FaultWorld world = world()) {
                moveTo(world, place);
                world.start();
                disk.fill();
                world.log()
                        .await(
                                "ERROR TT-482 the disk of destination reporting is full",
                                FaultWorld.LIMIT);
                assertThat(world.replication().status().ready()).isFalse();
                world.awaitLoad(100);
                disk.makeRoom();
                world.log().await("INFO destination reporting answers again", FaultWorld.LIMIT);
                world.assertSound();
                awaitWell(world);
            } finally {
                dropTablespace();
            }
        } finally {
            Files.deleteIfExists(place);
        }
    }

    private static void moveTo(FaultWorld world, Path place) throws SQLException {
        destination.createDatabase("elsewhere");
        try (var connection = destination.connect("elsewhere");
                var statement = connection.createStatement()) {
            statement.execute("CREATE TABLESPACE small LOCATION '" + place + "'");
            statement.execute(
                    "ALTER DATABASE %s SET TABLESPACE small"
                            .formatted(world.databases().destinationName()));
        }
    }

    private static void dropTablespace() throws SQLException {
        try (var connection = destination.connect("elsewhere");
                var statement = connection.createStatement()) {
            statement.execute("DROP TABLESPACE small");
        }
    }

    @Test
    void aPasswordThatIsWrongForAWhileCostsNothingButTime() throws Exception {
        Passwords passwords = new Passwords(destination);
        passwords.require("destination_writer", "right");
        try (FaultWorld world = world().destinationLogin("destination_writer", "right").start()) {
            passwords.change("destination_writer", "another");
            world.log()
                    .await(
                            "ERROR TT-481 destination reporting refuses the login",
                            FaultWorld.LIMIT);
            world.awaitLoad(50);
            passwords.change("destination_writer", "right");
            world.log().await("INFO destination reporting answers again", FaultWorld.LIMIT);
            world.assertSound();
            awaitWell(world);
        }
    }

    @Test
    void aDestinationThatTakesNoWritesForAWhileGetsThemLater() throws Exception {
        try (FaultWorld world = world().start()) {
            String name = world.databases().destinationName();
            world.databases()
                    .onDestination(
                            "ALTER DATABASE %s SET default_transaction_read_only = on"
                                    .formatted(name),
                            SESSIONS);
            world.log().await("read-only transaction", FaultWorld.LIMIT);
            world.awaitLoad(50);
            world.databases()
                    .onDestination(
                            "SET default_transaction_read_only = off",
                            "ALTER DATABASE %s RESET default_transaction_read_only".formatted(name),
                            SESSIONS);
            world.assertSound();
            awaitWell(world);
        }
    }
}
