package io.tidetable.app.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidetable.app.wiring.OrdersPipeline;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Commands by which a running pipeline's control plane is looked at and steered. */
class ControlCommandsTest {
    @TempDir Path folder;

    @SuppressWarnings("NullAway.Init")
    private OrdersPipeline orders;

    @BeforeEach
    void start() throws Exception {
        orders = OrdersPipeline.started(folder);
    }

    @AfterEach
    void stop() throws Exception {
        orders.close();
    }

    @Test
    void anOverrideIsSetExplainedAndEnded() {
        assertThat(
                        done(
                                "override",
                                "set",
                                "orders",
                                "--priority",
                                "77",
                                "--reason",
                                "the sale begins",
                                "--author",
                                "ada"))
                .isNotEmpty();

        assertThat(done("schemas")).contains("public.orders").contains(" 77 ");
        assertThat(done("explain", "orders"))
                .contains("priority 77")
                .contains("by ada pins priority 77 until it is ended: the sale begins");
        done("override", "end", "1");
        assertThat(done("explain", "orders")).contains("priority 3").doesNotContain("priority 77");
        assertThat(done("audit")).contains("ada").contains("override set");
    }

    @Test
    void shardsThatAreSetChangeTheLanesOfATableThatIsWrittenToAndTheirEndBringsThemBack()
            throws Exception {
        await().atMost(Duration.ofMinutes(1))
                .untilAsserted(() -> assertThat(done("tables")).contains("streaming"));
        assertThat(failed(override("--shards", "4")))
                .contains("TT-639")
                .contains("has table; pin consistency key(4) as well");
        AtomicBoolean writing = new AtomicBoolean(true);
        AtomicInteger written = new AtomicInteger();
        Thread writer = Thread.ofPlatform().start(() -> write(writing, written));

        done(override("--consistency", "key(2)", "--shards", "5"));
        awaitLanes("spread over 5 lanes by key", written);
        done(override("--shards", "3"));
        awaitLanes("spread over 3 lanes by key", written);
        done("override", "end", "2");
        awaitLanes("spread over 5 lanes by key", written);
        done("override", "end", "1");
        await().atMost(Duration.ofMinutes(1))
                .until(() -> !done("explain", "orders").contains("lanes"));
        assertThat(lanes()).isEqualTo(1);
        writing.set(false);
        writer.join();

        assertThat(done("wait", "--table", "orders", "--position", "now")).isNotNull();
        orders.databases().comparer().assertEqual();
    }

    private static String[] override(String... pins) {
        List<String> all = new ArrayList<>(List.of("override", "set", "orders", "--reason", "r"));
        all.addAll(List.of(pins));
        return all.toArray(String[]::new);
    }

    private void awaitLanes(String sentence, AtomicInteger written) {
        await().atMost(Duration.ofMinutes(1))
                .until(() -> done("explain", "orders").contains(sentence));
        int before = written.get();
        await().atMost(Duration.ofMinutes(1)).until(() -> written.get() > before + 20);
    }

    private void write(AtomicBoolean writing, AtomicInteger written) {
        Random chance = new Random(5);
        while (writing.get()) {
            int id = chance.nextInt(200);
            try {
                orders.databases()
                        .onSource(
                                "INSERT INTO orders VALUES (%d, 'x') ON CONFLICT (id) DO UPDATE SET note = 'n' || %d"
                                        .formatted(id, written.incrementAndGet()),
                                "DELETE FROM orders WHERE id = %d".formatted(chance.nextInt(200)));
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private long lanes() throws SQLException {
        try (Connection connection = orders.databases().connectDestination();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*) FROM tidetable.progress")) {
            row.next();
            return row.getLong(1);
        }
    }

    @Test
    void rulesAreRefusedTriedAndAppliedAndATableGoesBackToWhatItWas() throws Exception {
        Path wrong = file("wrong.yaml", "rules:\n  - {name: big, when: rwos > 10, priority: 40}\n");
        assertThat(failed("rules", "test", "-f", wrong.toString()))
                .contains("rule 'big'")
                .contains("column 1")
                .contains("did you mean 'rows'?");

        Path rules =
                file(
                        "rules.yaml",
                        "rules:\n  - {name: all, when: 'true', track: express, priority: 40}\n");
        assertThat(done("rules", "test", "-f", rules.toString())).contains("all");
        assertThat(done("schemas")).doesNotContain(" 40 ");
        done("rules", "apply", "-f", rules.toString());
        assertThat(done("schemas")).contains(" 40 ");
        assertThat(done("explain", "orders"))
                .contains("It rides the bulk track; it goes to express by itself")
                .contains("'tidetable track public.orders express' moves it at once.");

        done("schemas", "orders", "--back-to", "1", "--reason", "too much");
        assertThat(done("schemas")).doesNotContain(" 40 ");
        assertThat(done("schemas", "orders")).contains("back to version 1: too much");
    }

    @Test
    void aDeclarationIsShownAndThenAppliedOnce() throws Exception {
        Path declared =
                file(
                        "declared.yaml",
                        """
                        overrides:
                          - {table: public.orders, pins: {priority: 61}, reason: the sale begins}
                        """);

        assertThat(done("apply", "-f", declared.toString(), "--dry-run")).contains("61");
        assertThat(done("schemas")).doesNotContain(" 61 ");
        done("apply", "-f", declared.toString());
        assertThat(done("schemas")).contains(" 61 ");
        done("apply", "-f", declared.toString());
        assertThat(done("override", "list").lines().filter(it -> it.contains("61"))).hasSize(1);
    }

    @Test
    void tablesAndTheirFirstCopiesAreListed() {
        await().atMost(Duration.ofMinutes(1))
                .untilAsserted(() -> assertThat(done("tables")).contains("streaming"));

        assertThat(done("tables")).contains("warm/").contains("delta");
        assertThat(done("table", "orders"))
                .contains("class          warm")
                .contains("rows there     live");
        assertThat(done("manifests")).contains("public.orders").contains("done").contains("50");
        assertThat(done("manifests", "--open")).doesNotContain("public.orders");
        assertThat(done("manifests", "orders")).contains("true").contains("50");
        assertThat(done("manifests", "-o", "json")).startsWith("{\"manifests\":[{");
    }

    private Path file(String name, String text) throws Exception {
        return Files.writeString(folder.resolve(name), text);
    }

    private String done(String... arguments) {
        Outcome outcome = run(arguments);
        assertThat(outcome.code()).as(outcome::told).isEqualTo(CommandOutcome.DONE);
        return outcome.told();
    }

    private String failed(String... arguments) {
        Outcome outcome = run(arguments);
        assertThat(outcome.code()).as(outcome::told).isEqualTo(CommandOutcome.FAILED);
        return outcome.told();
    }

    private record Outcome(int code, String told) {}

    private Outcome run(String... arguments) {
        StringWriter told = new StringWriter();
        CommandLine line =
                TidetableCommand.commandLine(new Surroundings(_ -> null, new StopSignal(_ -> {})));
        line.setOut(new PrintWriter(told, true));
        line.setErr(new PrintWriter(told, true));
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--url", orders.url()));
        return new Outcome(line.execute(all.toArray(String[]::new)), told.toString());
    }
}
