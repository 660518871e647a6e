package io.tidetable.app.demo;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.random.RandomGenerator;

/** One kind of thing that happens in the shop, a transaction at a time. */
interface Activity {
    String name();

    /** Transactions per second at an hour of the shop's day. */
    double perSecond(double hour);

    /**
     * Does it once and commits.
     *
     * @param shop not in autocommit mode
     * @return rows changed
     */
    long happen(Connection shop, RandomGenerator random, ShopClock clock) throws SQLException;
}
