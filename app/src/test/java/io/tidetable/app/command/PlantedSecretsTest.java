package io.tidetable.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.app.Main;
import io.tidetable.embedded.PostgresServer;
import io.tidetable.testkit.ChildProcess;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** Secrets are given wherever they can be given, and looked for wherever anything is written. */
@Tag("slow")
class PlantedSecretsTest {
    private static final Duration LIMIT = Duration.ofSeconds(90);

    private static final String IN_URL = "zebra!source?1";
    private static final String ENCODED = "zebra%21source%3F1";
    private static final String IN_KEY = "okapi-destination-2";
    private static final String IN_METADATA = "gnu-metadata-3";

    @TempDir Path folder;

    private final Map<String, String> seen = new LinkedHashMap<>();
    private final List<String> secrets =
            new ArrayList<>(List.of(IN_URL, ENCODED, IN_KEY, IN_METADATA));

    private void see(String where, String text) {
        seen.merge(where, text, (a, b) -> a + "\n" + b);
    }

    @Test
    void noSecretIsInALogAnErrorAnAnswerAMetadataRowTheJournalOrAFile() throws Exception {
        try (PostgresServer server = PostgresServer.start()) {
            for (String database : List.of("src", "dst", "meta")) {
                server.createDatabase(database);
            }
            requirePasswords(server);
            execute(server, "src", "CREATE TABLE orders (id int PRIMARY KEY, note text)");
            execute(
                    server,
                    "src",
                    "INSERT INTO orders SELECT g, 'n' FROM generate_series(1, 50) g");
            Path settings = folder.resolve("settings.yaml");
            Files.writeString(settings, settings(server));
            Path data = folder.resolve("data");

            StringWriter told = new StringWriter();
            assertThat(run(told, "token", "create", "root", "--role", "admin", "-c", "" + settings))
                    .as(told::toString)
                    .isZero();
            String token = told.toString().strip();
            secrets.add(token);
            try (ChildProcess process =
                    ChildProcess.of(Main.class)
                            .arguments("run", "-c", "" + settings, "--data", "" + data, "--debug")
                            .start()) {
                String line = process.awaitLine("is up: ", LIMIT);
                String url = line.replaceAll(".* is up: (\\S+), .*", "$1");
                answers(url, token);
                execute(server, "src", "UPDATE orders SET note = 'm'");
                answers(url, token);
                execute(server, "postgres", "ALTER ROLE planted_destination PASSWORD 'other'");
                execute(
                        server,
                        "postgres",
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename ="
                                + " 'planted_destination'");
                process.awaitLine("password authentication failed", LIMIT);
                answers(url, token);
                process.terminate();
                process.exitCode(LIMIT);
                see("the log", String.join("\n", process.output()));
            }
            execute(server, "postgres", "ALTER ROLE planted_source PASSWORD 'other'");
            for (String command : List.of("check", "run", "verify", "wait", "token list")) {
                commands(
                        command
                                + " -c "
                                + settings
                                + (command.startsWith("token") ? "" : " --data " + data));
            }
            for (String database : List.of("src", "dst", "meta")) {
                rows(server, database);
            }
        }
        wrongSettings();
        files(folder.resolve("data"));
        assertThat(seen.get("the log")).contains("streams");
        assertThat(seen.get("rows of meta")).contains("access_token", "replication_schema");
        seen.forEach((where, text) -> {
            for (String secret : secrets) {
                int at = text.indexOf(secret);
                assertThat(at)
                        .as(
                                "%s has a secret: %s",
                                where,
                                at < 0
                                        ? ""
                                        : text.substring(
                                                Math.max(0, at - 200),
                                                Math.min(text.length(), at + 50)))
                        .isNegative();
            }
        });
    }

    private static void requirePasswords(PostgresServer server) throws SQLException, IOException {
        Path rules = server.data().resolve("pg_hba.conf");
        String usual = Files.readString(rules);
        Files.writeString(
                rules,
                "host all planted_source,planted_destination,planted_metadata 127.0.0.1/32"
                        + " scram-sha-256\n"
                        + usual,
                StandardOpenOption.TRUNCATE_EXISTING);
        execute(server, "postgres", "SELECT pg_reload_conf()");
        Map<String, String> roles =
                Map.of(
                        "planted_source", IN_URL,
                        "planted_destination", IN_KEY,
                        "planted_metadata", IN_METADATA);
        for (Map.Entry<String, String> role : roles.entrySet()) {
            execute(
                    server,
                    "postgres",
                    "CREATE ROLE %s LOGIN SUPERUSER PASSWORD '%s'"
                            .formatted(role.getKey(), role.getValue()));
        }
    }

    private static String settings(PostgresServer server) {
        return """
        source: {url: "postgresql://planted_source:%s@127.0.0.1:%d/src"}
        destinations:
          reporting: {url: "postgresql://planted_destination@127.0.0.1:%d/dst", password: "%s"}
        metadata: {url: "postgresql://planted_metadata@127.0.0.1:%d/meta", password: "%s"}
        tables: ["public.*"]
        api: {port: 0, tokens: true}
        log: {level: debug}
        """
                .formatted(
                        ENCODED, server.port(), server.port(), IN_KEY, server.port(), IN_METADATA);
    }

    private static void execute(PostgresServer server, String database, String sql)
            throws SQLException {
        try (Connection connection = server.connect(database);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Whatever can be asked of the running pipeline, and what it refuses. */
    private void answers(String url, String token) throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            JsonNode contract =
                    new YAMLMapper()
                            .readTree(
                                    http.send(
                                                    HttpRequest.newBuilder(
                                                                    URI.create(
                                                                            url + "/openapi.yaml"))
                                                            .build(),
                                                    HttpResponse.BodyHandlers.ofString())
                                            .body());
            for (Map.Entry<String, JsonNode> path : contract.get("paths").properties()) {
                for (String method : path.getValue().propertyNames()) {
                    String filled =
                            path.getKey()
                                    .replace("{name}", "orders")
                                    .replace("{track}", "bulk")
                                    .replace("{number}", "9");
                    if (!filled.equals("/events") && !filled.endsWith("/pause")) {
                        see(
                                "answers",
                                send(
                                        http,
                                        url,
                                        method.toUpperCase(java.util.Locale.ROOT),
                                        filled,
                                        token));
                        see(
                                "answers",
                                send(
                                        http,
                                        url,
                                        method.toUpperCase(java.util.Locale.ROOT),
                                        filled,
                                        null));
                    }
                }
            }
        }
    }

    private static String send(
            HttpClient http,
            String url,
            String method,
            String path,
            @org.jspecify.annotations.Nullable String token)
            throws IOException, InterruptedException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(url + path))
                        .timeout(LIMIT)
                        .method(method, HttpRequest.BodyPublishers.noBody());
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        HttpResponse<String> answer =
                http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        return answer.headers().map() + answer.body();
    }

    private static int run(StringWriter output, String... arguments) {
        StopSignal stop = new StopSignal(_ -> {});
        CommandLine command =
                TidetableCommand.commandLine(new Surroundings(_ -> null, stop))
                        .setOut(new PrintWriter(output))
                        .setErr(new PrintWriter(output));
        return command.execute(arguments);
    }

    private void commands(String line) {
        StringWriter output = new StringWriter();
        int code = run(output, (line + " --debug").split(" "));
        see("command " + line.replaceAll(" /\\S+", ""), output + " " + code);
        assertThat(output.toString()).as(line).isNotBlank();
    }

    /** Mistakes beside a secret. */
    private void wrongSettings() throws IOException {
        List<String> sources =
                List.of(
                        "{url: \"postgresql://u:%s@h:port/db\"}",
                        "{url: \"postgresql:/u:%s@h/db\"}",
                        "{url: \"jdbc:oracle:thin:u/%s@h\"}",
                        "{url: \"postgresql://u:%s@h\"}",
                        "{url: \"postgresql://u:%s@h/d?x=y\"}",
                        "{url: \"postgresql://u:%s@h/d?sslmode=maybe\"}",
                        "{url: \"postgresql://u:%s%%zz@h/d\"}",
                        "{url: \"postgresql://u:a@h/d\", password: \"%s\"}",
                        "{url: \"postgresql://u@h/d\", password: [\"%s\"]}",
                        "{url: \"postgresql://u@h/d\", password: {of: \"%s\"}}",
                        "{url: \"postgresql://u@h/d\", pasword: \"%s\"}",
                        "{url: \"postgresql://u@h/d\", password: \"%s\", password: \"%1$s\"}",
                        "{url: \"postgresql://u@h/d\", password: \"%s}",
                        "{url: \"postgresql://u@h/d\", password: ${env:%s}}",
                        "\"postgresql://u:%s@h/d\"",
                        "[\"postgresql://u:%s@h/d\"]",
                        "{url: \"postgresql://u@h/d\", password: '%s'\n\t}",
                        "{url: \"postgresql://u:%s@127.0.0.1:1/d\"}");
        Path file = folder.resolve("wrong.yaml");
        for (String source : sources) {
            Files.writeString(
                    file,
                    "source: "
                            + source.formatted(IN_KEY)
                            + "\ndestinations: {a: {url: \"postgresql://u@127.0.0.1:1/d\"}}\ntables:"
                            + " [\"public.*\"]\n");
            // A name of an environment variable is said, since it is none of the secret.
            if (!source.contains("env:")) {
                commands("check -c " + file);
            }
        }
    }

    /** Every row of every table of ours, as text. */
    private void rows(PostgresServer server, String database) throws SQLException {
        try (Connection connection = server.connect(database);
                Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery(
                                "SELECT relname || query_to_xml(format('SELECT t::text FROM"
                                        + " tidetable.%I t', relname), true, false, '')::text FROM"
                                        + " pg_class WHERE relnamespace = to_regnamespace('tidetable')"
                                        + " AND relkind = 'r'")) {
            while (row.next()) {
                see("rows of " + database, row.getString(1));
            }
        }
    }

    private void files(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                see(
                        "file " + directory.relativize(file),
                        new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
            }
        }
        assertThat(seen.keySet()).anyMatch(it -> it.startsWith("file journal"));
    }
}
