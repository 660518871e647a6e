package io.tidetable.control.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidetable.model.Lsn;
import io.tidetable.model.TidetableException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ApiServerTest {
    private final RecordedPipeline pipeline = new RecordedPipeline();
    private final ApiServer server = new ApiServer(pipeline, "127.0.0.1", 0);
    private final HttpClient http = HttpClient.newHttpClient();

    @BeforeEach
    void start() {
        server.start();
    }

    @AfterEach
    void stop() {
        http.shutdownNow();
        server.close();
    }

    @Test
    void everyRouteAnswersWhatTheContractSays() throws Exception {
        Contract contract = new Contract(get("/openapi.yaml").body());

        for (String path :
                List.of(
                        "/api/v1/status",
                        "/api/v1/tables",
                        "/api/v1/position",
                        "/metrics",
                        "/health/live",
                        "/health/ready",
                        "/openapi.yaml")) {
            contract.judge("get", path, get(path));
        }
        contract.judge("get", "/api/v1/tables", get("/api/v1/tables?destination=nowhere"));
        contract.judge("get", "/api/v1/tables", get("/api/v1/tables?limit=none"));
        contract.judge("get", "/api/v1/tables/{name}", get("/api/v1/tables/public.orders"));
        contract.judge("get", "/api/v1/tables/{name}", get("/api/v1/tables/public.nothing"));
        for (String verb : List.of("pause", "resume", "resync")) {
            String path = "/api/v1/tables/{name}/" + verb;
            contract.judge("post", path, post(path.replace("{name}", "orders"), ""));
            contract.judge("post", path, post(path.replace("{name}", "nothing"), ""));
        }
        String track = "/api/v1/tables/{name}/track/{track}";
        contract.judge("post", track, post("/api/v1/tables/orders/track/bulk", ""));
        contract.judge("post", track, post("/api/v1/tables/orders/track/express", ""));
        contract.judge("post", track, post("/api/v1/tables/orders/track/slow", ""));
        contract.judge("post", track, post("/api/v1/tables/nothing/track/bulk", ""));
        String quarantine = "/api/v1/tables/{name}/quarantine";
        contract.judge("get", "/api/v1/quarantine", get("/api/v1/quarantine"));
        contract.judge("get", "/api/v1/quarantine", get("/api/v1/quarantine?destination=x"));
        contract.judge("get", quarantine, get("/api/v1/tables/orders/quarantine"));
        contract.judge("get", quarantine, get("/api/v1/tables/nothing/quarantine"));
        contract.judge("get", quarantine, get("/api/v1/tables/orders/quarantine?limit=0"));
        for (String act : List.of("/retry", "/discard")) {
            String path = "/api/v1/tables/orders/quarantine" + act;
            contract.judge("post", quarantine + act, post(path, "{\"chain\": \"(7)\"}"));
            contract.judge("post", quarantine + act, post(path, "{}"));
            contract.judge("post", quarantine + act, post(path.replace("orders", "nothing"), "{}"));
        }
        String manifest = "/api/v1/tables/{name}/manifest";
        contract.judge("get", manifest, get("/api/v1/tables/orders/manifest"));
        contract.judge("get", manifest, get("/api/v1/tables/nothing/manifest"));
        String manifests = "/api/v1/manifests";
        contract.judge("get", manifests, get(manifests));
        contract.judge("get", manifests, get(manifests + "?state=none"));
        contract.judge("get", manifests, get(manifests + "?table=nothing"));
        contract.judge("get", "/api/v1/wait", get("/api/v1/wait?table=orders&timeout_ms=5"));
        contract.judge("get", "/api/v1/wait", get("/api/v1/wait?position=soon"));
        contract.judge("get", "/api/v1/wait", get("/api/v1/wait?table=nothing"));
        String verifications = "/api/v1/verifications";
        contract.judge("post", verifications, post(verifications, ""));
        contract.judge("post", verifications, post(verifications, "{\"repare\": true}"));
        contract.judge("post", verifications, post(verifications, "{\"tables\": [\"x\"]}"));
        pipeline.verifyFails = true;
        contract.judge("post", verifications, post(verifications, "{}"));
        pipeline.ready = false;
        contract.judge("get", "/health/ready", get("/health/ready"));

        List<String> notSeen = new ArrayList<>(contract.described());
        notSeen.removeAll(contract.seen());
        // These are ControlApiTest's.
        notSeen.removeIf(it ->
                it.matches(
                        ".*/api/v1/(replication-schemas|shards|functions|rules|declaration|overrides|audit|tokens).*"));
        assertThat(notSeen)
                .containsExactlyInAnyOrder(
                        "get /events 200",
                        "post /api/v1/tables/{name}/pause 409",
                        "post /api/v1/tables/{name}/resume 200",
                        "post /api/v1/tables/{name}/resync 409",
                        "post /api/v1/verifications 409");
    }

    @Test
    void everyBodyOfTheContractHasAnExampleThatItsSchemaAllows() throws Exception {
        new Contract(get("/openapi.yaml").body()).judgeExamples();
    }

    @Test
    void tablesComePageByPage() throws Exception {
        List<String> names = new ArrayList<>();
        String after = "";
        do {
            var page = Json.MAPPER.readTree(get("/api/v1/tables?limit=1" + after).body());
            page.path("tables").forEach(it -> names.add(it.path("table").asString()));
            after =
                    page.path("next").isNull()
                            ? null
                            : "&after="
                                    + java.net.URLEncoder.encode(
                                            page.path("next").asString(),
                                            java.nio.charset.StandardCharsets.UTF_8);
        } while (after != null);

        assertThat(names)
                .isSorted()
                .containsExactlyElementsOf(
                        pipeline.status().destinations().stream()
                                .flatMap(d -> d.tables().stream())
                                .map(it -> it.table().toString())
                                .sorted()
                                .toList());
    }

    @Test
    void manifestsAreFoundByTableAndByState() throws Exception {
        assertThat(manifests("")).containsExactly("Odd Schema.a/b ü.c", "public.orders");
        assertThat(manifests("?state=done")).containsExactly("public.orders");
        assertThat(manifests("?state=copying")).containsExactly("Odd Schema.a/b ü.c");
        assertThat(manifests("?table=orders&state=copying")).isEmpty();
        assertThat(manifests("?limit=1")).containsExactly("Odd Schema.a/b ü.c");
        try (ApiClient client = new ApiClient(server.url())) {
            assertThat(client.manifests(RecordedPipeline.REPORTING))
                    .containsExactlyInAnyOrderElementsOf(
                            pipeline.manifests(RecordedPipeline.REPORTING));
        }
    }

    private List<String> manifests(String query) throws Exception {
        List<String> names = new ArrayList<>();
        Json.MAPPER
                .readTree(get("/api/v1/manifests" + query).body())
                .path("manifests")
                .forEach(it -> names.add(it.path("table").asString()));
        return names;
    }

    @Test
    void eventsCarryTheStatus() throws Exception {
        HttpResponse<java.util.stream.Stream<String>> events =
                http.send(
                        HttpRequest.newBuilder(URI.create(server.url() + "/events"))
                                .header("Accept", "text/event-stream")
                                .build(),
                        HttpResponse.BodyHandlers.ofLines());

        try (var lines = events.body()) {
            assertThat(lines.limit(2).toList())
                    .anyMatch(line -> line.contains("event: status"))
                    .anyMatch(line -> line.contains("\"pipeline\":\"main\""));
        }
    }

    @Test
    void thePageAndEverythingItLoadsIsServedFromHere() throws Exception {
        String page = get("/").body();

        assertThat(page).contains("lit-html");
        java.util.regex.Pattern.compile("(?:href|src)=\"([^\"]+)\"|: \"(/webjars/[^\"]+)\"")
                .matcher(page)
                .results()
                .map(found -> found.group(1) != null ? found.group(1) : found.group(2))
                .map(path -> path.startsWith("/") ? path : "/" + path)
                .forEach(path -> {
                    try {
                        assertThat(get(path).statusCode()).as(path).isEqualTo(200);
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
        assertThat(page).doesNotContain("http://").doesNotContain("https://");
    }

    @Test
    void aPathThatIsNotThereIsAProblemToo() throws Exception {
        HttpResponse<String> answer = get("/api/v1/nothing");

        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.headers().firstValue("Content-Type"))
                .hasValue("application/problem+json");
        assertThat(answer.body()).contains("TT-600").contains("/openapi.yaml");
    }

    @Test
    void aPageFromElsewhereCannotSteerThePipeline() throws Exception {
        HttpResponse<String> answer =
                http.send(
                        HttpRequest.newBuilder(
                                        URI.create(
                                                server.url()
                                                        + "/api/v1/tables/public.orders/pause"))
                                .header("Origin", "https://example.com")
                                .POST(HttpRequest.BodyPublishers.noBody())
                                .build(),
                        HttpResponse.BodyHandlers.ofString());

        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(pipeline.asked).isEmpty();
    }

    @Test
    void theClientSeesWhatThePipelineSays() throws Exception {
        try (ApiClient client = new ApiClient(server.url())) {
            assertThat(client.status()).isEqualTo(pipeline.status());
            assertThat(client.sourcePosition()).isEqualTo(Lsn.parse("16/4000000"));
            assertThat(client.verify(RecordedPipeline.REPORTING, Set.of(), true, table -> {}))
                    .hasSize(1);
            client.pause(RecordedPipeline.REPORTING, RecordedPipeline.ODD);
            assertThat(client.quarantined(RecordedPipeline.REPORTING, RecordedPipeline.ODD, 9))
                    .isEqualTo(
                            pipeline.quarantined(
                                    RecordedPipeline.REPORTING, RecordedPipeline.ODD, 9));
            assertThat(
                            client.retryQuarantined(
                                            RecordedPipeline.REPORTING, RecordedPipeline.ODD, "(7)")
                                    .failure())
                    .isEqualTo("violates a check");
            assertThat(
                            client.discardQuarantined(
                                    RecordedPipeline.REPORTING, RecordedPipeline.ODD, "(7)"))
                    .isEqualTo(2);
            assertThat(client.manifest(RecordedPipeline.REPORTING, RecordedPipeline.ODD))
                    .isEqualTo(pipeline.manifest(RecordedPipeline.REPORTING, RecordedPipeline.ODD));
            pipeline.complete = false;
            assertThat(
                            client.awaitComplete(
                                    RecordedPipeline.REPORTING,
                                    Set.of(RecordedPipeline.ORDERS),
                                    Lsn.parse("16/1"),
                                    Duration.ofMillis(250)))
                    .isFalse();
        }
        assertThat(pipeline.asked)
                .containsExactly(
                        "verify reporting [] true",
                        "pause reporting Odd Schema.a/b ü.c",
                        "quarantined reporting Odd Schema.a/b ü.c 9",
                        "quarantined reporting Odd Schema.a/b ü.c 9",
                        "retry reporting Odd Schema.a/b ü.c (7)",
                        "discard reporting Odd Schema.a/b ü.c (7)",
                        "await reporting [public.orders] 16/1 PT0.25S");
    }

    @Test
    void theClientHandsOnWhatThePipelineRefuses() {
        pipeline.verifyFails = true;
        try (ApiClient client = new ApiClient(server.url())) {
            assertThatThrownBy(() ->
                            client.resume(RecordedPipeline.REPORTING, RecordedPipeline.ORDERS))
                    .isInstanceOf(TidetableException.class)
                    .hasMessageContaining("the table is not paused");
            assertThatThrownBy(() ->
                            client.verify(RecordedPipeline.REPORTING, Set.of(), false, table -> {}))
                    .isInstanceOf(TidetableException.class)
                    .hasMessageContaining("the source went away");
        }
    }

    @Test
    void aPortThatIsTakenIsSaid() {
        ApiServer second = new ApiServer(pipeline, "127.0.0.1", server.port());

        assertThatThrownBy(second::start)
                .isInstanceOf(TidetableException.class)
                .hasMessageContaining("--port");
    }

    @Test
    void whereNothingAnswersTheClientSaysHowToStart() {
        server.close();
        try (ApiClient client = new ApiClient("http://127.0.0.1:1")) {
            assertThatThrownBy(client::status)
                    .isInstanceOf(TidetableException.class)
                    .hasMessageContaining("tidetable run");
        }
    }

    @Test
    void metricsAreInTheTextFormatOfPrometheus() throws Exception {
        assertThat(get("/metrics").body())
                .contains("# TYPE tidetable_table_applied_changes_total counter")
                .contains(
                        "tidetable_table_delay_seconds{destination=\"reporting\",table=\"public.orders\",track=\"express\"} 0.012");
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(URI.create(server.url() + path)).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> post(String path, String body)
            throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(URI.create(server.url() + path))
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }
}
