package io.tidetable.app.demo;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidetable.embedded.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ShopTest {
    private static final List<String> TABLES =
            List.of(
                    "customers",
                    "product_texts",
                    "inventory",
                    "orders",
                    "order_items",
                    "payments",
                    "reviews",
                    "clicks",
                    "audit_log");

    private static PostgresServer server;

    @BeforeAll
    static void start() throws SQLException {
        server = PostgresServer.start();
        ShopDatabase.create(server, "shop");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void everyTableButTheCatalogueOfProductsLives() throws SQLException {
        List<String> before = fingerprints();

        ShopClock clock = new ShopClock(System::nanoTime);
        try (Shop shop = new Shop(() -> server.connect("shop"), clock, 7)) {
            shop.open();
            await().atMost(60, SECONDS).until(() -> fingerprints(), now -> differ(now, before));
            assertThat(shop.transactions()).isPositive();
            assertThat(shop.rows()).isGreaterThan(shop.transactions());
        }
    }

    @Test
    void theNightlyJobRewritesTheAuditLogOnceANightAndKeepsItsSize() throws SQLException {
        AtomicLong nanos = new AtomicLong();
        ShopClock clock = new ShopClock(nanos::get);
        NightlyJob job = new NightlyJob();
        SplittableRandom random = new SplittableRandom(7);

        try (Connection connection = server.connect("shop")) {
            connection.setAutoCommit(false);
            assertThat(job.happen(connection, random, clock)).isZero();

            nanos.set(hours(7));
            assertThat(clock.hour()).isEqualTo(2);
            assertThat(job.happen(connection, random, clock)).isGreaterThanOrEqualTo(300_000);
            assertThat(job.happen(connection, random, clock)).isEqualTo(200);

            nanos.set(hours(12));
            assertThat(job.happen(connection, random, clock)).isPositive();
            assertThat(job.happen(connection, random, clock)).isZero();
        }
    }

    @Test
    void theLoadIsBoundedAtEveryHour() {
        for (double hour = 0; hour < 24; hour += 0.1) {
            double at = hour;
            double sum = Activities.all().stream().mapToDouble(a -> a.perSecond(at)).sum();
            assertThat(sum).as("transactions per second at hour %s", hour).isBetween(20.0, 400.0);
        }
    }

    private static long hours(int hours) {
        return ShopClock.DAY.dividedBy(24).multipliedBy(hours).toNanos();
    }

    private static boolean differ(List<String> now, List<String> before) {
        for (int i = 0; i < now.size(); i++) {
            if (now.get(i).equals(before.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static List<String> fingerprints() throws SQLException {
        List<String> fingerprints = new ArrayList<>();
        try (Connection connection = server.connect("shop");
                Statement statement = connection.createStatement()) {
            for (String table : TABLES) {
                try (ResultSet rows = statement.executeQuery(fingerprintOf(table))) {
                    rows.next();
                    fingerprints.add(rows.getString(1));
                }
            }
        }
        return fingerprints;
    }

    private static String fingerprintOf(String table) {
        return "SELECT count(*) || (SELECT xmin::text FROM %1$s ORDER BY age(xmin) LIMIT 1) FROM %1$s"
                .formatted(table);
    }
}
