package io.tidetable.app.wiring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidetable.control.api.ApiClient;
import io.tidetable.control.api.ControlClient;
import io.tidetable.control.store.MetadataStore;
import io.tidetable.model.DestinationId;
import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.schema.Pins;
import io.tidetable.model.schema.SchemaOverride;
import io.tidetable.model.schema.Strategy;
import io.tidetable.model.status.TableState;
import io.tidetable.model.status.TableStatus;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.testkit.ChildProcess;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import io.tidetable.testkit.WorkloadRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that is killed at any moment of a switch that an override asked for, or its end: after
 * the next start what is carried is what the control plane says, and no change is lost or doubled.
 */
@Tag("slow")
class OverrideKillTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int KILLED = 137;
    private static final String NAME = "public.tickets";
    private static final TableId TABLE = new TableId("public", "tickets");
    private static final DestinationId REPORTING = new DestinationId("reporting");
    private static final Map<String, Object> FUNCTIONAL =
            Map.of(
                    "kind",
                    "functional",
                    "functions",
                    List.of("desk"),
                    "columns",
                    List.of("status"));

    /** Every state of a switch once it is followed. */
    private static final List<FaultPoint> MOMENTS =
            List.of(
                    FaultPoint.STRATEGY_DECIDED,
                    FaultPoint.STRATEGY_RESOLVED,
                    FaultPoint.MERGE_WRITTEN,
                    FaultPoint.STRATEGY_MERGED,
                    FaultPoint.STRATEGY_SETTLED);

    private final DatabasePair databases = Servers.freshPair();

    @TempDir Path folder;

    @BeforeEach
    void writeSettings() throws IOException {
        Files.writeString(
                folder.resolve("settings.yaml"),
                """
                name: kills
                source: {url: "%s"}
                destinations: {reporting: {url: "%s", appliers: 3}}
                tables: [public.*]
                tuning: {heartbeat: 200ms, batch: 64kB}
                """
                        .formatted(databases.sourceUrl(), databases.destinationUrl()));
    }

    @AfterEach
    void dropDatabases() throws Exception {
        databases.close();
    }

    @Test
    void anOverrideIsCompletedAfterAKillInTheMiddleAndItsEndWhileNothingRunsIsFollowed()
            throws Exception {
        try (WorkloadRun load = load()) {
            awaitAsDeclared("delta");
            killAt(FaultPoint.STRATEGY_MERGED, client -> pin(client, FUNCTIONAL));
            awaitAsDeclared("functional");
            endWhileNothingRuns();
            finish(load);
        }
    }

    @Test
    @Tag("wide")
    void aSwitchThatIsKilledAtEachOfItsMomentsIsCompletedInBothDirections() throws Exception {
        try (WorkloadRun load = load()) {
            awaitAsDeclared("delta");
            for (FaultPoint moment : MOMENTS) {
                killAt(moment, client -> pin(client, FUNCTIONAL));
                awaitAsDeclared("functional");
                killAt(moment, OverrideKillTest::endAll);
                awaitAsDeclared("delta");
                if (moment != FaultPoint.MERGE_WRITTEN) {
                    for (String strategy : List.of("full", "sampling")) {
                        killAt(moment, client -> pin(client, strategy));
                        awaitAsDeclared(strategy);
                    }
                    killAt(moment, OverrideKillTest::endAll);
                    awaitAsDeclared("delta");
                }
            }
            finish(load);
        }
    }

    @Test
    @Tag("wide")
    void anOverrideThatIsSetOrWhoseTimeEndsWhileNothingRunsIsFollowedAtTheStart() throws Exception {
        try (WorkloadRun load = load()) {
            awaitAsDeclared("delta");
            setWhileNothingRuns(null);
            awaitAsDeclared("full");
            endWhileNothingRuns();
            awaitAsDeclared("delta");

            Instant until = Instant.now().plusSeconds(20);
            try (ChildProcess process = start();
                    ControlClient client = new ControlClient(url(process), "ada")) {
                client.override(NAME, null, Map.of("strategy", "full"), "for a while", until);
                awaitCarried(process, "full");
                process.kill();
            }
            await().atMost(LIMIT).until(() -> Instant.now().isAfter(until));
            awaitAsDeclared("delta");
            finish(load);
        }
    }

    private interface Request {
        void of(ControlClient client);
    }

    private static void pin(ControlClient client, Object strategy) {
        client.override(NAME, null, Map.of("strategy", strategy), "a kill", null);
    }

    private static void endAll(ControlClient client) {
        client.declare("{\"overrides\":[]}", client.declaration().tag());
    }

    private WorkloadRun load() throws Exception {
        Tickets tickets = new Tickets();
        try (Connection connection = databases.connectSource()) {
            tickets.create(connection);
        }
        return WorkloadRun.start(tickets, databases.sourceJdbcUrl(), 2, 21, 200);
    }

    /**
     * Kills a process at a moment of the switch that a request asks for. Where it comes to that
     * moment before the request is durable, by a merge that was owed, it is asked once more.
     */
    private void killAt(FaultPoint moment, Request request) {
        List<SchemaOverride> before = declared();
        do {
            try (ChildProcess process = start(moment.name())) {
                String url = url(process);
                process.send(OverrideProcess.ARM);
                process.awaitLine(OverrideProcess.ARMED, LIMIT);
                try (ControlClient client = new ControlClient(url, "ada")) {
                    request.of(client);
                } catch (TidetableException e) {
                    assertThat(e.code()).as("killed before it could answer").isEqualTo("TT-620");
                }
                assertThat(process.exitCode(LIMIT))
                        .as(() -> moment + " was not reached: " + process.output())
                        .isEqualTo(KILLED);
            }
        } while (declared().equals(before));
    }

    private List<SchemaOverride> declared() {
        try (MetadataStore store = metadata()) {
            return store.overrides().open(Instant.now());
        }
    }

    private MetadataStore metadata() {
        MetadataStore store = new MetadataStore(_ -> databases.connectDestination(), "kills");
        store.start();
        return store;
    }

    /** The next start brings by itself what is declared. */
    private void awaitAsDeclared(String strategy) {
        try (ChildProcess process = start()) {
            awaitCarried(process, strategy);
            try (ControlClient client = new ControlClient(url(process), "ada")) {
                assertThat(client.schemas(null).rows("replication_schemas", "schema.strategy.kind"))
                        .containsExactly(List.of(strategy));
            }
            process.kill();
        }
    }

    private static void awaitCarried(ChildProcess process, String strategy) {
        try (ApiClient pipeline = new ApiClient(url(process))) {
            await().atMost(LIMIT)
                    .until(() -> {
                        TableStatus table =
                                pipeline.status().destinations().getFirst().tables().getFirst();
                        return table.strategy().strategy().label().equals(strategy)
                                && table.strategy().next() == null
                                && table.state() == TableState.STREAMING;
                    });
        }
    }

    private void setWhileNothingRuns(@Nullable Instant until) throws Exception {
        try (MetadataStore store = metadata()) {
            store.overrides()
                    .add(
                            new SchemaOverride(
                                    0,
                                    TABLE,
                                    null,
                                    new Pins(
                                            new Strategy.Full(Duration.ofHours(1)),
                                            null,
                                            null,
                                            null,
                                            null,
                                            false),
                                    "elsewhere",
                                    "bob",
                                    Instant.now(),
                                    until,
                                    null));
        }
    }

    private void endWhileNothingRuns() throws Exception {
        try (MetadataStore store = metadata()) {
            for (SchemaOverride each : store.overrides().open(Instant.now())) {
                store.overrides().end(each.number(), "bob", Instant.now());
            }
        }
    }

    private void finish(WorkloadRun load) throws Exception {
        try (ChildProcess process = start();
                ControlClient client = new ControlClient(url(process), "ada");
                ApiClient pipeline = new ApiClient(url(process))) {
            endAll(client);
            awaitCarried(process, "delta");
            load.stop();
            Lsn position = pipeline.sourcePosition();
            assertThat(pipeline.awaitComplete(REPORTING, Set.of(), position, LIMIT)).isTrue();
        }
        databases.comparer().assertEqual();
    }

    private static String url(ChildProcess process) {
        String line = process.awaitLine("serves ", LIMIT);
        return line.substring(line.indexOf("http"));
    }

    private ChildProcess start(String... fault) {
        return ChildProcess.of(OverrideProcess.class)
                .heap("512m")
                .arguments(
                        folder.resolve("settings.yaml").toString(),
                        folder.resolve("data").toString())
                .arguments(fault)
                .start();
    }
}
