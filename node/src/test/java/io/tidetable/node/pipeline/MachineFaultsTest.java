package io.tidetable.node.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.embedded.PostgresServer;
import io.tidetable.model.ByteSize;
import io.tidetable.model.Consistency;
import io.tidetable.model.Lsn;
import io.tidetable.model.Track;
import io.tidetable.model.schema.Strategy;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens to the machine that runs Tidetable: its disk and its clock. */
@Tag("slow")
class MachineFaultsTest {
    private static final ByteSize NO_RESERVE = new ByteSize(0);

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

    @Test
    void aDiskThatIsNearlyFullStopsTheReadingUntilThereIsRoom() throws Exception {
        try (SmallDisk disk = SmallDisk.mount(directory.resolve("disk"), 64);
                FaultWorld world =
                        new FaultWorld(source, destination, disk.directory().resolve("data"))
                                .diskReserve(ByteSize.megabytes(8))
                                .start()) {
            disk.fill();
            world.log().await("WARN the journal is full, reading waits", FaultWorld.LIMIT);
            world.awaitLoad(50);
            disk.makeRoom();
            world.log().await("INFO the journal has room again", FaultWorld.LIMIT);
            world.assertSound();
            assertThat(world.log().count("TT-280")).isZero();
        }
    }

    @Test
    void aDiskThatIsFullToTheLastByteCostsNothingButTime() throws Exception {
        try (SmallDisk disk = SmallDisk.mount(directory.resolve("disk"), 64);
                FaultWorld world =
                        new FaultWorld(source, destination, disk.directory().resolve("data"))
                                .diskReserve(NO_RESERVE)
                                .start()) {
            disk.fill();
            world.log().await("TT-303 The journal could not", FaultWorld.LIMIT);
            world.log().await("ERROR TT-280 pipeline", FaultWorld.LIMIT);
            world.awaitLoad(50);
            disk.makeRoom();
            world.log().await(" goes on", FaultWorld.LIMIT);
            world.assertSound();
            assertThat(world.log().count("compared with the source")).isZero();
        }
    }

    @Test
    void aJournalThatIsDeletedWhileItIsUsedIsMadeAnewAndItsTablesAreMended() throws Exception {
        Path data = directory.resolve("data");
        try (FaultWorld world =
                new FaultWorld(source, destination, data).diskReserve(NO_RESERVE).start()) {
            delete(data.resolve("journal"));
            world.log().await("WARN TT-280 pipeline", FaultWorld.LIMIT);
            world.log().await("TT-243 the journal is gone", FaultWorld.LIMIT);
            world.log().await("table public.counters merged", FaultWorld.LIMIT);
            world.log().await("table public.bank_accounts merged", FaultWorld.LIMIT);
            world.assertSound();
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Test
    void aClockThatJumpsStopsNothing() throws Exception {
        AtomicReference<Duration> jump = new AtomicReference<>(Duration.ZERO);
        InstantSource clock = () -> Instant.now().plus(jump.get());
        try (FaultWorld world =
                new FaultWorld(source, destination, directory).clock(clock).start()) {
            for (Duration offset :
                    new Duration[] {
                        Duration.ofHours(1),
                        Duration.ofHours(-1),
                        Duration.ofDays(400),
                        Duration.ofDays(-400)
                    }) {
                jump.set(offset);
                Lsn before = watermark(world);
                world.awaitLoad(60);
                Awaitility.await("watermarks are noted at an offset of " + offset)
                        .atMost(FaultWorld.LIMIT)
                        .until(() -> watermark(world).isAfter(before));
                world.databases()
                        .onDestination(
                                """
                                SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                                WHERE datname = current_database() AND application_name LIKE 'tidetable%'
                                """);
                world.awaitArrival();
            }
            jump.set(Duration.ZERO);
            world.assertSound();
        }
    }

    @Test
    void aClockThatIsSetBackPutsNoRefreshOff() throws Exception {
        AtomicReference<Duration> jump = new AtomicReference<>(Duration.ZERO);
        try (DatabasePair databases = Servers.pairOn(source, destination)) {
            databases.onSource(
                    "CREATE TABLE rates (id int PRIMARY KEY, rate int)",
                    "INSERT INTO rates SELECT g, 0 FROM generate_series(1, 10) g");
            try (Replication replication =
                    new PipelineBuilder(databases, directory)
                            .tuned(PipelineBuilder.SMALL)
                            .rule(
                                    "public.rates",
                                    new Consistency.Table(),
                                    Track.BULK,
                                    new Strategy.Full(Duration.ofSeconds(1)))
                            .keptGoing(() -> Instant.now().plus(jump.get()))) {
                replication.start();
                awaitRate(databases, 0);
                for (int days : new int[] {-400, 400, -1}) {
                    jump.set(Duration.ofDays(days));
                    databases.onSource("UPDATE rates SET rate = " + days);
                    awaitRate(databases, days);
                }
            }
        }
    }

    private static void awaitRate(DatabasePair databases, int rate) {
        Awaitility.await("the rate " + rate)
                .atMost(FaultWorld.LIMIT)
                .ignoreExceptions()
                .until(() -> {
                    try (Connection connection = databases.connectDestination();
                            Statement statement = connection.createStatement();
                            ResultSet row =
                                    statement.executeQuery(
                                            "SELECT count(*) FROM rates WHERE rate = " + rate)) {
                        row.next();
                        return row.getInt(1) == 10;
                    }
                });
    }

    private static Lsn watermark(FaultWorld world) throws SQLException {
        try (Connection connection = world.databases().connectDestination();
                Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery("SELECT min(lsn)::text FROM tidetable.watermark")) {
            row.next();
            String lsn = row.getString(1);
            return lsn == null ? Lsn.ZERO : Lsn.parse(lsn);
        }
    }
}
