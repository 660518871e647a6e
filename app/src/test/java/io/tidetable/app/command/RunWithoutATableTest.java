package io.tidetable.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What commands make of a table that cannot be created at a destination. */
class RunWithoutATableTest {
    @TempDir Path folder;

    @Test
    void checkRefusesItAndRunReplicatesAllOthersBeforeItSaysSo() throws Exception {
        try (DatabasePair databases = Servers.freshPair()) {
            databases.onSource(
                    "CREATE TABLE orders (id int PRIMARY KEY)",
                    "CREATE TABLE clicks (id int PRIMARY KEY)",
                    "INSERT INTO orders SELECT g FROM generate_series(1, 1000) g");
            databases.onDestination("CREATE VIEW clicks AS SELECT 1 AS id");
            Path settings =
                    Files.writeString(
                            folder.resolve("tidetable.yaml"),
                            """
                            name: %s
                            source: {url: "%s"}
                            destinations: {reporting: {url: "%s"}}
                            tables: ["public.*"]
                            """
                                    .formatted(
                                            databases.sourceName(),
                                            databases.sourceUrl(),
                                            databases.destinationUrl()));

            CommandLineTest.Result check = CommandLineTest.run("check", "-c", "" + settings);
            assertThat(check.code()).isEqualTo(1);
            assertThat(check.err()).startsWith("TT-470 ");

            CommandLineTest.Result run =
                    CommandLineTest.run(
                            "run",
                            "--until-caught-up",
                            "--port",
                            "0",
                            "-c",
                            "" + settings,
                            "--data",
                            "" + folder.resolve("data"));
            assertThat(run.code()).isEqualTo(1);
            assertThat(run.err())
                    .contains("TT-403 public.clicks stopped: TT-415 ", "tidetable resume");

            CommandLineTest.Result verify =
                    CommandLineTest.run(
                            "verify", "-c", "" + settings, "--data", "" + folder.resolve("data"));
            assertThat(verify.code()).isEqualTo(1);
            assertThat(verify.err()).contains("1 of 2 tables differ or could not be compared");
            assertThat(verify.out()).contains("public.orders", "TT-415");
            try (var there = databases.connectDestination();
                    var statement = there.createStatement();
                    var row = statement.executeQuery("SELECT count(*) FROM orders")) {
                row.next();
                assertThat(row.getLong(1)).isEqualTo(1000);
            }
        }
    }
}
