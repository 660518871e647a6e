package io.tidetable.app.demo;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.function.DoubleUnaryOperator;
import java.util.random.RandomGenerator;

/**
 * An activity that is one statement.
 *
 * @param sql its parameters are random longs
 * @param rate transactions per second by the hour of the day
 */
record Routine(String name, String sql, int parameters, DoubleUnaryOperator rate)
        implements Activity {
    @Override
    public double perSecond(double hour) {
        return rate.applyAsDouble(hour);
    }

    @Override
    public long happen(Connection shop, RandomGenerator random, ShopClock clock)
            throws SQLException {
        try (PreparedStatement statement = shop.prepareStatement(sql)) {
            for (int i = 1; i <= parameters; i++) {
                statement.setLong(i, random.nextLong(1L << 40));
            }
            long rows = statement.executeUpdate();
            shop.commit();
            return rows;
        }
    }
}
