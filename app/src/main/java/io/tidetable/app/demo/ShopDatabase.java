package io.tidetable.app.demo;

import io.tidetable.embedded.PostgresServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import java.util.Objects;

/** The shop's tables and its first rows; the same ones every time. */
final class ShopDatabase {
    /** Partitions made in advance, for two hours and a half; later days share the last one. */
    private static final int DAYS = 40;

    private ShopDatabase() {}

    static void create(PostgresServer server, String database) throws SQLException {
        server.createDatabase(database);
        try (Connection connection = server.connect(database);
                Statement statement = connection.createStatement()) {
            statement.execute(resource("shop.sql"));
            LocalDate first = ShopClock.OPENING.toLocalDate();
            for (int i = 0; i < DAYS; i++) {
                statement.execute(partition(first.plusDays(i)));
            }
            statement.execute("CREATE TABLE clicks_later PARTITION OF clicks DEFAULT");
            statement.execute(resource("shop-rows.sql"));
            // Tables are classified by what happens in the shop, not by its first rows.
            statement.execute("SELECT pg_stat_force_next_flush()");
            statement.execute("SELECT pg_stat_reset()");
        }
    }

    private static String partition(LocalDate day) {
        return "CREATE TABLE clicks_%s PARTITION OF clicks FOR VALUES FROM ('%s') TO ('%s')"
                .formatted(day.toString().replace("-", ""), day, day.plusDays(1));
    }

    static String resource(String name) {
        try (InputStream stream = ShopDatabase.class.getResourceAsStream(name)) {
            return new String(
                    Objects.requireNonNull(stream, name).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
