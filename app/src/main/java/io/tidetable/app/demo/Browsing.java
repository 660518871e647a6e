package io.tidetable.app.demo;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.random.RandomGenerator;

/** Visitors click: ten clicks at a time, into the partition of the shop's day. */
record Browsing(String sql) implements Activity {
    @Override
    public String name() {
        return "browsing";
    }

    @Override
    public double perSecond(double hour) {
        return 20 * Rhythm.at(hour);
    }

    @Override
    public long happen(Connection shop, RandomGenerator random, ShopClock clock)
            throws SQLException {
        try (PreparedStatement statement = shop.prepareStatement(sql)) {
            statement.setString(1, clock.now().toLocalDate().toString());
            statement.setLong(2, random.nextLong(1L << 40));
            long rows = statement.executeUpdate();
            shop.commit();
            return rows;
        }
    }
}
