package io.tidetable.control.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidetable.model.TableId;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StatisticsReaderTest {
    private static final TableId ORDERS = new TableId("public", "orders");
    private static final TableId PARTED = new TableId("public", "parted");

    private final DatabasePair databases = Servers.freshPair();

    @AfterEach
    void close() throws SQLException {
        databases.close();
    }

    private Reading read() throws SQLException {
        try (Connection connection = databases.connectSource();
                Statement statement = connection.createStatement()) {
            statement.execute("SET search_path = pg_catalog");
            return StatisticsReader.read(connection);
        }
    }

    @Test
    void readsAndChangesOfTablesAndTheirPartitionsAreCounted() throws SQLException {
        databases.onSource(
                "CREATE TABLE orders (id bigint PRIMARY KEY, note text)",
                "CREATE TABLE parted (id bigint PRIMARY KEY) PARTITION BY RANGE (id)",
                "CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (100)",
                "CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (100) TO (200)",
                "INSERT INTO orders SELECT g, 'x' FROM generate_series(1, 1000) g",
                "INSERT INTO parted SELECT g FROM generate_series(0, 199) g",
                "UPDATE orders SET note = 'y' WHERE id <= 10",
                "DELETE FROM orders WHERE id = 1",
                "SET enable_seqscan = off; SELECT * FROM orders WHERE id = 7",
                "ANALYZE");

        await().untilAsserted(() -> {
            Reading reading = read();
            Counters orders = reading.tables().getOrDefault(ORDERS, Counters.NONE);
            Counters parted = reading.tables().getOrDefault(PARTED, Counters.NONE);
            assertThat(orders.inserts()).isEqualTo(1000);
            assertThat(orders.updates()).isEqualTo(10);
            assertThat(orders.deletes()).isEqualTo(1);
            assertThat(orders.scans()).isGreaterThanOrEqualTo(3);
            assertThat(orders.rows()).isEqualTo(999);
            assertThat(orders.bytes()).isGreaterThanOrEqualTo(16384);
            assertThat(orders.indexBytes()).isGreaterThan(0);
            assertThat(parted.partitions()).isEqualTo(2);
            assertThat(parted.rows()).isEqualTo(200);
            assertThat(parted.inserts()).isEqualTo(200);
            assertThat(reading.tables()).doesNotContainKey(new TableId("public", "parted_1"));
            assertThat(reading.secondsSinceReset()).isPositive();
        });
    }

    @Test
    void aTableThatIsBeingAlteredHoldsNothingUp() throws SQLException {
        databases.onSource("CREATE TABLE orders (id bigint PRIMARY KEY)");
        try (Connection altering = databases.connectSource();
                Statement statement = altering.createStatement()) {
            altering.setAutoCommit(false);
            statement.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE");

            assertThat(read().tables()).containsKey(ORDERS);
            altering.rollback();
        }
    }

    @Test
    void ratesAreOverTheTimeBetweenTwoReadings() {
        Instant noon = Instant.parse("2026-01-02T12:00:00Z");
        Counters first = new Counters(0, 100, 8192, 0, 1000, 5000, 10, 100, 50, 0);
        Counters second = new Counters(0, 200, 8192, 0, 1250, 6000, 20, 200, 100, 0);
        Observation observation =
                new Observation(
                        new Reading(noon.plusSeconds(10), 1010, Map.of(ORDERS, second)),
                        new Reading(noon, 1000, Map.of(ORDERS, first)));

        Map<String, Double> figures = Observation.figures(ORDERS, observation, observation);

        assertThat(figures)
                .containsEntry("reads_per_second", 20.0)
                .containsEntry("rows_read_per_second", 100.0)
                .containsEntry("changes_per_second", 15.0)
                .containsEntry("observed_seconds", 10.0)
                .containsEntry("destination_reads_per_second", 20.0)
                .containsEntry("seconds_since_reset", 1010.0);
        assertThat(figures.get("changes_per_second_since_reset")).isEqualTo(0.297);
    }

    @Test
    void countersThatWereResetDoNotMakeRatesNegative() {
        Instant noon = Instant.parse("2026-01-02T12:00:00Z");
        Counters before = new Counters(0, 0, 0, 0, 1000, 0, 0, 100, 0, 0);
        Counters after = new Counters(0, 0, 0, 0, 40, 0, 0, 0, 0, 0);
        Observation observation =
                new Observation(
                        new Reading(noon.plusSeconds(60), 2, Map.of(ORDERS, after)),
                        new Reading(noon, 1000, Map.of(ORDERS, before)));

        assertThat(Observation.figures(ORDERS, observation, null))
                .containsEntry("reads_per_second", 20.0)
                .containsEntry("observed_seconds", 2.0)
                .containsEntry("changes_per_second", 0.0);
        assertThat(Observation.SHORTEST_WINDOW).isLessThan(Duration.ofMinutes(1));
    }
}
