package io.tidetable.control.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tidetable.model.Consistency;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.model.schema.ChangeFrequency;
import io.tidetable.model.schema.Classification;
import io.tidetable.model.schema.ClassificationRule;
import io.tidetable.model.schema.Evidence;
import io.tidetable.model.schema.Objective;
import io.tidetable.model.schema.Origin;
import io.tidetable.model.schema.Pins;
import io.tidetable.model.schema.ReplicationSchema;
import io.tidetable.model.schema.SchemaOverride;
import io.tidetable.model.schema.Sharding;
import io.tidetable.model.schema.Strategy;
import io.tidetable.model.schema.Temperature;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MetadataStoreTest {
    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.678Z");
    private static final DestinationId REPORTING = new DestinationId("reporting");
    private static final TableId ODD = new TableId("Odd \"Schema", "a'; DROP TABLE x; --\\ü");

    private DatabasePair databases = Servers.freshPair();
    private MetadataStore store = new MetadataStore(this::connect, "main");

    @BeforeEach
    void start() {
        store.start();
    }

    @AfterEach
    void close() throws SQLException {
        store.close();
        databases.close();
    }

    private Connection connect(String purpose) throws SQLException {
        Connection connection = databases.connectDestination();
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET search_path = pg_catalog");
        }
        return connection;
    }

    private static ReplicationSchema odd() {
        return new ReplicationSchema(
                ODD,
                REPORTING,
                0,
                new Classification(Temperature.HOT, ChangeFrequency.HIGH),
                new Strategy.Functional(
                        List.of("checkout"), List.of("b", "a \"x\""), "a > 'it''s'"),
                new Consistency.Key(8),
                17,
                Track.EXPRESS,
                new Sharding.ByKeyRange(List.of("10", "it's")),
                new TreeMap<>(Map.of("a'; --#0", 2.5)),
                Objective.ofSeconds(0.5),
                Origin.RULE,
                "rule \"orders\" says so; it's\nhot",
                NOW);
    }

    private static ReplicationSchema usual(String name) {
        return ReplicationSchema.usual(new TableId("public", name), REPORTING, NOW);
    }

    @Test
    void whatIsSavedComesBackAfterARestartWithItsEvidence() {
        Evidence evidence =
                new Evidence(
                        "orders",
                        new TreeMap<>(Map.of("reads_per_second", 12.5, "rows", 1e9)),
                        List.of("read 12.5 times a second"));
        ReplicationSchema saved = store.schemas().save(odd(), evidence, "ada");

        store.close();
        store = new MetadataStore(this::connect, "main");
        store.start();

        assertThat(store.schemas().all())
                .containsExactly(new StoredSchema(odd().withVersion(1), evidence, "ada"));
        assertThat(saved.version()).isEqualTo(1);
        for (Strategy strategy :
                List.of(
                        new Strategy.PrioritizedDelta(),
                        new Strategy.Full(Duration.ofMillis(1500)),
                        Strategy.Sampling.USUAL)) {
            ReplicationSchema next = newest().withStrategy(strategy);
            store.schemas().save(next, Evidence.NONE, "ada");
            assertThat(newest().strategy()).isEqualTo(strategy);
        }
        assertThat(new MetadataStore(this::connect, "other")).isNotNull();
    }

    private ReplicationSchema newest() {
        return store.schemas().newest(List.of(new Key(ODD, REPORTING))).getFirst().schema();
    }

    @Test
    void onlyOneOfTwoWritersWhoReadTheSameVersionIsHeard() {
        store.schemas().save(usual("orders"), Evidence.NONE, "ada");
        ReplicationSchema read = store.schemas().all().getFirst().schema();

        store.schemas().save(read.withPriority(7), Evidence.NONE, "ada");

        assertThatThrownBy(() -> store.schemas().save(read.withPriority(9), Evidence.NONE, "bob"))
                .isInstanceOf(StaleVersionException.class)
                .hasMessageContaining("public.orders to reporting is no longer at version 1");
        assertThatThrownBy(() -> store.schemas().save(usual("orders"), Evidence.NONE, "bob"))
                .isInstanceOf(StaleVersionException.class);
        assertThatThrownBy(() ->
                        store.schemas().save(usual("nothing").withVersion(3), Evidence.NONE, "bob"))
                .isInstanceOf(StaleVersionException.class);
        assertThat(store.schemas().all())
                .singleElement()
                .satisfies(it -> assertThat(it.schema().priority()).isEqualTo(7));
        assertThat(store.schemas().history(Key.of(read), Long.MAX_VALUE, 10))
                .extracting(it -> it.schema().version() + " " + it.schema().priority())
                .containsExactly("2 7", "1 1");
        assertThat(store.audit().entries("public.orders", Long.MAX_VALUE, 10))
                .hasSize(2)
                .first()
                .satisfies(it -> assertThat(it.before()).contains("\"priority\": 1,"))
                .satisfies(it -> assertThat(it.after()).contains("\"priority\": 7,"));
    }

    @Test
    void manyWritersAtOnceLoseNoIncrement() throws Exception {
        List<String> names = List.of("a", "b", "c");
        store.schemas()
                .saveAll(
                        names.stream()
                                .map(it -> new StoredSchema(usual(it), Evidence.NONE, "x"))
                                .toList(),
                        "setup");
        int writers = 6;
        int rounds = 15;
        List<Callable<Integer>> tasks = new ArrayList<>();
        for (int writer = 0; writer < writers; writer++) {
            String name = "writer " + writer;
            tasks.add(() -> raise(name, rounds));
        }

        int saved = 0;
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<Integer> each : executor.invokeAll(tasks)) {
                saved += each.get();
            }
        }

        int raised =
                store.schemas().all().stream().mapToInt(it -> it.schema().priority() - 1).sum();
        long versions =
                store.schemas().all().stream().mapToLong(it -> it.schema().version() - 1).sum();
        assertThat(raised).isEqualTo(saved);
        assertThat(versions).isEqualTo(saved);
        assertThat(saved).isGreaterThanOrEqualTo(rounds * names.size());
    }

    /** Raises the priority of all tables by one, as often; says how many raises were saved. */
    private int raise(String author, int rounds) {
        int saved = 0;
        for (int round = 0; round < rounds; round++) {
            List<StoredSchema> raised =
                    store.schemas().all().stream()
                            .map(it ->
                                    new StoredSchema(
                                            it.schema().withPriority(it.schema().priority() + 1),
                                            Evidence.NONE,
                                            author))
                            .toList();
            saved += raised.size() - store.schemas().saveAll(raised, author).size();
        }
        return saved;
    }

    @Test
    void everybodyWhoListensHearsOfAChangeWithinASecond() {
        ConcurrentLinkedQueue<Set<Kind>> heard = new ConcurrentLinkedQueue<>();
        store.listen(heard::add);
        await().until(() -> heard.contains(EnumSet.allOf(Kind.class)));
        heard.clear();

        try (MetadataStore elsewhere = new MetadataStore(this::connect, "main");
                MetadataStore foreign = new MetadataStore(this::connect, "other")) {
            elsewhere.start();
            foreign.start();
            foreign.rules().save(StoredRules.NONE, List.of(), "eve", NOW);
            elsewhere.schemas().save(usual("orders"), Evidence.NONE, "ada");
            await().atMost(Duration.ofSeconds(1))
                    .until(() ->
                            heard.contains(EnumSet.of(Kind.SCHEMAS, Kind.AUDIT))
                                    || heard.contains(Set.of(Kind.SCHEMAS)));
            SchemaOverride set = elsewhere.overrides().add(pause(NOW.plusSeconds(60)));
            elsewhere.overrides().end(set.number(), "ada", NOW.plusSeconds(1));
            elsewhere.tokens().create("ci", AccessToken.Role.VIEWER, "ada", NOW);
            await().atMost(Duration.ofSeconds(1))
                    .until(() -> heard.stream().anyMatch(it -> it.contains(Kind.TOKENS)));
        }

        assertThat(heard).noneMatch(it -> it.contains(Kind.RULES));
        assertThat(heard).anyMatch(it -> it.contains(Kind.OVERRIDES));
    }

    @Test
    void aLostConnectionIsListenedOnAnew() throws SQLException {
        AtomicInteger complete = new AtomicInteger();
        store.listen(changed -> {
            if (changed.equals(EnumSet.allOf(Kind.class))) {
                complete.incrementAndGet();
            }
        });
        await().until(() -> complete.get() == 1);

        databases.onDestination(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        + " WHERE datname = current_database() AND query LIKE 'LISTEN%'");

        await().until(() -> complete.get() >= 2);
    }

    private static SchemaOverride pause(@Nullable Instant until) {
        return new SchemaOverride(
                0, ODD, null, Pins.ofPause(), "a migration runs", "ada", NOW, until, null);
    }

    @Test
    void anOverrideEndsOnceAndByItsTime() {
        SchemaOverride first = store.overrides().add(pause(NOW.plusSeconds(60)));
        SchemaOverride second = store.overrides().add(pause(null));

        assertThat(store.overrides().open(NOW)).containsExactly(first, second);
        assertThat(store.overrides().open(NOW.plusSeconds(60))).containsExactly(second);
        store.overrides().end(second.number(), "bob", NOW.plusSeconds(5));
        assertThatThrownBy(() -> store.overrides().end(second.number(), "bob", NOW))
                .hasMessageContaining("has ended already");
        assertThatThrownBy(() -> store.overrides().end(first.number(), "bob", NOW.plusSeconds(61)))
                .hasMessageContaining("has ended already");
        assertThatThrownBy(() -> store.overrides().end(99, "bob", NOW))
                .isInstanceOf(TidetableException.class)
                .hasMessageContaining("no override 99");
        assertThat(store.audit().entries(ODD.toString(), Long.MAX_VALUE, 10))
                .extracting(it -> it.author() + ": " + it.action())
                .containsExactly("bob: override ended", "ada: override set", "ada: override set");
    }

    @Test
    void rulesAreSavedWholeOrNotAtAll() {
        ClassificationRule hot =
                new ClassificationRule(
                        "orders",
                        "table.startsWith(\"public.order\")",
                        Temperature.HOT,
                        null,
                        new Strategy.Full(Duration.ofMinutes(2)),
                        new Consistency.Key(4),
                        9,
                        Track.EXPRESS,
                        Objective.ofSeconds(2));
        StoredRules first = store.rules().save(StoredRules.NONE, List.of(hot), "ada", NOW);

        assertThatThrownBy(() -> store.rules().save(StoredRules.NONE, List.of(), "bob", NOW))
                .isInstanceOf(StaleVersionException.class);
        assertThat(store.rules().current()).isEqualTo(first);
        assertThat(store.rules().current().rules()).containsExactly(hot);
        assertThat(store.audit().entries("rules", Long.MAX_VALUE, 10)).hasSize(1);
    }

    @Test
    void ofATokenOnlyItsHashIsKept() throws SQLException {
        String token = store.tokens().create("ci", AccessToken.Role.OPERATOR, "ada", NOW);

        assertThat(store.tokens().find(token).orElseThrow().role())
                .isEqualTo(AccessToken.Role.OPERATOR);
        assertThat(store.tokens().find(token + "x")).isEmpty();
        assertThatThrownBy(() -> store.tokens().create("ci", AccessToken.Role.ADMIN, "ada", NOW))
                .hasMessageContaining("there is a token named 'ci' already");
        assertThatThrownBy(() -> store.tokens().create("a b", AccessToken.Role.ADMIN, "ada", NOW))
                .hasMessageContaining("a token's name takes");
        assertThat(everythingStored()).contains("ci").doesNotContain(token);
        store.tokens().revoke("ci", "ada", NOW);
        assertThat(store.tokens().find(token)).isEmpty();
        assertThatThrownBy(() -> store.tokens().revoke("ci", "ada", NOW))
                .hasMessageContaining("no token named 'ci'");
        assertThat(store.tokens().create("ci", AccessToken.Role.ADMIN, "ada", NOW))
                .isNotEqualTo(token);
    }

    private String everythingStored() throws SQLException {
        StringBuilder all = new StringBuilder();
        try (Connection connection = databases.connectDestination();
                Statement statement = connection.createStatement();
                ResultSet rows =
                        statement.executeQuery(
                                "SELECT schema_to_xml('tidetable', true, false, '')::text")) {
            while (rows.next()) {
                all.append(rows.getString(1));
            }
        }
        return all.toString();
    }

    /** Before there was a metadata store, the data plane kept its notes in the same schema. */
    @Test
    void aDestinationOfThePreviousReleaseKeepsItsNotes() throws Exception {
        try (DatabasePair older = Servers.freshPair();
                MetadataStore migrated =
                        new MetadataStore(purpose -> older.connectDestination(), "main")) {
            older.onDestination(state("0.1-without-metadata.sql"));

            migrated.start();
            migrated.schemas().save(usual("orders"), Evidence.NONE, "ada");

            try (Connection connection = older.connectDestination();
                    Statement statement = connection.createStatement();
                    ResultSet rows =
                            statement.executeQuery(
                                    "SELECT lane, lsn::text FROM tidetable.progress")) {
                assertThat(rows.next()).isTrue();
                assertThat(rows.getString(1) + " " + rows.getString(2))
                        .isEqualTo("public.orders 16/3002D50");
            }
            assertThat(migrated.schemas().all()).hasSize(1);
        }
    }

    private static String state(String name) throws IOException {
        try (InputStream sql = MetadataStoreTest.class.getResourceAsStream(name)) {
            return new String(Objects.requireNonNull(sql).readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void twoThatStartTogetherMigrateOnce() throws Exception {
        try (DatabasePair fresh = Servers.freshPair();
                ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<Object>> starts =
                    IntStream.range(0, 3)
                            .<Callable<Object>>mapToObj(it ->
                                    () -> {
                                        MetadataStore.migrate(_ -> fresh.connectDestination());
                                        return it;
                                    })
                            .toList();
            for (Future<Object> each : executor.invokeAll(starts)) {
                each.get();
            }
        }
    }

    @Test
    void aRoleThatMayNotCreateTablesIsToldSo() throws SQLException {
        databases.onDestination(
                "DO $$ BEGIN CREATE ROLE metadata_guest LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
                "DROP SCHEMA tidetable CASCADE");
        MetadataStore guest =
                new MetadataStore(
                        purpose -> {
                            Connection connection = databases.connectDestination();
                            try (Statement statement = connection.createStatement()) {
                                statement.execute("SET ROLE metadata_guest");
                            }
                            return connection;
                        },
                        "main");

        assertThatThrownBy(guest::start)
                .isInstanceOf(TidetableException.class)
                .hasMessageContaining("permission denied")
                .hasMessageContaining("may create the schema tidetable");
    }

    @Test
    void tenThousandSchemasTakeLongerThanAThousandInProportionOnly() {
        Duration thousand = savedAndRead("few", 1000);
        Duration tenThousand = savedAndRead("many", 10_000);

        System.out.println("1000 schemas: " + thousand + ", 10000 schemas: " + tenThousand);
        assertThat(tenThousand).isLessThan(thousand.multipliedBy(40));
    }

    private Duration savedAndRead(String pipeline, int count) {
        List<StoredSchema> schemas =
                IntStream.range(0, count)
                        .mapToObj(it -> new StoredSchema(usual("t" + it), Evidence.NONE, "x"))
                        .toList();
        try (MetadataStore own = new MetadataStore(this::connect, pipeline)) {
            own.start();
            long begin = System.nanoTime();
            assertThat(own.schemas().saveAll(schemas, "setup")).isEmpty();
            assertThat(own.schemas().all()).hasSize(count);
            return Duration.ofNanos(System.nanoTime() - begin);
        }
    }
}
