package io.tidetable.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidetable.embedded.PostgresServer;
import io.tidetable.model.ReplicaIdentity;
import io.tidetable.model.TableId;
import io.tidetable.node.fault.FaultPoint;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TableCreatorTest {
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
    void anEmptyDestinationGetsTablesLikeTheSources() throws SQLException {
        Databases.run(databases.source, RentalShop.TABLES);
        // Nothing of ours creates collations; the destination has this one by chance.
        Databases.run(
                databases.destination,
                "CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)");
        List<TableDefinition> tables = databases.tables("*.*", "!public.tmp_*");

        Map<TableId, Creation> outcomes = databases.create("*.*", "!public.tmp_*");
        var finisher = new TableFinisher(databases.destination);
        for (TableDefinition table : tables) {
            assertThat(finisher.finish(table)).as("remarks about %s", table.id()).isEmpty();
            assertThat(finisher.finish(table)).as("a second time").isEmpty();
        }

        assertThat(outcomes.values())
                .hasSize(6)
                .allMatch(o -> o.equals(new Creation.Created(List.of())));
        Map<TableId, TableDefinition> there =
                DestinationTables.read(
                        databases.destination, tables.stream().map(TableDefinition::id).toList());
        for (TableDefinition table : tables) {
            assertThat(comparable(java.util.Objects.requireNonNull(there.get(table.id()))))
                    .usingRecursiveComparison()
                    .as("%s", table.id())
                    .isEqualTo(comparable(table));
        }
        assertThat(new TableFinisher(databases.destination).createForeignKeys(tables)).isEmpty();
        assertThat(
                        Databases.query(
                                databases.destination,
                                "SELECT conname FROM pg_constraint WHERE contype = 'f' AND conparentid = 0 ORDER BY 1"))
                .containsExactly("rental_customer_id_fkey", "rental_film_id_fkey");
    }

    @Test
    void sequencesOfTheDestinationAreThoseOfTheSourceAndOnlyEverGoOn() throws SQLException {
        Databases.run(databases.source, RentalShop.TABLES);
        databases.create("*.*");
        Databases.run(
                databases.source,
                "SELECT nextval('film_film_id_seq'), nextval('customer_customer_id_seq'), nextval('customer_customer_id_seq'), nextval('ticket_seq')");
        Databases.run(databases.destination, "SELECT setval('customer_customer_id_seq', 500)");
        TableSelection all = TableSelection.of(List.of("*.*"));
        List<SequenceDefinition> sequences =
                SourceCatalog.sequences(databases.source, databases.tables("*.*"), all);

        List<SequenceSync.Moved> moved =
                SequenceSync.sync(databases.source, databases.destination, sequences);

        assertThat(moved)
                .containsExactlyInAnyOrder(
                        new SequenceSync.Moved(new TableId("public", "film_film_id_seq"), 1000),
                        new SequenceSync.Moved(new TableId("public", "ticket_seq"), 10));
        assertThat(
                        Databases.query(
                                databases.destination,
                                "SELECT nextval('public.film_film_id_seq') || ' ' || nextval('public.customer_customer_id_seq') || ' ' || nextval('public.ticket_seq')"))
                .containsExactly("1002 501 15");
        assertThat(
                        SourceCatalog.sequences(
                                databases.destination,
                                SourceCatalog.tables(databases.destination, all),
                                all))
                .isEqualTo(sequences);
        assertThat(SequenceSync.sync(databases.source, databases.destination, sequences)).isEmpty();
    }

    @Test
    void whatIsThereIsLeftAloneAndWhatWeMadeIsRecorded() throws SQLException {
        Databases.run(
                databases.source,
                "CREATE TABLE orders (id int PRIMARY KEY, note text); CREATE TABLE clicks (id int)");
        Databases.run(databases.destination, "CREATE TABLE orders (id int)");

        var first = databases.create("public.*");
        var second = databases.create("public.*");

        TableId orders = new TableId("public", "orders");
        TableId clicks = new TableId("public", "clicks");
        assertThat(first)
                .containsEntry(orders, new Creation.Found())
                .containsEntry(clicks, new Creation.Created(List.of()));
        assertThat(second)
                .containsEntry(orders, new Creation.Found())
                .containsEntry(clicks, new Creation.Ours());
        assertThat(databases.there("orders").columns()).hasSize(1);
        assertThat(
                        Databases.query(
                                databases.destination,
                                "SELECT name || ' ' || created_here FROM tidetable.replicated_table"))
                .containsExactly("clicks true");
    }

    @Test
    void aCrashBetweenATableAndItsRecordLeavesNeither() throws SQLException {
        Databases.run(databases.source, "CREATE TABLE orders (id serial PRIMARY KEY)");

        assertThatThrownBy(() ->
                        databases.create(
                                point -> {
                                    assertThat(point).isEqualTo(FaultPoint.TABLE_CREATED);
                                    loseDestination();
                                },
                                "public.*"))
                .isInstanceOf(SQLException.class);
        databases.destination.close();

        try (var again = Databases.database(server, name(), "postgres").connect("test")) {
            assertThat(SourceCatalog.relations(again)).isEmpty();
            assertThat(Databases.query(again, "SELECT name FROM tidetable.replicated_table"))
                    .isEmpty();
        }
    }

    private static final String SIX_HUNDRED =
            """
            DO $$ BEGIN FOR i IN 1000 .. 1599 LOOP
                EXECUTE format('CREATE TABLE t%s (id serial PRIMARY KEY, v text DEFAULT ''x'')', i);
            END LOOP; END $$
            """;

    @Test
    void whereTablesAreMadeTogetherTheTroubleOfOneIsItsOwn() throws SQLException {
        Databases.run(databases.source, SIX_HUNDRED);
        Databases.run(
                databases.source,
                """
                CREATE FUNCTION twice(i int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT i * 2';
                CREATE FUNCTION next_code() RETURNS text LANGUAGE sql AS 'SELECT ''x''';
                ALTER TABLE t1300 ADD d int GENERATED ALWAYS AS (twice(id)) STORED;
                ALTER TABLE t1580 ADD code text DEFAULT next_code()
                """);
        Databases.run(databases.destination, "CREATE VIEW t1010_pkey AS SELECT 1 AS one");

        Map<TableId, Creation> others = new TreeMap<>(databases.create("public.*"));

        assertThat(others.remove(new TableId("public", "t1300")))
                .isInstanceOfSatisfying(
                        Creation.Refused.class,
                        refused ->
                                assertThat(refused.reason().line())
                                        .startsWith("TT-412")
                                        .contains("public.t1300"));
        assertThat(remarks(others.remove(new TableId("public", "t1580"))))
                .singleElement()
                .asString()
                .contains("public.t1580.code");
        assertThat(remarks(others.remove(new TableId("public", "t1010"))))
                .singleElement()
                .asString()
                .contains("the key of public.t1010 has another name");
        assertThat(others.values())
                .hasSize(597)
                .allMatch(o -> o.equals(new Creation.Created(List.of())));
        assertThat(databases.there("t1599").columns())
                .extracting(ColumnDefinition::expression)
                .containsExactly("nextval('public.t1599_id_seq'::regclass)", "'x'::text");
        assertThat(createdHere(databases.destination)).hasSize(599).doesNotContain("t1300");
        assertThat(databases.create("public.*").values())
                .filteredOn(o -> o.equals(new Creation.Ours()))
                .hasSize(599);
    }

    private static List<String> remarks(@Nullable Creation creation) {
        return creation instanceof Creation.Created(List<String> remarks) ? remarks : List.of();
    }

    private static List<String> createdHere(Connection destination) throws SQLException {
        return Databases.query(
                destination,
                "SELECT name FROM tidetable.replicated_table WHERE created_here ORDER BY name");
    }

    @Test
    void aCrashAmongTablesThatAreMadeTogetherLeavesNothingThatCannotBeFinished()
            throws SQLException {
        Databases.run(databases.source, SIX_HUNDRED);
        AtomicInteger reached = new AtomicInteger();

        assertThatThrownBy(() ->
                        databases.create(
                                _ -> {
                                    if (reached.incrementAndGet() == 400) {
                                        loseDestination();
                                    }
                                },
                                "public.*"))
                .isInstanceOf(SQLException.class);
        databases.destination.close();

        try (var again = Databases.database(server, name(), "postgres").connect("test")) {
            List<String> there =
                    SourceCatalog.relations(again).stream().map(it -> it.id().name()).toList();
            assertThat(there).hasSizeBetween(1, 599);
            assertThat(createdHere(again)).containsExactlyInAnyOrderElementsOf(there);

            var outcomes = databases.createAt(again, "public.*");

            assertThat(outcomes.values())
                    .filteredOn(o -> o.equals(new Creation.Ours()))
                    .hasSameSizeAs(there);
            assertThat(outcomes.values())
                    .filteredOn(o -> o.equals(new Creation.Created(List.of())))
                    .hasSize(600 - there.size());
            assertThat(createdHere(again)).hasSize(600);
        }
    }

    private void loseDestination() {
        try {
            databases.destination.abort(Runnable::run);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private String name() throws SQLException {
        return Databases.query(databases.source, "SELECT current_database()")
                .getFirst()
                .replace("source", "destination");
    }

    @Test
    void aDefaultThatTheDestinationCannotComputeIsLeftOutAndSaid() throws SQLException {
        Databases.run(
                databases.source,
                """
                CREATE FUNCTION next_code() RETURNS text LANGUAGE sql AS 'SELECT ''x''';
                CREATE TABLE orders (id int PRIMARY KEY DEFAULT 7, code text DEFAULT next_code())
                """);

        var outcome = databases.create("public.*").get(new TableId("public", "orders"));

        assertThat(outcome)
                .isInstanceOfSatisfying(
                        Creation.Created.class,
                        created ->
                                assertThat(created.remarks())
                                        .singleElement()
                                        .asString()
                                        .contains(
                                                "public.orders.code",
                                                "next_code()",
                                                "does not exist"));
        assertThat(databases.there("orders").columns())
                .extracting(ColumnDefinition::expression)
                .containsExactly("7", null);
    }

    @Test
    void aTableThatCannotBeMadeIsRefusedAndTheOthersAreMade() throws SQLException {
        Databases.run(
                databases.source,
                """
                CREATE FUNCTION twice(i int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT i * 2';
                CREATE TABLE bad (id int PRIMARY KEY, d int GENERATED ALWAYS AS (twice(id)) STORED);
                CREATE TABLE good (id int PRIMARY KEY)
                """);

        var outcomes = databases.create("public.*");

        assertThat(outcomes.get(new TableId("public", "good")))
                .isInstanceOf(Creation.Created.class);
        assertThat(outcomes.get(new TableId("public", "bad")))
                .isInstanceOfSatisfying(
                        Creation.Refused.class,
                        refused ->
                                assertThat(refused.reason().line())
                                        .startsWith("TT-412")
                                        .contains("public.bad", "twice"));
    }

    @Test
    void aViewInATablesPlaceIsNotTakenForIt() throws SQLException {
        Databases.run(databases.source, "CREATE TABLE orders (id int PRIMARY KEY)");
        Databases.run(databases.destination, "CREATE VIEW orders AS SELECT 1 AS id");

        assertThat(databases.create("public.*").get(new TableId("public", "orders")))
                .isInstanceOfSatisfying(
                        Creation.Refused.class,
                        refused ->
                                assertThat(refused.reason().line())
                                        .startsWith("TT-415")
                                        .contains("public.orders", "a view"));
        assertThat(createdHere(databases.destination)).isEmpty();
    }

    @Test
    void aServerThatTakesNoWritesIsNoTablesTrouble() throws SQLException {
        Databases.run(databases.source, "CREATE TABLE orders (id int PRIMARY KEY)");
        Databases.run(databases.destination, "SET default_transaction_read_only = on");

        assertThatThrownBy(() -> databases.create("public.*"))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("read-only");
    }

    @Test
    void withoutTheRightToInstallAnExtensionTheRefusalSaysWhatToDo() throws SQLException {
        Databases.run(
                databases.source,
                "CREATE EXTENSION pageinspect; CREATE EXTENSION hstore;"
                        + "CREATE TABLE trusted (id int PRIMARY KEY, h hstore)");
        Databases.run(
                databases.source,
                """
                CREATE EXTENSION seg;
                CREATE TABLE measured (id int PRIMARY KEY, s seg[]);
                UPDATE pg_extension SET extname = 'not_there' WHERE extname = 'seg'
                """);

        var outcomes = databases.create("public.*");

        assertThat(outcomes.get(new TableId("public", "trusted")))
                .isInstanceOf(Creation.Created.class);
        assertThat(outcomes.get(new TableId("public", "measured")))
                .isInstanceOfSatisfying(
                        Creation.Refused.class,
                        refused ->
                                assertThat(refused.reason().line())
                                        .startsWith("TT-411")
                                        .contains("extension not_there", "public.seg", "CREATE"));
    }

    @Test
    void typesOfAnExtensionInAnotherPlaceAreFound() throws SQLException {
        Databases.run(
                databases.source,
                "CREATE EXTENSION citext; CREATE TABLE users (id int PRIMARY KEY, mail citext, all_mail citext[])");
        Databases.run(
                databases.destination,
                "CREATE SCHEMA \"Ext\"; CREATE EXTENSION citext SCHEMA \"Ext\"");

        databases.create("public.*");

        assertThat(databases.there("users").columns())
                .extracting(ColumnDefinition::type)
                .containsExactly("integer", "\"Ext\".citext", "\"Ext\".citext[]");
    }

    @Test
    void aRoleThatMayNotCreateSchemasIsToldWhichOneItNeeds() throws SQLException {
        Databases.run(databases.source, "CREATE SCHEMA sales; CREATE TABLE sales.orders (id int)");
        Databases.run(
                databases.destination,
                "CREATE ROLE writer LOGIN; GRANT ALL ON SCHEMA tidetable TO writer; GRANT ALL ON ALL TABLES IN SCHEMA tidetable TO writer");
        Databases.run(databases.destination, "SET ROLE writer");

        var outcome = databases.create("sales.*").get(new TableId("sales", "orders"));

        assertThat(outcome)
                .isInstanceOfSatisfying(
                        Creation.Refused.class,
                        refused ->
                                assertThat(refused.reason().line())
                                        .startsWith("TT-411")
                                        .contains(
                                                "schema sales",
                                                "permission denied",
                                                "CREATE SCHEMA IF NOT EXISTS \"sales\""));
    }

    /** What a destination's table cannot or need not share with the source's is taken out. */
    private static TableDefinition comparable(TableDefinition table) {
        return new TableDefinition(
                table.id(),
                0,
                table.persistence(),
                "",
                new RowIdentity(ReplicaIdentity.DEFAULT, List.of()),
                table.columns().stream().map(TableCreatorTest::comparable).toList(),
                table.indexes().stream().map(TableCreatorTest::comparable).toList(),
                comparable(table.constraints()),
                table.partitionKey(),
                table.partitions().stream()
                        .map(p ->
                                new PartitionDefinition(
                                        p.id(),
                                        0,
                                        p.kind(),
                                        p.parent(),
                                        p.bound(),
                                        p.partitionKey(),
                                        new RowIdentity(ReplicaIdentity.DEFAULT, List.of()),
                                        p.indexes(),
                                        comparable(p.constraints()),
                                        new StorageEstimate(0, 0, 0)))
                        .toList(),
                table.inheritsFrom(),
                table.hasHeirs(),
                table.rowSecurity(),
                table.rowSecurityForced(),
                table.extension(),
                new StorageEstimate(0, 0, 0));
    }

    private static ColumnDefinition comparable(ColumnDefinition c) {
        return new ColumnDefinition(
                c.name(),
                0,
                c.type(),
                0,
                c.typeModifier(),
                c.notNull(),
                c.expression(),
                c.generation(),
                c.isIdentity() ? ColumnDefinition.Identity.BY_DEFAULT : c.identity(),
                c.collation(),
                false);
    }

    private static IndexDefinition comparable(IndexDefinition i) {
        return new IndexDefinition(
                i.name(),
                i.unique(),
                i.primary(),
                i.exclusion(),
                i.immediate(),
                i.valid(),
                i.partial(),
                i.hasExpressions(),
                false,
                i.columns(),
                i.constraint(),
                i.attached(),
                i.statement());
    }

    private static List<ConstraintDefinition> comparable(List<ConstraintDefinition> constraints) {
        return constraints.stream()
                .filter(c -> c.kind() != ConstraintDefinition.Kind.FOREIGN_KEY)
                .toList();
    }
}
