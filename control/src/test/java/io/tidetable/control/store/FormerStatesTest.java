package io.tidetable.control.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.control.document.FunctionDocument;
import io.tidetable.control.store.AccessToken.Role;
import io.tidetable.model.Consistency;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
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
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Metadata stores as former versions left them, with rows of every kind, are read after the
 * migration as if they had been written now. The states are kept as they were, never written anew.
 */
class FormerStatesTest {
    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.678Z");
    private static final Instant LATER = NOW.plusSeconds(3600);
    private static final DestinationId REPORTING = new DestinationId("reporting");
    private static final Pins PRIORITY = new Pins(null, null, 50, null, null, false);

    /** What was told when the token of the kept states was made. */
    private static final String TOKEN = "tidetable_TOKEN";

    private final DatabasePair databases = Servers.freshPair();
    private final MetadataStore store =
            new MetadataStore(_ -> databases.connectDestination(), "main");

    @AfterEach
    void close() throws SQLException {
        store.close();
        databases.close();
    }

    /** Everything that is read of a store, but what is made by chance. */
    private record Contents(
            List<StoredSchema> schemas,
            List<StoredSchema> versions,
            StoredRules rules,
            List<SchemaOverride> overrides,
            List<AccessToken> tokens,
            List<AuditEntry> audit) {
        static Contents of(MetadataStore store) {
            return new Contents(
                    store.schemas().all(),
                    store.schemas()
                            .history(new Key(table("orders"), REPORTING), Long.MAX_VALUE, 10),
                    store.rules().current(),
                    store.overrides().all(Long.MAX_VALUE, 10),
                    store.tokens().all(),
                    store.audit().entries(null, Long.MAX_VALUE, 100));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.1-before-functions.sql", "0.1-with-functions.sql"})
    void whatAFormerVersionKeptIsReadAsIfItHadBeenWrittenNow(String state) throws Exception {
        databases.onDestination(state(state));
        store.start();
        Contents migrated = Contents.of(store);
        boolean functions = state.contains("with-functions");

        assertThat(store.tokens().find(TOKEN).map(AccessToken::role)).contains(Role.OPERATOR);
        assertThat(store.functions().all()).hasSize(functions ? 1 : 0);
        try (DatabasePair fresh = Servers.freshPair();
                MetadataStore now = new MetadataStore(_ -> fresh.connectDestination(), "main")) {
            now.start();
            fill(now);
            if (functions) {
                declareFunctions(now);
                assertThat(store.functions().all()).isEqualTo(now.functions().all());
            }
            assertThat(migrated).isEqualTo(Contents.of(now));
        }
    }

    @Test
    void whatAFormerVersionKeptIsGoneOnWith() throws Exception {
        databases.onDestination(state("0.1-before-functions.sql"));
        store.start();
        ReplicationSchema orders =
                store.schemas()
                        .newest(List.of(new Key(table("orders"), REPORTING)))
                        .getFirst()
                        .schema();

        assertThat(store.schemas().save(orders.withPriority(5), Evidence.NONE, "ada").version())
                .isEqualTo(orders.version() + 1);
        store.rules().save(store.rules().current(), List.of(), "ada", LATER);
        assertThat(store.overrides().end(2, "ada", NOW.plusSeconds(90)).endedAt())
                .isEqualTo(NOW.plusSeconds(90));
        store.tokens().revoke("grafana", "ada", LATER);
        assertThat(store.tokens().find(TOKEN)).isEmpty();
        declareFunctions(store);
        assertThat(store.functions().all()).hasSize(1);
    }

    private static String state(String name) throws IOException {
        try (InputStream sql = FormerStatesTest.class.getResourceAsStream(name)) {
            return new String(Objects.requireNonNull(sql).readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static TableId table(String name) {
        return new TableId("public", name);
    }

    private static ReplicationSchema schema(
            TableId table, Strategy strategy, Consistency consistency, Sharding sharding) {
        return new ReplicationSchema(
                table,
                REPORTING,
                0,
                new Classification(Temperature.HOT, ChangeFrequency.HIGH),
                strategy,
                consistency,
                17,
                Track.EXPRESS,
                sharding,
                new TreeMap<>(Map.of("0", 2.5)),
                Objective.ofSeconds(0.5),
                Origin.RULE,
                "rule \"orders\" says so; it's\nhot",
                NOW);
    }

    private static SchemaOverride override(Pins pins, @Nullable DestinationId destination) {
        return new SchemaOverride(
                0, table("orders"), destination, pins, "it's a sale", "ada", NOW, LATER, null);
    }

    /** Rows of every kind that the first version knew, with every variant of them. */
    private static void fill(MetadataStore store) {
        Evidence evidence =
                new Evidence(
                        "orders",
                        new TreeMap<>(Map.of("reads_per_second", 12.5, "rows", 1e9)),
                        List.of("read 12.5 times a second"));
        Map<TableId, ReplicationSchema> schemas = new TreeMap<>();
        for (ReplicationSchema each :
                List.of(
                        schema(
                                table("orders"),
                                new Strategy.PrioritizedDelta(),
                                new Consistency.Table(),
                                new Sharding.Unsharded()),
                        schema(
                                table("bookings"),
                                new Strategy.Full(Duration.ofMillis(1500)),
                                new Consistency.Table(),
                                new Sharding.ByPartition()),
                        schema(
                                table("items"),
                                new Strategy.PrioritizedDelta(),
                                new Consistency.Group("checkout"),
                                new Sharding.Unsharded()),
                        schema(
                                table("ledger"),
                                new Strategy.PrioritizedDelta(),
                                new Consistency.Strict(),
                                new Sharding.Unsharded()),
                        schema(
                                table("clicks"),
                                Strategy.Sampling.USUAL,
                                new Consistency.Key(8),
                                new Sharding.ByKeyHash(4)),
                        schema(
                                new TableId("Odd \"Schema", "a'b\\ü"),
                                new Strategy.Functional(
                                        List.of("checkout"),
                                        List.of("b", "a \"x\""),
                                        "a > 'it''s'"),
                                new Consistency.Table(),
                                new Sharding.ByKeyRange(List.of("10", "it's"))))) {
            schemas.put(each.table(), store.schemas().save(each, evidence, "ada"));
        }
        store.schemas()
                .save(
                        Objects.requireNonNull(schemas.get(table("orders")))
                                .withStrategy(Strategy.Sampling.USUAL)
                                .decided(Origin.PLANNER, "a forecast", LATER),
                        Evidence.NONE,
                        "planner");
        store.rules()
                .save(
                        StoredRules.NONE,
                        List.of(
                                new ClassificationRule(
                                        "orders",
                                        "table == 'public.orders' && rows > 5",
                                        Temperature.HOT,
                                        ChangeFrequency.LOW,
                                        new Strategy.Full(Duration.ofHours(1)),
                                        new Consistency.Key(2),
                                        20,
                                        Track.BULK,
                                        Objective.ofSeconds(1.5)),
                                new ClassificationRule(
                                        "all", "true", null, null, null, null, 3, null, null)),
                        "ada",
                        NOW);
        store.overrides().add(override(PRIORITY, null));
        store.overrides()
                .add(
                        override(
                                new Pins(
                                        Strategy.Sampling.USUAL,
                                        new Consistency.Key(2),
                                        null,
                                        Track.BULK,
                                        new Sharding.ByKeyHash(2),
                                        true),
                                REPORTING));
        store.overrides().end(1, "bob", NOW.plusSeconds(60));
        store.tokens().create("grafana", Role.OPERATOR, "ada", NOW);
        store.tokens().create("old", Role.ADMIN, "ada", NOW);
        store.tokens().revoke("old", "bob", LATER);
    }

    /** What came next. */
    private static void declareFunctions(MetadataStore store) {
        store.functions()
                .save(
                        "ratings",
                        0,
                        new FunctionDocument(
                                Map.of(
                                        "public.orders",
                                        new FunctionDocument.Need(List.of("id"), "id > 1")),
                                List.of("SELECT id FROM public.orders"),
                                new FunctionDocument.Statements("desk", "it's")),
                        "ada",
                        NOW);
        store.functions()
                .save("gone", 0, new FunctionDocument(null, List.of("SELECT 1"), null), "ada", NOW);
        store.functions().save("gone", 1, null, "bob", LATER);
    }
}
