package io.tidetable.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidetable.embedded.PostgresServer;
import io.tidetable.model.ReplicaIdentity;
import io.tidetable.model.TableId;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class SourceCatalogTest {
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
    void makeDatabases() throws SQLException {
        databases = Databases.make(server);
    }

    @AfterEach
    void closeDatabases() throws SQLException {
        databases.close();
    }

    @Test
    void theLastPatternThatMatchesATableDecidesAboutIt() {
        TableSelection selection =
                TableSelection.of(
                        List.of("public.*", "!public.tmp_?", "public.tmp_a", "\"a.b\".\"x*\""));

        assertThat(selection.selects(new TableId("public", "orders"))).isTrue();
        assertThat(selection.selects(new TableId("public", "tmp_b"))).isFalse();
        assertThat(selection.selects(new TableId("public", "tmp_a"))).isTrue();
        assertThat(selection.selects(new TableId("public", "tmp_bb"))).isTrue();
        assertThat(selection.selects(new TableId("a.b", "x*"))).isTrue();
        assertThat(selection.selects(new TableId("a.b", "xy"))).isFalse();
        assertThat(selection.selects(new TableId("other", "orders"))).isFalse();
        assertThat(selection.selectsByName(new TableId("public", "tmp_a"))).isTrue();
        assertThat(selection.selectsByName(new TableId("public", "orders"))).isFalse();
        assertThat(selection.unmatched(List.of(new TableId("public", "tmp_a"))))
                .extracting(TablePattern::toString)
                .containsExactly("\"a.b\".\"x*\"");
    }

    @Test
    void whatIsNoPatternIsRefusedWithAnExample() {
        for (String text : List.of("orders", "", ".", "a.", ".b", "a.b.c", "\"a.b", "\"\".b")) {
            assertThatThrownBy(() -> TablePattern.parse(text))
                    .as(text)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("public.orders");
        }
    }

    @Test
    void partitionsAreTheirRootsAndViewsAndExtensionTablesAreNotSelected() throws SQLException {
        Databases.run(databases.source, RentalShop.TABLES);
        Databases.run(databases.source, "ALTER EXTENSION hstore ADD TABLE public.tmp_import");

        assertThat(databases.tables("*.*"))
                .extracting(table -> table.id().toString())
                .containsExactly(
                        "public.Log.Book",
                        "public.customer",
                        "public.film",
                        "public.nothing_in_it",
                        "public.payment",
                        "public.rental");
        assertThat(databases.tables("public.tmp_import")).hasSize(1);
        assertThat(databases.tables("public.payment_2026_01")).isEmpty();
    }

    @Test
    void thePartitionTreeComesParentsFirstWithLeavesAndTheirSizes() throws SQLException {
        Databases.run(databases.source, RentalShop.TABLES);
        Databases.run(
                databases.source,
                "INSERT INTO payment SELECT n, 1, 1, '2026-01-05' FROM generate_series(1, 1000) n; ANALYZE");

        TableDefinition payment = databases.tables("public.payment").getFirst();

        assertThat(payment.partitionKey()).isEqualTo("RANGE (paid_at)");
        assertThat(payment.partitions())
                .extracting(p -> p.id() + " " + p.bound() + " " + p.partitionKey())
                .containsExactly(
                        "public.payment_2026_01 FOR VALUES FROM ('2026-01-01 00:00:00') TO ('2026-02-01 00:00:00') null",
                        "public.payment_2026_02 FOR VALUES FROM ('2026-02-01 00:00:00') TO ('2026-03-01 00:00:00') HASH (payment_id)",
                        "public.payment_other DEFAULT null",
                        "public.payment_2026_02_1 FOR VALUES WITH (modulus 2, remainder 1) null",
                        "staff.payment 2026_02 0 FOR VALUES WITH (modulus 2, remainder 0) null");
        assertThat(payment.leaves())
                .hasSize(4)
                .allMatch(leaf -> leaf.storage().file() > 0)
                .filteredOn(leaf -> leaf.id().name().equals("payment_2026_01"))
                .allMatch(leaf -> leaf.storage().rows() == 1000 && leaf.storage().pages() > 0);
        assertThat(payment.estimatedRows()).isEqualTo(1000);
        assertThat(payment.partitions())
                .filteredOn(PartitionDefinition::isLeaf)
                .allMatch(p -> p.identity().columns().equals(List.of("paid_at", "payment_id")));
    }

    @Test
    void identitiesAreWhatUpdatesReallyCarry() throws SQLException {
        Databases.run(
                databases.source,
                """
                CREATE TABLE keyed (a int, b int, PRIMARY KEY (b, a));
                CREATE TABLE deferred (a int PRIMARY KEY DEFERRABLE);
                CREATE TABLE entire (a int, b int, g int GENERATED ALWAYS AS (a) STORED);
                ALTER TABLE entire REPLICA IDENTITY FULL;
                CREATE TABLE indexed (a int PRIMARY KEY, b int NOT NULL);
                CREATE UNIQUE INDEX indexed_b ON indexed (b) INCLUDE (a);
                ALTER TABLE indexed REPLICA IDENTITY USING INDEX indexed_b;
                CREATE TABLE keyless (a int);
                CREATE TABLE mute (a int PRIMARY KEY);
                ALTER TABLE mute REPLICA IDENTITY NOTHING;
                """);

        assertThat(databases.tables("public.*"))
                .extracting(TableDefinition::identity)
                .containsExactly(
                        new RowIdentity(ReplicaIdentity.DEFAULT, List.of()),
                        new RowIdentity(ReplicaIdentity.FULL, List.of("a", "b")),
                        new RowIdentity(ReplicaIdentity.INDEX, List.of("b")),
                        new RowIdentity(ReplicaIdentity.DEFAULT, List.of("b", "a")),
                        new RowIdentity(ReplicaIdentity.DEFAULT, List.of()),
                        new RowIdentity(ReplicaIdentity.NOTHING, List.of()));
    }

    @Test
    void twoThousandTablesAreReadInAFewSeconds() throws SQLException {
        Databases.run(
                databases.source,
                """
                DO $$ BEGIN
                    FOR i IN 1..2000 LOOP
                        EXECUTE format('CREATE TABLE t%s (id bigserial PRIMARY KEY, a text NOT NULL'
                            || ' DEFAULT ''x'', b numeric(10,2), c timestamptz, d jsonb, CHECK (b > 0))', i);
                        EXECUTE format('CREATE INDEX ON t%s (a)', i);
                        IF i % 100 = 0 THEN COMMIT; END IF;
                    END LOOP;
                END $$
                """);
        TableSelection all = TableSelection.of(List.of("public.*"));
        SourceCatalog.relations(databases.source);

        long began = System.nanoTime();
        List<TableDefinition> tables = SourceCatalog.tables(databases.source, all);
        Duration reading = Duration.ofNanos(System.nanoTime() - began);
        began = System.nanoTime();
        List<SequenceDefinition> sequences = SourceCatalog.sequences(databases.source, tables, all);
        Duration readingSequences = Duration.ofNanos(System.nanoTime() - began);

        LoggerFactory.getLogger(SourceCatalogTest.class)
                .info("2,000 tables in {}, their sequences in {}", reading, readingSequences);
        assertThat(tables).hasSize(2000);
        assertThat(tables)
                .allMatch(t -> t.columns().size() == 5 && t.indexes().size() == 2)
                .allMatch(t -> t.primaryKey().isPresent());
        assertThat(sequences).hasSize(2000).allMatch(s -> s.owner() != null);
        assertThat(reading.plus(readingSequences)).isLessThan(Duration.ofSeconds(10));
    }
}
