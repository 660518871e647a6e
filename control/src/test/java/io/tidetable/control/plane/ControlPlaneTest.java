package io.tidetable.control.plane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tidetable.control.classify.RuleException;
import io.tidetable.control.classify.Stated;
import io.tidetable.control.store.AuditEntry;
import io.tidetable.control.store.Key;
import io.tidetable.control.store.MetadataStore;
import io.tidetable.control.store.StaleVersionException;
import io.tidetable.control.store.StoredRules;
import io.tidetable.model.Consistency;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.model.schema.ChangeFrequency;
import io.tidetable.model.schema.ClassificationRule;
import io.tidetable.model.schema.Evidence;
import io.tidetable.model.schema.Origin;
import io.tidetable.model.schema.Pins;
import io.tidetable.model.schema.ReplicationSchema;
import io.tidetable.model.schema.SchemaOverride;
import io.tidetable.model.schema.SchemaOverride.InForce;
import io.tidetable.model.schema.Strategy;
import io.tidetable.model.schema.Temperature;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ControlPlaneTest {
    private static final TableId ORDERS = new TableId("public", "orders");
    private static final TableId ITEMS = new TableId("public", "items");
    private static final DestinationId REPORTING = new DestinationId("reporting");
    private static final Key ORDERS_KEY = new Key(ORDERS, REPORTING);
    private static final List<ClassificationRule> GROWN =
            List.of(
                    new ClassificationRule(
                            "grown",
                            "rows >= 1000",
                            Temperature.HOT,
                            ChangeFrequency.LOW,
                            null,
                            null,
                            42,
                            null,
                            null));

    private final DatabasePair databases = Servers.freshPair();
    private Stated orders = Stated.NOTHING;
    private List<ClassificationRule> fixed = List.of();
    private ControlPlane control = controlPlane();

    @BeforeEach
    void start() throws SQLException {
        databases.onSource(
                "CREATE TABLE orders (id bigint PRIMARY KEY)",
                "CREATE TABLE items (id bigint PRIMARY KEY)",
                "CREATE TABLE left_out (id bigint PRIMARY KEY)");
        control.start();
    }

    @AfterEach
    void close() throws SQLException {
        control.close();
        databases.close();
    }

    private ControlPlane controlPlane() {
        return new ControlPlane(
                new MetadataStore(_ -> portable(databases.connectDestination()), "main"),
                new Replicated(
                        _ -> portable(databases.connectSource()),
                        Map.of(REPORTING, _ -> portable(databases.connectDestination())),
                        this::stated,
                        fixed),
                InstantSource.system());
    }

    private Optional<Stated> stated(TableId table) {
        if (table.name().equals("left_out")) {
            return Optional.empty();
        }
        return Optional.of(table.equals(ORDERS) ? orders : Stated.NOTHING);
    }

    private static Connection portable(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET search_path = pg_catalog");
        }
        return connection;
    }

    private void restart() {
        control.close();
        control = controlPlane();
        control.start();
    }

    private static ClassificationRule rule(String name, String condition, int priority) {
        return new ClassificationRule(
                name, condition, Temperature.HOT, null, null, null, priority, null, null);
    }

    private static InForce heard(Map<Key, InForce> told) {
        return Objects.requireNonNull(told.get(ORDERS_KEY));
    }

    private ReplicationSchema newest() {
        return control.versions().history(ORDERS_KEY, Long.MAX_VALUE, 1).getFirst().schema();
    }

    @Test
    void everySelectedTableIsClassifiedBeforeReplicationBegins() {
        Map<TableId, ReplicationSchema> schemas =
                control.inForce(REPORTING, List.of(ORDERS, ITEMS));

        assertThat(schemas).containsOnlyKeys(ORDERS, ITEMS);
        assertThat(Objects.requireNonNull(schemas.get(ORDERS)).version()).isEqualTo(1);
        assertThat(Objects.requireNonNull(schemas.get(ORDERS)).origin()).isEqualTo(Origin.DEFAULT);
        assertThat(control.inForce()).hasSize(2);
        assertThatThrownBy(() ->
                        control.inForce(new Key(new TableId("public", "left_out"), REPORTING)))
                .isInstanceOf(TidetableException.class)
                .hasMessageContaining("has no replication schema");
    }

    @Test
    void aRestartDecidesNothingAnew() {
        ReplicationSchema before = newest();

        restart();

        assertThat(newest()).isEqualTo(before);
    }

    @Test
    void readingAheadChangesNothingWhereNothingIsYet() throws SQLException {
        try (DatabasePair empty = Servers.freshPair();
                ControlPlane first =
                        new ControlPlane(
                                new MetadataStore(
                                        _ -> portable(empty.connectDestination()), "main"),
                                new Replicated(
                                        _ -> portable(empty.connectSource()),
                                        Map.of(
                                                REPORTING,
                                                _ -> portable(empty.connectDestination())),
                                        this::stated,
                                        fixed),
                                InstantSource.system())) {
            first.readAhead();

            assertThat(first.hasReadAhead()).isFalse();
            try (Connection connection = empty.connectDestination();
                    Statement statement = connection.createStatement();
                    var row = statement.executeQuery("SELECT to_regnamespace('tidetable')::text")) {
                row.next();
                assertThat(row.getString(1)).isNull();
            }
            first.start();
            assertThat(first.inForce()).isEmpty();
        }
    }

    @Test
    void whatOthersDecidedAfterItWasReadAheadCounts() {
        ControlPlane next = controlPlane();
        next.readAhead();
        assertThat(next.hasReadAhead()).isTrue();

        control.rules().apply(control.rules().current(), List.of(rule("all", "true", 42)), "ada");
        letThePlannerChooseFull();
        control.overrides()
                .set(ITEMS, null, new Pins(null, null, 7, null, null, false), "mine", "ada", null);
        control.close();
        control = next;
        control.start();

        assertThat(newest().version()).isEqualTo(3);
        assertThat(control.inForce(ORDERS_KEY).schema().strategy().label()).isEqualTo("full");
        assertThat(control.inForce(ORDERS_KEY).schema().priority()).isEqualTo(42);
        assertThat(control.inForce(new Key(ITEMS, REPORTING)).schema().priority()).isEqualTo(7);
    }

    @Test
    void whatTheSettingsSayIsFollowedAfterReadingAhead() {
        control.close();
        orders = new Stated("'tables[1]'", new Consistency.Key(4), 77, null, null, Set.of());
        control = controlPlane();
        control.readAhead();
        assertThat(control.hasReadAhead()).isTrue();
        control.start();

        assertThat(newest().priority()).isEqualTo(77);
        assertThat(newest().version()).isEqualTo(2);
    }

    @Test
    void aTableThatCameAfterTheStatisticsIsClassifiedWhenItIsAskedFor() throws SQLException {
        databases.onSource("CREATE TABLE late (id bigint PRIMARY KEY)");
        TableId late = new TableId("public", "late");

        assertThat(control.inForce(REPORTING, List.of(late)).values().iterator().next().version())
                .isEqualTo(1);
    }

    @Test
    void rulesAreTriedWithoutAConsequenceAndThenApplied() {
        List<ClassificationRule> rules = List.of(rule("orders", "name == 'orders'", 42));

        List<Trial> trials = control.rules().test(rules);

        assertThat(trials)
                .extracting(it ->
                        it.verdict().schema().table().name()
                                + " "
                                + it.verdict().evidence().rule()
                                + " "
                                + it.changes())
                .containsExactly("items default false", "orders orders true");
        assertThat(newest().version()).isEqualTo(1);

        assertThat(control.rules().apply(control.rules().current(), rules, "ada"))
                .containsExactly(ORDERS_KEY);
        assertThat(newest().priority()).isEqualTo(42);
        assertThat(newest().track()).isEqualTo(Track.EXPRESS);
        assertThat(newest().origin()).isEqualTo(Origin.RULE);
        assertThat(control.rules().apply(control.rules().current(), rules, "ada")).isEmpty();
        assertThat(control.rules().current().version()).isEqualTo(1);
        assertThatThrownBy(() -> control.rules().apply(StoredRules.NONE, List.of(), "bob"))
                .isInstanceOf(StaleVersionException.class);
        restart();
        assertThat(newest().priority()).isEqualTo(42);
    }

    @Test
    void rulesOfWhichOneCannotBeUsedChangeNothing() {
        assertThatThrownBy(() ->
                        control.rules()
                                .apply(
                                        control.rules().current(),
                                        List.of(
                                                rule("good", "true", 5),
                                                rule("bad", "rwos > 1", 5)),
                                        "ada"))
                .isInstanceOf(RuleException.class)
                .hasMessageContaining("did you mean 'rows'?");
        assertThat(control.rules().current()).isEqualTo(StoredRules.NONE);
        assertThat(newest().version()).isEqualTo(1);
    }

    private void letThePlannerChooseFull() {
        control.store()
                .schemas()
                .save(
                        newest().withStrategy(new Strategy.Full(Duration.ofMinutes(5)))
                                .decided(Origin.PLANNER, "a forecast", Instant.EPOCH),
                        Evidence.NONE,
                        "planner");
    }

    @Test
    void whatThePlannerDecidedStaysUntilTheRulesSaySomethingNew() {
        letThePlannerChooseFull();

        restart();
        assertThat(newest().strategy().label()).isEqualTo("full");

        control.rules().apply(control.rules().current(), List.of(rule("new", "true", 9)), "ada");
        assertThat(newest().strategy().label()).isEqualTo("delta");
        assertThat(newest().priority()).isEqualTo(9);
    }

    @Test
    void whatTheSettingsSayIsFollowedAtTheNextStart() {
        orders = new Stated("'tables[1]'", new Consistency.Key(4), 77, null, null, Set.of());

        restart();

        assertThat(newest().version()).isEqualTo(2);
        assertThat(newest().origin()).isEqualTo(Origin.SETTINGS);
        assertThat(newest().priority()).isEqualTo(77);
        assertThat(newest().reason())
                .contains("'tables[1]' gives it consistency key(4), priority 77");
    }

    @Test
    void anOverrideWinsAndItsEndRestoresAutomaticControl() {
        Map<Key, InForce> told = new ConcurrentHashMap<>();
        control.follow(it -> told.put(Key.of(it.schema()), it));
        await().until(() -> told.size() == 2);

        SchemaOverride set =
                control.overrides()
                        .set(
                                ORDERS,
                                null,
                                new Pins(null, null, 500, null, null, true),
                                "inventory",
                                "ada",
                                null);

        await().atMost(Duration.ofSeconds(1)).until(() -> heard(told).schema().priority() == 500);
        assertThat(heard(told).paused()).isTrue();
        assertThat(heard(told).schema().origin()).isEqualTo(Origin.OVERRIDE);
        control.rules().apply(control.rules().current(), List.of(rule("all", "true", 9)), "ada");
        assertThat(control.inForce(ORDERS_KEY).schema().priority()).isEqualTo(500);
        assertThat(newest().priority()).isEqualTo(9);

        control.overrides().end(set.number(), "bob");
        await().atMost(Duration.ofSeconds(1)).until(() -> heard(told).schema().priority() == 9);
        assertThat(heard(told).paused()).isFalse();
    }

    private void insertOrders(int count) throws SQLException {
        databases.onSource(
                "INSERT INTO orders SELECT g FROM generate_series(1, %d) g".formatted(count),
                "ANALYZE orders");
    }

    private List<String> actionsOnOrders() {
        return control.store().audit().entries("public.orders", Long.MAX_VALUE, 50).stream()
                .map(it -> it.author() + ": " + it.action())
                .toList();
    }

    @Test
    void aTableThatBecomesAnotherOneIsReclassifiedAfterAnAnnouncement() throws Exception {
        control.rules().apply(control.rules().current(), GROWN, "ada");
        assertThat(newest().priority()).isEqualTo(3);
        insertOrders(2000);

        assertThat(control.look()).isEmpty();
        assertThat(actionsOnOrders()).containsOnlyOnce("tidetable: replication schema changed");
        assertThat(control.look()).isEmpty();
        AuditEntry announced =
                control.store().audit().entries("public.orders", Long.MAX_VALUE, 1).getFirst();
        assertThat(announced.action()).isEqualTo("reclassification announced");
        assertThat(announced.reason())
                .contains("priority from 3 to 42")
                .contains("at reporting in about 60 s")
                .contains("rule 'grown' matched");
        assertThat(newest().priority()).isEqualTo(3);
        assertThat(control.look()).containsExactly(ORDERS_KEY);

        assertThat(newest().priority()).isEqualTo(42);
        assertThat(newest().origin()).isEqualTo(Origin.RULE);
        assertThat(newest().reason()).contains("it was so at 3 looks in a row since ");
        assertThat(control.versions().explain(ORDERS).getFirst().sentences().toString())
                .contains("2000 rows")
                .contains("changed class from warm");
        assertThat(actionsOnOrders()).hasSize(3);
    }

    @Test
    void anOverrideStandsAboveWhatIsReclassifiedAndItsEndBringsThat() throws Exception {
        control.rules().apply(control.rules().current(), GROWN, "ada");
        SchemaOverride set =
                control.overrides()
                        .set(
                                ORDERS,
                                null,
                                new Pins(null, null, 7, null, null, false),
                                "mine",
                                "ada",
                                null);
        insertOrders(2000);
        for (int i = 0; i < 3; i++) {
            control.look();
        }

        assertThat(control.inForce(ORDERS_KEY).schema().priority()).isEqualTo(7);
        control.overrides().end(set.number(), "ada");
        assertThat(control.inForce(ORDERS_KEY).schema().priority()).isEqualTo(42);
    }

    @Test
    void aTableThatWasTakenBackIsNotChangedByItself() throws Exception {
        control.rules().apply(control.rules().current(), GROWN, "ada");
        insertOrders(2000);
        control.versions().rollBack(ORDERS_KEY, 1, 1, "leave it alone", "bob");

        for (int i = 0; i < 5; i++) {
            assertThat(control.look()).isEmpty();
        }
        assertThat(newest().priority()).isEqualTo(3);
    }

    @Test
    void figuresThatChangedWhileItWasDownAreNoReasonToDecideAnewAtOnce() throws Exception {
        control.rules().apply(control.rules().current(), GROWN, "ada");
        insertOrders(2000);

        restart();
        assertThat(newest().version()).isEqualTo(1);

        for (int i = 0; i < 3; i++) {
            control.look();
        }
        assertThat(newest().priority()).isEqualTo(42);
    }

    @Test
    void rulesOfTheSettingsStandBeforeThoseThatAreApplied() {
        fixed = List.of(rule("mine", "name == 'orders'", 77));
        restart();
        assertThat(newest().priority()).isEqualTo(77);

        assertThat(
                        control.rules()
                                .apply(
                                        control.rules().current(),
                                        List.of(rule("all", "true", 9)),
                                        "ada"))
                .containsExactly(new Key(ITEMS, REPORTING));
        assertThat(newest().priority()).isEqualTo(77);
        assertThatThrownBy(() ->
                        control.rules()
                                .apply(
                                        control.rules().current(),
                                        List.of(rule("mine", "true", 9)),
                                        "ada"))
                .isInstanceOf(RuleException.class)
                .hasMessageContaining("the settings have a rule of that name");
    }

    @Test
    void anOverrideEndsByItsTime() {
        Map<Key, InForce> told = new ConcurrentHashMap<>();
        control.follow(it -> told.put(Key.of(it.schema()), it));

        control.overrides()
                .set(
                        ORDERS,
                        REPORTING,
                        Pins.ofPause(),
                        "a moment",
                        "ada",
                        Instant.now().plusSeconds(2));

        await().until(() -> told.containsKey(ORDERS_KEY) && heard(told).paused());
        await().until(() -> !heard(told).paused());
        assertThat(control.inForce(ORDERS_KEY).overrides()).isEmpty();
    }

    @Test
    void anOverrideThatCannotBeIsRefusedWithoutAChange() {
        TableId unknown = new TableId("public", "x\"; DROP TABLE orders; --");
        assertThatThrownBy(() ->
                        control.overrides().set(unknown, null, Pins.ofPause(), "why", "ada", null))
                .hasMessageContaining("has no replication schema");
        assertThatThrownBy(() ->
                        control.overrides()
                                .set(ORDERS, null, Pins.ofPause(), "why", "ada", Instant.EPOCH))
                .hasMessageContaining("an override ends after it begins");
        assertThatThrownBy(() ->
                        control.overrides()
                                .set(
                                        ORDERS,
                                        new DestinationId("nowhere"),
                                        Pins.ofPause(),
                                        "why",
                                        "ada",
                                        null))
                .hasMessageContaining("public.orders to nowhere has no replication schema");
        assertThat(control.store().overrides().all(Long.MAX_VALUE, 10)).isEmpty();
    }

    @Test
    void whatAnotherNodeDecidesIsFollowedWithinASecond() {
        Map<Key, InForce> told = new ConcurrentHashMap<>();
        control.follow(it -> told.put(Key.of(it.schema()), it));
        await().until(() -> told.size() == 2);

        try (MetadataStore elsewhere =
                new MetadataStore(_ -> portable(databases.connectDestination()), "main")) {
            elsewhere.start();
            elsewhere.schemas().save(newest().withPriority(321), Evidence.NONE, "other");
        }

        await().atMost(Duration.ofSeconds(1)).until(() -> heard(told).schema().priority() == 321);
    }

    @Test
    void anEarlierVersionComesBackAsANewOne() {
        control.rules().apply(control.rules().current(), List.of(rule("all", "true", 9)), "ada");

        ReplicationSchema back = control.versions().rollBack(ORDERS_KEY, 2, 1, "too much", "bob");

        assertThat(back.version()).isEqualTo(3);
        assertThat(newest().priority()).isEqualTo(3);
        assertThat(newest().reason()).isEqualTo("back to version 1: too much");
        assertThat(
                        Difference.between(
                                control.versions().version(ORDERS_KEY, 2).orElseThrow().schema(),
                                back))
                .extracting(Difference::what)
                .contains("priority", "class", "track");
        assertThatThrownBy(() -> control.versions().rollBack(ORDERS_KEY, 2, 1, "again", "bob"))
                .isInstanceOf(StaleVersionException.class);
        assertThatThrownBy(() -> control.versions().rollBack(ORDERS_KEY, 3, 8, "again", "bob"))
                .hasMessageContaining("has no version 8");
        restart();
        assertThat(newest().version()).isEqualTo(3);
    }

    @Test
    void anExplanationSaysWhatHappensAndWhy() {
        control.rules()
                .apply(control.rules().current(), List.of(rule("all tables", "true", 9)), "ada");
        control.overrides()
                .set(ORDERS, null, new Pins(null, null, 50, null, null, true), "sale", "bob", null);

        Explanation explanation = control.versions().explain(ORDERS).getFirst();

        assertThat(explanation.sentences())
                .contains(
                        "public.orders goes to reporting as every change, with consistency table,"
                                + " priority 50, on the express track, in one shard.",
                        "It is paused: its changes wait in the journal.",
                        "Its rows there should be at most 2 s old.",
                        "It counts as hot, rarely changes.")
                .anyMatch(it -> it.contains("(rule): rule 'all tables' matched: true"))
                .anyMatch(it -> it.startsWith("It was measured at "))
                .anyMatch(it ->
                        it.contains("by bob pins priority 50, paused until it is ended: sale"))
                .anyMatch(it -> it.contains("version 2 changed class from warm"));
        assertThatThrownBy(() -> control.versions().explain(new TableId("public", "nothing")))
                .hasMessageContaining("public.nothing has no replication schema");
    }
}
