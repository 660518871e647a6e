INSERT INTO customers
SELECT i, 'customer' || i || '@shop.example', 'Customer ' || md5(i::text),
    (ARRAY['new', 'regular', 'business'])[1 + i % 3]::customer_segment,
    ARRAY['since-' || 2015 + i % 10, 'region-' || i % 12],
    jsonb_build_object('newsletter', i % 2 = 0, 'sizes', jsonb_build_array(i % 5, i % 7)),
    timestamptz '2026-01-01 00:00:00Z' - make_interval(mins => i), NULL
FROM generate_series(1, 20000) i;

INSERT INTO products
SELECT i, 'SKU-' || lpad(i::text, 6, '0'), 'Product ' || md5(i::text), 1 + (i * 7919 % 20000) / 100.0,
    ARRAY['category-' || i % 25, 'brand-' || i % 60],
    jsonb_build_object('weight', i % 300, 'colour', (ARRAY['red', 'green', 'blue'])[1 + i % 3])
FROM generate_series(1, 2000) i;

INSERT INTO product_texts
SELECT p, language, 1,
    (SELECT string_agg(md5(p || language || part), ' ') FROM generate_series(1, 250) part),
    'Product ' || p || ' in ' || language, timestamptz '2026-01-01 00:00:00Z'
FROM generate_series(1, 1000) p, unnest(ARRAY['de', 'en']) language;

INSERT INTO inventory
SELECT p, w, 1000, 0, timestamptz '2026-01-01 00:00:00Z'
FROM generate_series(1, 2000) p, generate_series(1, 2) w;

INSERT INTO orders (id, customer_id, status, total, coupons, shop_time, placed_at)
SELECT i, 1 + i * 7919 % 20000, 'shipped', (i % 5000) / 10.0, CASE WHEN i % 9 = 0 THEN ARRAY['WELCOME'] END,
    timestamptz '2026-02-01 00:00:00Z' + make_interval(secs => i),
    timestamptz '2026-02-01 00:00:00Z' + make_interval(secs => i)
FROM generate_series(1, 30000) i;
SELECT setval(pg_get_serial_sequence('orders', 'id'), 30000);

INSERT INTO order_items
SELECT o, line, 1 + (o * 31 + line * 17) % 2000, 1 + o % 3, (o % 500) / 10.0
FROM generate_series(1, 30000) o, generate_series(1, 2) line;

INSERT INTO payments
SELECT md5('payment' || i)::uuid, i, (ARRAY['card', 'transfer', 'voucher'])[1 + i % 3]::payment_method,
    (i % 5000) / 10.0, true, decode(md5(i::text), 'hex'), timestamptz '2026-02-01 00:00:00Z' + make_interval(secs => i)
FROM generate_series(1, 30000) i;

INSERT INTO reviews (product_id, stars, body, sender, used_for, posted_at)
SELECT 1 + i % 2000, 1 + i % 5, 'Review ' || md5(i::text), ('10.0.' || i % 256 || '.7')::inet, make_interval(days => i % 90),
    timestamptz '2026-02-01 00:00:00Z' + make_interval(secs => i)
FROM generate_series(1, 5000) i;

INSERT INTO audit_log (actor, action, subject, payload, at)
SELECT 'user' || i % 50, (ARRAY['login', 'edit', 'export'])[1 + i % 3], 'order/' || i % 30000,
    jsonb_build_object('request', md5(i::text), 'took', i % 400), timestamptz '2026-02-01 00:00:00Z' + make_interval(secs => i)
FROM generate_series(1, 300000) i;

ANALYZE;
