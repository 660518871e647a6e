package io.tidetable.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidetable.embedded.PostgresServer;
import io.tidetable.model.Column;
import io.tidetable.model.ReplicaIdentity;
import io.tidetable.model.TableId;
import io.tidetable.model.TableShape;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FollowingTheSourceTest {
    private static final TableId ORDERS = new TableId("public", "orders");
    private static final Duration LOCK_TIMEOUT = Duration.ofMillis(300);

    private static PostgresServer server;
    private Databases databases;

    @BeforeAll
    static void start() {
        server = PostgresServer.start(Map.of("fsync", "off"));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void aTableOnBothSides() throws SQLException {
        databases = Databases.make(server);
        Databases.run(
                databases.source,
                "CREATE TYPE mood AS ENUM ('calm', 'wild');"
                        + "CREATE TABLE orders (id int PRIMARY KEY, note varchar(10) NOT NULL, total numeric(6,2), m mood)");
        databases.create("public.orders");
    }

    @AfterEach
    void closeDatabases() throws SQLException {
        databases.close();
    }

    @Test
    void aPlainNewColumnIsAddedWithoutAMerge() throws SQLException {
        TableShape before = shape();
        Databases.run(databases.source, "ALTER TABLE orders ADD COLUMN extra text COLLATE \"C\"");

        assertThat(evolve(before))
                .isEqualTo(
                        new Evolution.Evolved(
                                List.of(
                                        "ALTER TABLE \"public\".\"orders\" ADD COLUMN \"extra\" text COLLATE pg_catalog.\"C\""),
                                false));
        assertThat(column("extra").collation()).isEqualTo("pg_catalog.\"C\"");
        assertThat(evolve(before)).isEqualTo(new Evolution.Unchanged());
        assertThat(needsMerge()).isFalse();
    }

    @Test
    void aNewColumnWithADefaultNeedsAMerge() throws SQLException {
        Databases.run(databases.destination, "INSERT INTO orders VALUES (1, 'old')");
        TableShape before = shape();
        Databases.run(
                databases.source,
                "INSERT INTO orders VALUES (1, 'old'); ALTER TABLE orders ADD COLUMN at timestamptz DEFAULT clock_timestamp(); ALTER TABLE orders ADD COLUMN five int DEFAULT 5");

        assertThat(evolve(before))
                .isInstanceOfSatisfying(
                        Evolution.Evolved.class, e -> assertThat(e.needsMerge()).isTrue());

        assertThat(needsMerge()).isTrue();
        assertThat(Databases.query(databases.destination, "SELECT five FROM public.orders"))
                .as("what the source shows in older rows")
                .containsExactly("5");
        assertThat(column("at").expression()).isEqualTo("clock_timestamp()");
    }

    @Test
    void aColumnWhoseDefaultIsGoneAgainStillNeedsAMerge() throws SQLException {
        Databases.run(databases.source, "INSERT INTO orders VALUES (1, 'old')");
        Databases.run(
                databases.source,
                "ALTER TABLE orders ADD COLUMN five int DEFAULT 5; ALTER TABLE orders ALTER five DROP DEFAULT");

        assertThat(evolve(null))
                .isInstanceOfSatisfying(
                        Evolution.Evolved.class, e -> assertThat(e.needsMerge()).isTrue());
    }

    @Test
    void aRewrittenTableNeedsAMerge() throws SQLException {
        String file =
                Databases.query(
                                databases.source,
                                "SELECT relfilenode FROM pg_class WHERE oid = 'public.orders'::regclass")
                        .getFirst();
        Databases.run(
                databases.destination,
                "INSERT INTO tidetable.chunk (pipeline, namespace, name, number, attempt, relation, relation_file, first_block, estimated_bytes, estimated_rows) VALUES ('shop', 'public', 'orders', 1, 1, 'public.orders', "
                        + file
                        + ", 0, 0, 0)");
        Databases.run(databases.source, "INSERT INTO orders VALUES (1, 'old')");
        TableShape first = shape();
        Databases.run(databases.source, "ALTER TABLE orders ADD COLUMN plain int");
        assertThat(evolve(first))
                .isInstanceOfSatisfying(
                        Evolution.Evolved.class, e -> assertThat(e.needsMerge()).isFalse());
        TableShape second = shape();
        Databases.run(
                databases.source,
                "ALTER TABLE orders ADD COLUMN rolled float DEFAULT random(); ALTER TABLE orders ALTER rolled DROP DEFAULT");

        assertThat(evolve(second))
                .isInstanceOfSatisfying(
                        Evolution.Evolved.class, e -> assertThat(e.needsMerge()).isTrue());
    }

    @Test
    void widenedTypesAreAlteredAndMerged() throws SQLException {
        TableShape before = shape();
        Databases.run(
                databases.source,
                "ALTER TABLE orders ALTER id TYPE bigint, ALTER note TYPE text, ALTER total TYPE numeric(9,3)");

        assertThat(evolve(before))
                .isInstanceOfSatisfying(
                        Evolution.Evolved.class, e -> assertThat(e.needsMerge()).isTrue());

        assertThat(databases.there("orders").columns())
                .extracting(ColumnDefinition::type)
                .containsExactly("bigint", "text", "numeric(9,3)", "public.mood");
        assertThat(evolve(null)).isEqualTo(new Evolution.Unchanged());
    }

    @Test
    void aTypeChangedToQuiteAnotherIsCastOrPausesTheTable() throws SQLException {
        Databases.run(databases.destination, "INSERT INTO orders VALUES (1, 'not 7', 3.5)");
        TableShape before = shape();
        Databases.run(databases.source, "ALTER TABLE orders ALTER total TYPE text USING 'x'");

        assertThat(evolve(before))
                .isInstanceOfSatisfying(
                        Evolution.Evolved.class, e -> assertThat(e.needsMerge()).isTrue());
        TableShape text = shape();
        Databases.run(databases.source, "ALTER TABLE orders ALTER note TYPE int USING 7");
        assertThat(evolve(text))
                .isInstanceOfSatisfying(
                        Evolution.Paused.class,
                        paused ->
                                assertThat(paused.reason().line())
                                        .startsWith("TT-422")
                                        .contains(
                                                "public.orders",
                                                "invalid input syntax",
                                                "ALTER TABLE"));
        assertThat(column("total").type()).isEqualTo("text");
        assertThat(column("note").type()).isEqualTo("character varying(10)");
    }

    @Test
    void aColumnWiderAtTheDestinationStaysSo() throws SQLException {
        Databases.run(databases.destination, "ALTER TABLE orders ALTER id TYPE bigint");

        assertThat(evolve(null)).isEqualTo(new Evolution.Unchanged());
    }

    @Test
    void aColumnDroppedAtTheSourceIsKeptAndMadeNullable() throws SQLException {
        TableShape before = shape();
        Databases.run(databases.source, "ALTER TABLE orders DROP COLUMN note");

        assertThat(evolve(before))
                .isEqualTo(
                        new Evolution.Evolved(
                                List.of(
                                        "ALTER TABLE \"public\".\"orders\" ALTER COLUMN \"note\" DROP NOT NULL"),
                                false));
        assertThat(column("note").notNull()).isFalse();
    }

    @Test
    void aColumnThatIsOnlyMissingFromTheStreamIsNotTakenForDropped() throws SQLException {
        TableShape all = shape();
        TableShape list =
                new TableShape(
                        ORDERS, all.relationOid(), all.identity(), all.columns().subList(0, 1));

        assertThat(evolution(ShapePolicy.EVOLVE).evolve(all, list))
                .isEqualTo(new Evolution.Unchanged());
        assertThat(column("note").notNull()).isTrue();
    }

    @Test
    void aRenamedColumnNeedsAMerge() throws SQLException {
        Databases.run(databases.source, "ALTER TABLE orders RENAME total TO amount");

        assertThat(evolve(null))
                .isInstanceOfSatisfying(
                        Evolution.Evolved.class, e -> assertThat(e.needsMerge()).isTrue());
        assertThat(column("amount").type()).isEqualTo("numeric(6,2)");
        assertThat(column("total").type()).isEqualTo("numeric(6,2)");
    }

    @Test
    void aNewColumnBringsItsTypeAlong() throws SQLException {
        Databases.run(
                databases.source,
                "CREATE TYPE size AS ENUM ('s', 'l'); ALTER TABLE orders ADD COLUMN sizes size[]");

        assertThat(evolve(null)).isInstanceOf(Evolution.Evolved.class);
        assertThat(column("sizes").type()).isEqualTo("public.size[]");
    }

    @Test
    void otherPoliciesTouchNothing() throws SQLException {
        Databases.run(databases.source, "ALTER TABLE orders ADD COLUMN extra text");

        assertThat(evolution(ShapePolicy.IGNORE).evolve(null, shape()))
                .isEqualTo(new Evolution.Ignored(List.of("extra")));
        assertThat(evolution(ShapePolicy.PAUSE).evolve(null, shape()))
                .isInstanceOfSatisfying(
                        Evolution.Paused.class,
                        paused ->
                                assertThat(paused.reason())
                                        .hasMessageContaining("ADD COLUMN \"extra\" text"));
        assertThat(databases.there("orders").columns()).hasSize(4);
    }

    @Test
    void aReaderWhoDoesNotLetGoIsNotWaitedForLongerThanTheTimeout() throws SQLException {
        Databases.run(databases.source, "ALTER TABLE orders ADD COLUMN extra text");
        String name =
                Databases.query(databases.destination, "SELECT current_database()").getFirst();
        try (Connection reader = Databases.database(server, name, "postgres").connect("reader")) {
            reader.setAutoCommit(false);
            Databases.query(reader, "SELECT id FROM public.orders");

            assertThatThrownBy(() -> evolve(null))
                    .isInstanceOfSatisfying(
                            SQLException.class,
                            e -> assertThat(e.getSQLState()).isEqualTo("55P03"));
        }
        assertThat(evolve(null)).isInstanceOf(Evolution.Evolved.class);
    }

    @Test
    void newLabelsOfAnEnumAreAddedInTheirPlace() throws SQLException {
        Databases.run(databases.source, "ALTER TYPE mood ADD VALUE 'silent' BEFORE 'calm'");
        Databases.run(databases.source, "ALTER TYPE mood ADD VALUE 'it''s' AFTER 'calm'");
        Databases.run(databases.source, "ALTER TYPE mood ADD VALUE 'crazy'");

        EnumSync.addMissingLabels(
                databases.source, databases.destination, databases.tables("public.orders"));

        assertThat(
                        Databases.query(
                                databases.destination,
                                "SELECT unnest(enum_range(NULL::public.mood))"))
                .containsExactly("silent", "calm", "it's", "wild", "crazy");
        assertThat(
                        EnumSync.addMissingLabels(
                                databases.source,
                                databases.destination,
                                databases.tables("public.orders")))
                .isEmpty();
    }

    @Test
    void partitionsMadeLaterAtTheSourceAppearAtTheDestination() throws SQLException {
        Databases.run(
                databases.source,
                "CREATE TABLE payment (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);"
                        + "CREATE TABLE payment_1 PARTITION OF payment FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')");
        databases.create("public.payment");
        Databases.run(
                databases.source,
                "CREATE SCHEMA archive;"
                        + "CREATE TABLE archive.payment_2 PARTITION OF payment FOR VALUES FROM ('2026-02-01') TO ('2026-03-01') PARTITION BY LIST (id);"
                        + "CREATE TABLE payment_2_7 PARTITION OF archive.payment_2 FOR VALUES IN (7);");

        PartitionSync.Outcome outcome = partitions().ensurePartitions(payment());

        assertThat(outcome)
                .isEqualTo(
                        new PartitionSync.Outcome(
                                List.of(
                                        new TableId("archive", "payment_2"),
                                        new TableId("public", "payment_2_7")),
                                List.of(),
                                List.of(),
                                List.of()));
        Databases.run(databases.destination, "INSERT INTO payment VALUES (7, '2026-02-03')");
        assertThat(partitions().ensurePartitions(payment()).created()).isEmpty();
        assertThat(needsMerge()).isFalse();
    }

    @Test
    void rowsThatCameOrWentWithAPartitionNeedAMerge() throws SQLException {
        Databases.run(
                databases.source,
                "CREATE TABLE payment (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);"
                        + "CREATE TABLE payment_1 PARTITION OF payment FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')");
        databases.create("public.payment");
        Databases.run(databases.destination, "INSERT INTO payment VALUES (1, '2026-01-03')");
        Databases.run(
                databases.source,
                "CREATE TABLE payment_2 (id int NOT NULL, at date NOT NULL); INSERT INTO payment_2 VALUES (7, '2026-02-03');"
                        + "ALTER TABLE payment ATTACH PARTITION payment_2 FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');"
                        + "ALTER TABLE payment DETACH PARTITION payment_1");

        PartitionSync.Outcome outcome = partitions().ensurePartitions(payment());

        assertThat(outcome.heldRows()).containsExactly(new TableId("public", "payment_2"));
        assertThat(outcome.gone()).containsExactly(new TableId("public", "payment_1"));
        assertThat(outcome.needsMerge()).isTrue();
        assertThat(
                        Databases.query(
                                databases.destination,
                                "SELECT needs_merge FROM tidetable.replicated_table WHERE name = 'payment'"))
                .containsExactly("t");
        Databases.run(databases.destination, "DELETE FROM payment WHERE id = 1");
        assertThat(partitions().ensurePartitions(payment()).needsMerge())
                .as("once the merge has removed the rows")
                .isFalse();
    }

    @Test
    void aTableThatIsNotPartitionedAtTheDestinationNeedsNoPartitions() throws SQLException {
        assertThat(partitions().ensurePartitions(ORDERS).created()).isEmpty();
    }

    private static TableId payment() {
        return new TableId("public", "payment");
    }

    private PartitionSync partitions() {
        return new PartitionSync(
                databases.source, databases.destination, Databases.PIPELINE, LOCK_TIMEOUT);
    }

    private ShapeEvolution evolution(ShapePolicy policy) {
        return new ShapeEvolution(
                databases.source, databases.destination, Databases.PIPELINE, policy, LOCK_TIMEOUT);
    }

    private Evolution evolve(@Nullable TableShape before) throws SQLException {
        return evolution(ShapePolicy.EVOLVE).evolve(before, shape());
    }

    /** The shape that the stream would announce now. */
    private TableShape shape() throws SQLException {
        TableDefinition orders = databases.tables("public.orders").getFirst();
        return new TableShape(
                ORDERS,
                orders.oid(),
                ReplicaIdentity.DEFAULT,
                orders.columns().stream()
                        .map(c -> new Column(c.name(), c.typeOid(), c.typeModifier(), false))
                        .toList());
    }

    private ColumnDefinition column(String name) throws SQLException {
        return databases.there("orders").column(name).orElseThrow();
    }

    private boolean needsMerge() throws SQLException {
        return Databases.query(
                        databases.destination,
                        "SELECT needs_merge FROM tidetable.replicated_table WHERE name = 'orders'")
                .contains("t");
    }
}
