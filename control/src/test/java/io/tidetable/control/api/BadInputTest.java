package io.tidetable.control.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.control.plane.ControlPlane;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * Whatever is sent, to whichever route: a clear problem, nothing of the program, nothing changed.
 */
class BadInputTest {
    private static final List<String> BODIES =
            List.of(
                    "{",
                    "[]",
                    "null",
                    "7",
                    "\"text\"",
                    "{\"nobody_knows\":1}",
                    "{\"rules\":{},\"table\":[],\"pins\":7,\"reason\":{},\"version\":\"x\",\"name\":[],\"role\":{},\"tables\":\"x\"}",
                    "{\"table\":\"orders\",\"pins\":{\"priority\":5.5},\"reason\":\"r\"}",
                    "{\"table\":\"orders\",\"pins\":{\"priority\":5},\"reason\":\"a\\u0000b\"}",
                    "{\"table\":\"orders\",\"pins\":{\"priority\":5},\"reason\":\"r\",\"until\":\"+999999999-01-01T00:00:00Z\"}",
                    "{\"table\":\"orders\",\"pins\":{\"priority\":5},\"reason\":\"r\",\"until\":1e300}",
                    "{\"table\":\"orders\",\"pins\":{\"sharding\":{\"by\":\"key_hash\",\"shards\":2147483648}},\"reason\":\"r\"}",
                    "{\"table\":\"orders\",\"pins\":{\"strategy\":{\"kind\":\"full\",\"cadence\":\"often\"}},\"reason\":\"r\"}",
                    "{\"table\":\"orders\",\"pins\":{\"strategy\":{\"kind\":\"full\",\"cadence\":\"auto\",\"cadence_seconds\":5}},\"reason\":\"r\"}",
                    "{\"rules\":[{\"name\":\"a\\u0000\",\"when\":\"true\",\"temperature\":\"hot\"}]}",
                    "{\"rules\":[{\"name\":\"a\",\"when\":\""
                            + "(".repeat(3_000)
                            + "\",\"temperature\":\"hot\"}]}",
                    "{\"tables\":{\"public.orders\":null}}",
                    "{\"tables\":{\"public.orders\":{\"rows\":\"" + "(".repeat(5_000) + "\"}}}",
                    "{\"queries\":[\"SELECT \\u0000 FROM orders\"]}",
                    "{\"queries\":[null]}",
                    "{\"statements\":{}}",
                    "{\"version\":-1,\"reason\":\"\"}",
                    "{\"version\":99999999999999999999,\"reason\":\"r\"}",
                    "{\"rules\":[{\"name\":\"a\",\"when\":\"'); DROP TABLE tidetable.audit; --\",\"temperature\":\"hot\"}]}",
                    "{\"rules\":[null]}",
                    "{\"table\":\"orders\",\"pins\":{\"priority\":-5},\"reason\":\"r\"}",
                    "{\"table\":\"orders\",\"pins\":{\"priority\":5},\"reason\":\"r\",\"until\":\"tomorrow\"}",
                    "{\"table\":\"x'; DROP TABLE orders; --\",\"pins\":{\"priority\":5},\"reason\":\"r\"}",
                    "{\"name\":\"'; DROP TABLE tidetable.access_token; --\",\"role\":\"admin\"}",
                    "{\"name\":\"a\",\"role\":\"admin\",\"role\":\"viewer\",\"more\":1}",
                    "{\"tables\":[\"nowhere.nothing\"],\"destination\":\"reporting\"}",
                    "{\"destination\":\"nowhere\",\"tables\":[]}",
                    "[".repeat(5_000),
                    "\u0000\u0001");

    private static final List<String> NAMES =
            List.of(
                    "nothing",
                    "public.orders'; DROP TABLE orders; --",
                    "\"",
                    "%",
                    "..",
                    "a/b",
                    "\u0000",
                    "x".repeat(2_000),
                    "-1",
                    "\uD83D\uDE00");

    private static final List<String> QUERIES =
            List.of(
                    "limit=-1",
                    "limit=abc",
                    "limit=99999999999",
                    "before=x",
                    "after=%00",
                    "subject=%00",
                    "table=%00",
                    "state=%27",
                    "limit=1&limit=x",
                    "destination=nowhere",
                    "destination=%27%3B%20DROP%20TABLE%20orders",
                    "position=soon",
                    "timeout_ms=-1",
                    "table=nothing");

    private final DatabasePair databases = Servers.freshPair();
    private final ControlPlane control = ControlOfTwoServers.of(databases);
    private final RecordedPipeline pipeline = new RecordedPipeline();
    private final ApiServer server = new ApiServer(pipeline, control, Listening.at("127.0.0.1", 0));
    private final HttpClient http = HttpClient.newHttpClient();

    @BeforeEach
    void start() throws SQLException {
        databases.onSource("CREATE TABLE orders (id bigint PRIMARY KEY)");
        control.start();
        server.start();
    }

    @AfterEach
    void stop() throws SQLException {
        http.shutdownNow();
        server.close();
        control.close();
        databases.close();
    }

    private record Operation(String method, String path, boolean takesBody) {}

    private List<Operation> operations() throws Exception {
        JsonNode contract =
                new YAMLMapper().readTree(send("GET", "/openapi.yaml", "", null).body());
        List<Operation> operations = new ArrayList<>();
        contract.get("paths")
                .properties()
                .forEach(path ->
                        path.getValue()
                                .properties()
                                .forEach(it ->
                                        operations.add(
                                                new Operation(
                                                        it.getKey()
                                                                .toUpperCase(java.util.Locale.ROOT),
                                                        path.getKey(),
                                                        it.getValue().has("requestBody")))));
        return operations;
    }

    private HttpResponse<String> send(
            String method, String path, String body, @Nullable String ifMatch)
            throws IOException, InterruptedException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(server.url() + path))
                        .timeout(Duration.ofSeconds(30))
                        .method(method, HttpRequest.BodyPublishers.ofString(body));
        if (ifMatch != null) {
            request.header("If-Match", ifMatch);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** An error that says what is wrong, in the one form, and nothing of the program's inside. */
    private static void requireClear(String what, HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as("%s: %s", what, answer.body()).isBetween(400, 431);
        assertThat(answer.headers().firstValue("Content-Type").orElse(""))
                .as("%s: %s", what, answer.body())
                .startsWith("application/problem+json");
        JsonNode problem = Json.MAPPER.readTree(answer.body());
        assertThat(problem.path("code").asString("")).as("%s", what).matches("TT-\\d{3}");
        assertThat(problem.path("status").asInt(0)).isEqualTo(answer.statusCode());
        assertThat(problem.path("detail").asString(""))
                .as("%s", what)
                .isNotBlank()
                .doesNotContain("\tat ")
                .doesNotContain("Exception")
                .doesNotContain("io.tidetable")
                .doesNotContain("tools.jackson")
                .doesNotContain("org.postgresql");
    }

    @Test
    void whateverTheBodyItIsRefusedClearlyAndNothingChanges() throws Exception {
        String before = everythingKept();
        List<String> huge = List.of("{\"reason\":\"" + "x".repeat(2 << 20) + "\"}");
        int asked = 0;
        for (Operation operation : operations()) {
            if (!operation.takesBody()) {
                continue;
            }
            String path = operation.path().replace("{name}", "orders");
            List<String> bodies = new ArrayList<>(BODIES);
            bodies.addAll(huge);
            // A whole list of what a verification takes may be left out.
            if (path.endsWith("/verifications")) {
                bodies.removeIf(body -> body.equals("null"));
            }
            for (String body : bodies) {
                String what =
                        "%s %s %s"
                                .formatted(
                                        operation.method(),
                                        path,
                                        body.substring(0, Math.min(60, body.length())));
                requireClear(what, send(operation.method(), path, body, "\"0\""));
                asked++;
            }
        }
        assertThat(asked).isGreaterThan(100);
        assertThat(everythingKept()).isEqualTo(before);
    }

    @Test
    void whateverTheNameItIsRefusedClearlyAndNothingChanges() throws Exception {
        String before = everythingKept();
        for (Operation operation : operations()) {
            if (!operation.path().contains("{")) {
                continue;
            }
            for (String name : NAMES) {
                String path =
                        operation
                                .path()
                                .replaceAll(
                                        "\\{(name|number)}",
                                        java.util.regex.Matcher.quoteReplacement(
                                                URLEncoder.encode(name, StandardCharsets.UTF_8)
                                                        .replace("+", "%20")))
                                .replace("{track}", "bulk");
                String body =
                        operation.path().endsWith("rollback")
                                ? "{\"version\":1,\"reason\":\"r\"}"
                                : "";
                requireClear(
                        operation.method() + " " + path,
                        send(operation.method(), path, body, "\"1\""));
            }
        }
        assertThat(everythingKept()).isEqualTo(before);
    }

    @Test
    void whateverTheQueryItIsAnsweredOrRefusedClearly() throws Exception {
        String before = everythingKept();
        for (Operation operation : operations()) {
            if (operation.takesBody() || operation.path().equals("/events")) {
                continue;
            }
            for (String query : QUERIES) {
                String path =
                        operation
                                        .path()
                                        .replace("{name}", "orders")
                                        .replace("{number}", "99")
                                        .replace("{track}", "bulk")
                                + "?"
                                + query;
                HttpResponse<String> answer = send(operation.method(), path, "", null);
                if (answer.statusCode() != 200) {
                    requireClear(operation.method() + " " + path, answer);
                }
            }
        }
        assertThat(everythingKept()).isEqualTo(before);
    }

    @Test
    void methodsAndPathsThatAreNotThereAreRefusedClearly() throws Exception {
        for (String method : List.of("PATCH", "PUT", "DELETE", "TRACE", "BREW")) {
            requireClear(method, send(method, "/api/v1/status", "", null));
        }
        for (String path :
                List.of("/api/v1", "/api/v2/status", "/api/v1/status/", "/api/v1/status/x")) {
            HttpResponse<String> answer = send("GET", path, "", null);
            if (answer.statusCode() != 200) {
                requireClear(path, answer);
            }
        }
    }

    /** All rows of the metadata store, as texts. */
    private String everythingKept() throws SQLException {
        StringBuilder all = new StringBuilder();
        try (Connection connection = databases.connectDestination();
                Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery(
                                "SELECT relname || query_to_xml(format('SELECT t::text FROM"
                                        + " tidetable.%I t ORDER BY 1', relname), true, false,"
                                        + " '')::text FROM pg_class WHERE relnamespace ="
                                        + " 'tidetable'::regnamespace AND relkind = 'r' ORDER BY"
                                        + " relname")) {
            while (row.next()) {
                all.append(row.getString(1));
            }
        }
        return all.toString();
    }
}
