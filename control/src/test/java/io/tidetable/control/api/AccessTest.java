package io.tidetable.control.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidetable.control.plane.ControlPlane;
import io.tidetable.control.store.AccessToken.Role;
import io.tidetable.model.TidetableException;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** Who may send what to the HTTP interface. */
class AccessTest {
    private final DatabasePair databases = Servers.freshPair();
    private final ControlPlane control = ControlOfTwoServers.of(databases);
    private final ApiServer open =
            new ApiServer(new RecordedPipeline(), control, Listening.at("127.0.0.1", 0));
    private final ApiServer guarded =
            new ApiServer(
                    new RecordedPipeline(), control, new Listening("127.0.0.1", 0, true, null));
    private final HttpClient http = HttpClient.newHttpClient();

    @TempDir Path folder;

    @BeforeEach
    void start() throws SQLException {
        databases.onSource("CREATE TABLE orders (id bigint PRIMARY KEY)");
        control.start();
        open.start();
        guarded.start();
    }

    @AfterEach
    void stop() throws SQLException {
        http.shutdownNow();
        guarded.close();
        open.close();
        control.close();
        databases.close();
    }

    private record Answer(int status, String body, HttpResponse<?> whole) {}

    /** Reads no more than there is at once of an answer that does not end. */
    private Answer send(
            ApiServer server,
            String method,
            String path,
            String body,
            @Nullable String token,
            String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(server.url() + path))
                        .timeout(Duration.ofSeconds(30))
                        .method(method, HttpRequest.BodyPublishers.ofString(body));
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        if (headers.length > 0) {
            request.headers(headers);
        }
        if (path.startsWith("/events")) {
            request.header("Accept", "text/event-stream");
        }
        HttpResponse<InputStream> answer =
                http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream read = answer.body()) {
            byte[] bytes =
                    path.startsWith("/events") && answer.statusCode() == 200
                            ? new byte[0]
                            : read.readAllBytes();
            return new Answer(
                    answer.statusCode(), new String(bytes, StandardCharsets.UTF_8), answer);
        }
    }

    private String token(Role role) {
        return control.store().tokens().create(role.label(), role, "setup", Instant.now());
    }

    private record Operation(String method, String path, String role) {
        String filled() {
            return path.replace("{track}", "bulk")
                    .replace("{number}", "99")
                    .replace("{name}", path.contains("tokens") ? "nobody" : "orders");
        }
    }

    private List<Operation> operations() throws Exception {
        JsonNode contract =
                new YAMLMapper().readTree(send(open, "GET", "/openapi.yaml", "", null).body());
        return contract.get("paths").properties().stream()
                .flatMap(path ->
                        path.getValue().properties().stream()
                                .map(it ->
                                        new Operation(
                                                it.getKey().toUpperCase(java.util.Locale.ROOT),
                                                path.getKey(),
                                                it.getValue().path("x-role").asString(""))))
                .toList();
    }

    @Test
    void everyRouteAnswersTheRolesThatTheContractSaysAndNoOther() throws Exception {
        Map<Role, String> tokens =
                Map.of(
                        Role.VIEWER, token(Role.VIEWER),
                        Role.OPERATOR, token(Role.OPERATOR),
                        Role.ADMIN, token(Role.ADMIN));
        List<Operation> operations = operations();
        assertThat(operations).hasSizeGreaterThan(25);
        for (Operation operation : operations) {
            assertThat(operation.role())
                    .as("%s", operation)
                    .isIn("none", "viewer", "operator", "admin");
            Answer without = send(guarded, operation.method(), operation.filled(), "", null);
            if (operation.role().equals("none")) {
                assertThat(without.status()).as("%s", operation).isNotIn(401, 403);
                continue;
            }
            assertThat(without.status()).as("%s without a token", operation).isEqualTo(401);
            assertThat(without.body()).contains("TT-650").contains("\"status\":401");
            assertThat(without.whole().headers().firstValue("WWW-Authenticate")).hasValue("Bearer");
            Role least = Role.parse(operation.role());
            for (Role role : Role.values()) {
                Answer answer =
                        send(guarded, operation.method(), operation.filled(), "", tokens.get(role));
                if (role.compareTo(least) < 0) {
                    assertThat(answer.status()).as("%s by %s", operation, role).isEqualTo(403);
                    assertThat(answer.body()).contains("TT-653");
                } else {
                    assertThat(answer.status())
                            .as("%s by %s: %s", operation, role, answer.body())
                            .isNotIn(401, 403, 429, 500, 503);
                }
            }
        }
        assertThat(send(guarded, "HEAD", "/api/v1/status", "", null).status()).isEqualTo(401);
        assertThat(send(guarded, "GET", "/api/v1//status", "", null).status()).isIn(401, 404);
        assertThat(send(guarded, "GET", "/api/v1/%73tatus", "", null).status()).isIn(401, 404);
        assertThat(send(guarded, "GET", "/", "", null).status()).isEqualTo(200);
    }

    @Test
    void onALoopbackAddressNoTokenIsNeededButOneThatIsShownCounts() throws Exception {
        String viewer = token(Role.VIEWER);

        assertThat(send(open, "GET", "/api/v1/status", "", null).status()).isEqualTo(200);
        assertThat(send(open, "POST", "/api/v1/tables/orders/pause", "", null).status())
                .isEqualTo(200);
        assertThat(send(open, "GET", "/api/v1/status", "", viewer).status()).isEqualTo(200);
        assertThat(send(open, "POST", "/api/v1/tables/orders/pause", "", viewer).status())
                .isEqualTo(403);
        assertThat(send(open, "GET", "/api/v1/status", "", "tidetable_wrong").status())
                .isEqualTo(401);
    }

    @Test
    void whereOthersListenATokenIsAlwaysNeeded() {
        assertThat(new Listening("0.0.0.0", 1, false, null).tokensRequired()).isTrue();
        assertThat(new Listening("replicator.example", 1, false, null).tokensRequired()).isTrue();
        assertThat(new Listening("127.0.0.1.example", 1, false, null).tokensRequired()).isTrue();
        assertThat(Listening.at("::1", 1).tokensRequired()).isFalse();
    }

    @Test
    void whoGuessesIsNotListenedToForAWhile() throws Exception {
        String admin = token(Role.ADMIN);
        for (int i = 0; i < FailedAttempts.ALLOWED; i++) {
            assertThat(send(guarded, "GET", "/api/v1/status", "", "tidetable_" + i).status())
                    .isEqualTo(401);
        }

        Answer right = send(guarded, "GET", "/api/v1/status", "", admin);

        assertThat(right.status()).isEqualTo(429);
        assertThat(right.body()).contains("TT-652");
        assertThat(right.whole().headers().firstValueAsLong("Retry-After").orElse(0))
                .isBetween(1L, 61L);
    }

    @Test
    void aTokenIsToldOnceAndKeptAsAHashAndItsNameIsTheAuthor() throws Exception {
        Contract contract = new Contract(send(open, "GET", "/openapi.yaml", "", null).body());
        String root = "/api/v1/tokens";
        String admin = token(Role.ADMIN);

        Answer made =
                send(
                        guarded,
                        "POST",
                        root,
                        "{\"name\":\"grafana\",\"role\":\"operator\"}",
                        admin,
                        "Tidetable-Author",
                        "somebody else");
        String token = Json.MAPPER.readTree(made.body()).path("token").asString();
        Answer listed = send(guarded, "GET", root, "", admin);
        Answer twice =
                send(guarded, "POST", root, "{\"name\":\"grafana\",\"role\":\"viewer\"}", admin);
        Answer wrong = send(guarded, "POST", root, "{\"name\":\"x\",\"role\":\"king\"}", admin);
        assertThat(send(guarded, "POST", "/api/v1/tables/orders/pause", "", token).status())
                .isEqualTo(200);
        Answer revoked = send(guarded, "DELETE", root + "/grafana", "", admin);
        Answer again = send(guarded, "DELETE", root + "/grafana", "", admin);

        contract.judge("post", root, text(made));
        contract.judge("get", root, text(listed));
        contract.judge("get", root, text(send(guarded, "GET", root + "?limit=0", "", admin)));
        contract.judge("post", root, text(twice));
        contract.judge("post", root, text(wrong));
        contract.judge("delete", root + "/{name}", text(revoked));
        contract.judge("delete", root + "/{name}", text(again));
        assertThat(token).startsWith("tidetable_").hasSizeGreaterThan(40);
        assertThat(listed.body()).contains("grafana").doesNotContain(token);
        assertThat(everythingKept()).doesNotContain(token).doesNotContain(admin);
        assertThat(send(open, "GET", "/api/v1/audit", "", null).body())
                .contains("\"author\":\"admin\"")
                .doesNotContain("somebody else");
        Awaitility.await()
                .atMost(Duration.ofSeconds(3))
                .until(() -> send(guarded, "GET", "/api/v1/status", "", token).status() == 401);
    }

    @Test
    void tokensComePageByPageTheOldestFirst() throws Exception {
        String admin = token(Role.ADMIN);
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 11; i++) {
            names.add("t" + i);
            send(
                    guarded,
                    "POST",
                    "/api/v1/tokens",
                    "{\"name\":\"t%d\",\"role\":\"viewer\"}".formatted(i),
                    admin);
        }

        List<String> paged = new ArrayList<>();
        String next = "";
        while (!next.isEmpty() || paged.isEmpty()) {
            ControlClient.Answer page =
                    new ControlClient.Answer(
                            send(guarded, "GET", "/api/v1/tokens?limit=4&after=" + next, "", admin)
                                    .body(),
                            "");
            page.rows("tokens", "name").forEach(row -> paged.add(row.getFirst()));
            next = page.text("next");
        }

        assertThat(paged).doesNotHaveDuplicates().containsSubsequence(names);
        try (ControlClient client = new ControlClient(guarded.url(), "ada", admin)) {
            assertThat(client.tokens()).hasSameSizeAs(paged);
        }
    }

    @Test
    void eventsEndWithTheToken() throws Exception {
        String viewer = token(Role.VIEWER);
        HttpResponse<java.util.stream.Stream<String>> events =
                http.send(
                        HttpRequest.newBuilder(URI.create(guarded.url() + "/events"))
                                .header("Accept", "text/event-stream")
                                .header("Authorization", "Bearer " + viewer)
                                .timeout(Duration.ofSeconds(30))
                                .build(),
                        HttpResponse.BodyHandlers.ofLines());

        control.store().tokens().revoke("viewer", "setup", Instant.now());

        try (var lines = events.body()) {
            // An end at all: without it the stream would go on for ever.
            assertThat(lines.filter(line -> line.startsWith("data: ")).count()).isBetween(1L, 20L);
        }
    }

    @Test
    void theClientShowsItsToken() {
        String viewer = token(Role.VIEWER);
        try (ApiClient client = new ApiClient(guarded.url(), viewer);
                ApiClient bare = new ApiClient(guarded.url());
                ControlClient steering = new ControlClient(guarded.url(), "ada", viewer)) {
            assertThat(client.status().pipeline()).isEqualTo("main");
            assertThat(steering.schemas(null).rows("replication_schemas", "table")).hasSize(1);
            assertThatThrownBy(bare::status)
                    .isInstanceOf(TidetableException.class)
                    .hasMessageContaining("TIDETABLE_TOKEN");
            assertThatThrownBy(() -> steering.createToken("x", "admin"))
                    .hasMessageContaining("takes the role admin");
        }
    }

    @Test
    void withACertificateNobodyIsAnsweredInTheClear() throws Exception {
        TestCertificate certificate = TestCertificate.make(folder);
        String viewer = token(Role.VIEWER);
        try (ApiServer encrypted =
                new ApiServer(
                        new RecordedPipeline(),
                        control,
                        new Listening("127.0.0.1", 0, true, certificate.files()))) {
            encrypted.start();
            assertThat(encrypted.url()).startsWith("https://127.0.0.1:").doesNotContain(":-1");
            try (HttpClient trusting =
                    HttpClient.newBuilder().sslContext(certificate.trusting()).build()) {
                HttpRequest request =
                        HttpRequest.newBuilder(URI.create(encrypted.url() + "/api/v1/status"))
                                .header("Authorization", "Bearer " + viewer)
                                .build();
                assertThat(
                                trusting.send(request, HttpResponse.BodyHandlers.ofString())
                                        .statusCode())
                        .isEqualTo(200);
            }
            assertThatThrownBy(() ->
                            http.send(
                                    HttpRequest.newBuilder(
                                                    URI.create(
                                                            encrypted.url().replace("https", "http")
                                                                    + "/health/live"))
                                            .build(),
                                    HttpResponse.BodyHandlers.ofString()))
                    .isInstanceOf(IOException.class);
        }
    }

    private static TextAnswer text(Answer answer) {
        return new TextAnswer(answer.whole(), answer.body());
    }

    /** All rows of the metadata store, as texts. */
    private String everythingKept() throws SQLException {
        StringBuilder all = new StringBuilder();
        try (Connection connection = databases.connectDestination();
                Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery(
                                "SELECT query_to_xml(format('SELECT t::text FROM tidetable.%I t',"
                                        + " relname), true, false, '')::text FROM pg_class WHERE"
                                        + " relnamespace = 'tidetable'::regnamespace AND relkind ="
                                        + " 'r'")) {
            while (row.next()) {
                all.append(row.getString(1));
            }
        }
        assertThat(all.toString()).contains("grafana");
        return all.toString();
    }
}
