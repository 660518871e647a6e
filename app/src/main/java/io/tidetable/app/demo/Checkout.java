package io.tidetable.app.demo;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.UUID;
import java.util.random.RandomGenerator;

/** A customer buys: order, items, inventory and payment in one transaction. */
record Checkout(int share) implements Activity {
    private static final String ORDER =
            """
            INSERT INTO orders (customer_id, total, coupons, shop_time)
            VALUES (?, ?::numeric, string_to_array(?, ','), ?::timestamptz) RETURNING id
            """;

    private static final String ITEM =
            """
            INSERT INTO order_items (order_id, line, product_id, quantity, unit_price)
            SELECT ?, ?, id, ?, price FROM products WHERE id = ?
            """;

    /** Ordered by product, so that two buyers do not wait for each other in a circle. */
    private static final String TAKE =
            """
            UPDATE inventory SET on_hand = on_hand - ?, sold = sold + ?, changed_at = clock_timestamp()
            WHERE product_id = ? AND warehouse = ?
            """;

    private static final String PAY =
            """
            INSERT INTO payments (id, order_id, method, amount, reference)
            VALUES (?, ?, ?::payment_method, ?::numeric, ?)
            """;

    private static final String[] METHODS = {"card", "transfer", "voucher"};

    @Override
    public String name() {
        return "checkout " + share;
    }

    @Override
    public double perSecond(double hour) {
        return 25 * Rhythm.at(hour);
    }

    @Override
    public long happen(Connection shop, RandomGenerator random, ShopClock clock)
            throws SQLException {
        int items = 1 + random.nextInt(4);
        String total = "%d.%02d".formatted(5 + random.nextInt(400), random.nextInt(100));
        long order = order(shop, random, clock, total);
        int product = 1 + random.nextInt(400);
        try (PreparedStatement item = shop.prepareStatement(ITEM);
                PreparedStatement take = shop.prepareStatement(TAKE)) {
            for (int line = 1; line <= items; line++) {
                int quantity = 1 + random.nextInt(3);
                item.setLong(1, order);
                item.setInt(2, line);
                item.setInt(3, quantity);
                item.setLong(4, product);
                item.addBatch();
                take.setInt(1, quantity);
                take.setInt(2, quantity);
                take.setLong(3, product);
                take.setInt(4, 1);
                take.addBatch();
                product += 1 + random.nextInt(400);
            }
            item.executeBatch();
            take.executeBatch();
        }
        pay(shop, random, order, total);
        shop.commit();
        return 2 + 2L * items;
    }

    private static long order(
            Connection shop, RandomGenerator random, ShopClock clock, String total)
            throws SQLException {
        try (PreparedStatement statement = shop.prepareStatement(ORDER)) {
            statement.setLong(1, 1 + random.nextInt(20_000));
            statement.setString(2, total);
            statement.setString(3, random.nextInt(5) == 0 ? "SPRING,FREESHIP" : null);
            statement.setString(4, clock.timestamp());
            try (ResultSet rows = statement.executeQuery()) {
                rows.next();
                return rows.getLong(1);
            }
        }
    }

    private static void pay(Connection shop, RandomGenerator random, long order, String total)
            throws SQLException {
        byte[] reference = new byte[12];
        random.nextBytes(reference);
        try (PreparedStatement statement = shop.prepareStatement(PAY)) {
            statement.setObject(1, new UUID(random.nextLong(), random.nextLong()));
            statement.setLong(2, order);
            statement.setString(3, METHODS[random.nextInt(METHODS.length)]);
            statement.setString(4, total);
            statement.setBytes(5, reference);
            statement.executeUpdate();
        }
    }
}
