package io.tidetable.node.copy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CopiedTypesTest {
    @Test
    void valuesOfEveryTypeArriveUnchanged() throws Exception {
        try (CopyWorld world = new CopyWorld()) {
            EveryType.create(world, 500);
            world.register("types");

            TableLayout layout = world.textLayout("types");
            world.copyWhole(layout);

            assertThat(layout.columns()).noneMatch(column -> column.name().equals("doubled"));
            world.assertEqual("types");
        }
    }

    @Test
    void fixedTypesPassInBinaryForm() throws Exception {
        try (CopyWorld world = new CopyWorld()) {
            world.pair()
                    .onBoth(
                            """
                            CREATE TABLE audit_log (id bigint PRIMARY KEY, at timestamptz, who uuid,
                                what text, detail jsonb, amount numeric, ratio float8, raw bytea, tags text[])
                            """);
            world.pair()
                    .onSource(
                            """
                            INSERT INTO audit_log SELECT i, now(), gen_random_uuid(), 'what ' || i,
                                jsonb_build_object('i', i), i / 7.0, random(), decode(md5(i::text), 'hex'),
                                ARRAY['a', NULL] FROM generate_series(1, 1000) i
                            """);
            world.register("audit_log");

            TableLayout layout = world.layout("audit_log");
            world.copyWhole(layout);

            assertThat(layout.binary()).isTrue();
            world.assertEqual("audit_log");
        }
    }

    @Test
    void aWidenedColumnOfTheDestinationTakesTheSourcesValues() throws Exception {
        try (CopyWorld world = new CopyWorld()) {
            world.pair().onSource("CREATE TABLE orders (id int PRIMARY KEY, price real)");
            world.pair().onDestination("CREATE TABLE orders (id bigint PRIMARY KEY, price float8)");
            world.pair()
                    .onSource(
                            "INSERT INTO orders SELECT i, i / 10.0 FROM generate_series(1, 100) i");
            world.register("orders");

            TableLayout layout = world.layout("orders");
            world.copyWhole(layout);

            assertThat(layout.binary()).isFalse();
            assertThat(
                            world.atDestination(
                                    "SELECT count(*) FROM orders WHERE price = (id / 10.0)::float8"))
                    .isEqualTo(100);
        }
    }
}
