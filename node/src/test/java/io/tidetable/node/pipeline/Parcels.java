package io.tidetable.node.pipeline;

import io.tidetable.model.TableId;
import io.tidetable.testkit.Workload;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Changes of one table that concern every strategy: rows enter and leave conditions, keys change,
 * large values stay as they are, values that are never null, many rows at once.
 */
final class Parcels implements Workload {
    static final TableId TABLE = new TableId("public", "parcels");
    private static final int KEYS = 4_000;

    @Override
    public void create(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(
                    """
                    CREATE TABLE parcels (id bigint PRIMARY KEY, status text NOT NULL,
                        weight numeric NOT NULL DEFAULT 1, note text, sent timestamptz NOT NULL);
                    ALTER TABLE parcels ALTER COLUMN note SET STORAGE EXTERNAL;
                    INSERT INTO parcels SELECT g, CASE g % 3 WHEN 0 THEN 'open' WHEN 1 THEN 'sent' ELSE 'lost' END,
                        g * 0.5, CASE WHEN g % 5 = 0 THEN repeat('n' || g, 800) END,
                        '2026-01-01'::timestamptz + g * interval '1 min' FROM generate_series(1, 3000) g;
                    """);
        }
    }

    @Override
    public void transaction(Connection connection, RandomGenerator random) throws SQLException {
        int key = random.nextInt(KEYS);
        String status = List.of("open", "sent", "lost").get(random.nextInt(3));
        try (Statement statement = connection.createStatement()) {
            statement.execute(
                    switch (random.nextInt(12)) {
                        case 0, 1 ->
                                "INSERT INTO parcels VALUES (%d, '%s', %d, repeat('x', %d), now()) ON CONFLICT DO NOTHING"
                                        .formatted(key, status, key, random.nextInt(4) * 1500);
                        case 2, 3, 4, 5 ->
                                "UPDATE parcels SET status = '%s' WHERE id = %d"
                                        .formatted(status, key);
                        case 6, 7 ->
                                "UPDATE parcels SET weight = weight + 1, sent = now() WHERE id = %d"
                                        .formatted(key);
                        case 8 ->
                                "UPDATE parcels SET note = repeat('%s', 2500) WHERE id = %d"
                                        .formatted(status.charAt(0), key);
                        case 9 ->
                                "UPDATE parcels SET id = %d WHERE id = %d AND NOT EXISTS (SELECT FROM parcels WHERE id = %d)"
                                        .formatted(key + KEYS, key, key + KEYS);
                        case 10 ->
                                "DELETE FROM parcels WHERE id IN (%d, %d)"
                                        .formatted(key, key + KEYS);
                        default ->
                                "UPDATE parcels SET status = '%s', weight = weight * 1.01 WHERE id BETWEEN %d AND %d"
                                        .formatted(status, key, key + 20);
                    });
        }
    }
}
