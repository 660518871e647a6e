package io.tidetable.app.demo;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.random.RandomGenerator;

/**
 * The flood: at night every row of the audit log is rewritten in one transaction, then rows pour in
 * at 2,000 a second until the morning, when the oldest are deleted so that the table stays as large
 * as it was.
 */
final class NightlyJob implements Activity {
    private static final String REWRITE =
            """
            UPDATE audit_log SET archived = NOT archived, payload = payload || jsonb_build_object('night', ?)
            """;

    private static final String POUR =
            """
            INSERT INTO audit_log (actor, action, subject, payload)
            SELECT 'archive', 'import', 'order/' || i, jsonb_build_object('request', md5(i::text))
            FROM generate_series(1, 200) i
            """;

    private static final String TRIM =
            """
            DELETE FROM audit_log WHERE id <= (SELECT max(id) - 300000 FROM audit_log)
            """;

    private enum Phase {
        DAY,
        POURING
    }

    private Phase phase = Phase.DAY;
    private int night;

    @Override
    public String name() {
        return "nightly job";
    }

    @Override
    public double perSecond(double hour) {
        return 10;
    }

    @Override
    public long happen(Connection shop, RandomGenerator random, ShopClock clock)
            throws SQLException {
        boolean isNight = Rhythm.isNight(clock.hour());
        long rows =
                switch (phase) {
                    case DAY -> isNight ? rewrite(shop) : 0;
                    case POURING -> update(shop, isNight ? POUR : TRIM);
                };
        phase = isNight ? Phase.POURING : Phase.DAY;
        return rows;
    }

    private long rewrite(Connection shop) throws SQLException {
        night++;
        return update(shop, REWRITE.replace("?", Integer.toString(night)));
    }

    private static long update(Connection shop, String sql) throws SQLException {
        try (Statement statement = shop.createStatement()) {
            long rows = statement.executeUpdate(sql);
            shop.commit();
            return rows;
        }
    }
}
