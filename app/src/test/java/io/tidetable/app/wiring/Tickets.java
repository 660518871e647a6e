package io.tidetable.app.wiring;

import io.tidetable.testkit.Workload;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.random.RandomGenerator;

/** Changes of one table in which rows come, go, change their keys and keep large values. */
final class Tickets implements Workload {
    private static final int KEYS = 3_000;

    @Override
    public void create(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(
                    """
                    CREATE TABLE tickets (id bigint PRIMARY KEY, status text NOT NULL,
                        price numeric NOT NULL DEFAULT 1, note text);
                    ALTER TABLE tickets ALTER COLUMN note SET STORAGE EXTERNAL;
                    INSERT INTO tickets SELECT g, CASE g % 3 WHEN 0 THEN 'open' ELSE 'used' END, g * 0.5,
                        CASE WHEN g % 5 = 0 THEN repeat('n' || g, 800) END
                    FROM generate_series(1, 2000) g;
                    """);
        }
    }

    @Override
    public void transaction(Connection connection, RandomGenerator random) throws SQLException {
        int key = random.nextInt(KEYS);
        String status = List.of("open", "used", "lost").get(random.nextInt(3));
        try (Statement statement = connection.createStatement()) {
            statement.execute(
                    switch (random.nextInt(9)) {
                        case 0, 1 ->
                                "INSERT INTO tickets VALUES (%d, '%s', %d, repeat('x', %d)) ON CONFLICT DO NOTHING"
                                        .formatted(key, status, key, random.nextInt(4) * 1500);
                        case 2, 3, 4 ->
                                "UPDATE tickets SET status = '%s' WHERE id = %d"
                                        .formatted(status, key);
                        case 5 ->
                                "UPDATE tickets SET id = %d WHERE id = %d AND NOT EXISTS (SELECT FROM tickets WHERE id = %d)"
                                        .formatted(key + KEYS, key, key + KEYS);
                        case 6 ->
                                "DELETE FROM tickets WHERE id IN (%d, %d)"
                                        .formatted(key, key + KEYS);
                        case 7 ->
                                "UPDATE tickets SET note = repeat('%s', 2500) WHERE id = %d"
                                        .formatted(status.charAt(0), key);
                        default ->
                                "UPDATE tickets SET price = price + 1 WHERE id BETWEEN %d AND %d"
                                        .formatted(key, key + 20);
                    });
        }
    }
}
