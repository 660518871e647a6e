package io.tidetable.app.demo;

import java.util.List;

/** Everything that happens in the shop, each on a connection of its own. */
final class Activities {
    private static final String SETTLE =
            """
            WITH due AS (
                SELECT id, order_id FROM payments WHERE NOT settled ORDER BY paid_at LIMIT 3
            ), settled AS (
                UPDATE payments SET settled = true FROM due WHERE payments.id = due.id
            )
            UPDATE orders SET status = CASE WHEN ? % 25 = 0 THEN 'cancelled' ELSE 'paid' END::order_status
            FROM due WHERE orders.id = due.order_id
            """;

    private static final String SHIP =
            """
            UPDATE orders SET status = 'shipped', shipped_at = clock_timestamp()
            WHERE id = (SELECT id FROM orders WHERE status = 'paid' ORDER BY id LIMIT 1) AND ? >= 0
            """;

    private static final String RESTOCK =
            """
            UPDATE inventory SET on_hand = on_hand + 100, changed_at = clock_timestamp()
            WHERE product_id = 1 + ? % 2000 AND warehouse = 2
            """;

    private static final String BROWSE =
            """
            INSERT INTO clicks (day, customer_id, product_id, kind, details)
            SELECT ?::date, CASE WHEN i % 3 > 0 THEN 1 + s.seed * i % 20000 END, 1 + s.seed * i % 2000,
                (ARRAY['view', 'search', 'basket'])[1 + i % 3],
                jsonb_build_object('page', i, 'session', md5(s.seed::text))
            FROM (SELECT ? % 1000000 AS seed) s, generate_series(1, 10) i
            """;

    private static final String LOG =
            """
            INSERT INTO audit_log (actor, action, subject, payload)
            SELECT 'user' || s.seed % 50, 'edit', 'order/' || s.seed % 30000,
                jsonb_build_object('request', md5((s.seed + i)::text), 'took', i)
            FROM (SELECT ?::bigint AS seed) s, generate_series(1, 10) i
            """;

    private static final String VISIT =
            """
            UPDATE customers SET seen_at = clock_timestamp(), segment = 'regular',
                preferences = preferences || jsonb_build_object('visits', s.seed % 100)
            FROM (SELECT ?::bigint AS seed) s WHERE id = 1 + s.seed % 20000
            """;

    /**
     * Three of four revisions leave the large text alone, so that it is not sent with the change.
     */
    private static final String REVISE =
            """
            UPDATE product_texts SET revision = revision + 1, revised_at = clock_timestamp(),
                body = CASE WHEN s.seed % 4 = 0 THEN md5(s.seed::text) || substr(body, 33) ELSE body END
            FROM (SELECT ?::bigint AS seed) s
            WHERE product_id = 1 + s.seed % 1000 AND language = CASE WHEN s.seed % 2 = 0 THEN 'de' ELSE 'en' END
            """;

    private static final String REVIEW =
            """
            INSERT INTO reviews (product_id, stars, body, sender, used_for)
            SELECT 1 + s.seed % 2000, 1 + s.seed % 5, 'Review ' || md5(s.seed::text), '10.1.2.3',
                make_interval(days => (s.seed % 90)::int)
            FROM (SELECT ?::bigint AS seed) s
            """;

    private Activities() {}

    static List<Activity> all() {
        return List.of(
                new Checkout(1),
                new Checkout(2),
                new Routine("settling", SETTLE, 1, hour -> 20 * Rhythm.at(hour)),
                new Routine("shipping", SHIP, 1, hour -> hour > 7 && hour < 18 ? 25 : 0.5),
                new Routine("restocking", RESTOCK, 1, hour -> 8),
                new Browsing(BROWSE),
                new Routine("logging", LOG, 1, hour -> 5 + 5 * Rhythm.at(hour)),
                new Routine("visiting", VISIT, 1, hour -> 8 * Rhythm.at(hour)),
                new Routine("revising", REVISE, 1, hour -> hour > 8 && hour < 19 ? 4 : 1),
                new Routine("reviewing", REVIEW, 1, hour -> 3 * Rhythm.at(hour)),
                new NightlyJob());
    }
}
