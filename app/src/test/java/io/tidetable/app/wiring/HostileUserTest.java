package io.tidetable.app.wiring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidetable.app.settings.Settings;
import io.tidetable.app.settings.SettingsReader;
import io.tidetable.model.status.TableState;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A running pipeline and somebody who means it no good: it says no, and goes on. */
class HostileUserTest {
    private static final String FUNCTION = "/api/v1/functions/f";
    private static final String DROP = "x'; DROP TABLE orders; --";

    private final DatabasePair databases = Servers.freshPair();
    private final HttpClient http = HttpClient.newHttpClient();

    @TempDir Path folder;

    @SuppressWarnings("NullAway.Init")
    private RunningPipeline pipeline;

    private String url = "";

    @BeforeEach
    void start() throws Exception {
        databases.onSource(
                "CREATE TABLE orders (id bigint PRIMARY KEY, note text)",
                "INSERT INTO orders SELECT g, 'n' FROM generate_series(1, 50) g");
        Path settings =
                Files.writeString(
                        folder.resolve("settings.yaml"),
                        """
                        source: {url: "%s"}
                        destinations: {reporting: {url: "%s"}}
                        tables: [public.*]
                        """
                                .formatted(databases.sourceUrl(), databases.destinationUrl()));
        pipeline =
                new RunningPipeline(
                        new SettingsReader(_ -> null).read(settings),
                        new DataDirectory(folder.resolve("data")));
        pipeline.start();
        url = pipeline.serve(new Settings.Api("127.0.0.1", 0));
        await().atMost(Duration.ofMinutes(1)).until(this::streams);
    }

    @AfterEach
    void stop() throws Exception {
        http.shutdownNow();
        pipeline.close();
        databases.close();
    }

    private record Attempt(String method, String path, String body) {}

    private static List<Attempt> attempts() {
        List<Attempt> attempts = new ArrayList<>();
        for (String needs :
                List.of(
                        "{\"tables\":{\"public.orders\":{\"rows\":\"id > 1; DROP TABLE orders\"}}}",
                        "{\"tables\":{\"public.orders\":{\"rows\":\"" + DROP + "\"}}}",
                        "{\"tables\":{\"public.orders\":{\"rows\":\"x'\"}}}",
                        "{\"tables\":{\"public.orders\":{\"rows\":\"id > 1 '\"}}}",
                        "{\"tables\":{\"public.orders\":{\"rows\":\"id > \\u0001\"}}}",
                        "{\"tables\":{\"public.orders\":{\"rows\":\"id > 1 OR \"}}}",
                        "{\"tables\":{\"public.orders\":{\"rows\":\""
                                + "(".repeat(40)
                                + "id = 1\"}}}",
                        "{\"tables\":{\"public.orders\":{\"rows\":\""
                                + "id = 1 OR ".repeat(900)
                                + "\"}}}",
                        "{\"tables\":{\"public.orders\":{\"rows\":\"\"}}}",
                        "{\"queries\":[\"" + "SELECT (".repeat(40) + "\"]}",
                        "{\"queries\":[\"\"]}",
                        "{\"queries\":[\"'\"]}")) {
            attempts.add(new Attempt("PUT", FUNCTION, needs));
        }
        attempts.add(new Attempt("DELETE", "/api/v1/functions/none", ""));
        attempts.add(
                new Attempt(
                        "POST",
                        "/api/v1/overrides",
                        "{\"table\":\"orders\",\"destination\":\"nowhere\",\"pins\":{\"paused\":true},\"reason\":\"r\"}"));
        attempts.add(
                new Attempt(
                        "POST",
                        "/api/v1/overrides",
                        "{\"table\":\"orders\",\"pins\":{\"consistency\":\"strict\",\"strategy\":\"full\"},\"reason\":\"r\"}"));
        attempts.add(
                new Attempt(
                        "POST",
                        "/api/v1/overrides",
                        "{\"table\":\"orders\",\"pins\":{\"sharding\":{\"by\":\"key_hash\",\"shards\":65}},\"reason\":\"r\"}"));
        attempts.add(new Attempt("DELETE", "/api/v1/overrides/9223372036854775808", ""));
        attempts.add(new Attempt("POST", "/api/v1/tables/nothing/resync", ""));
        attempts.add(new Attempt("POST", "/api/v1/tables/orders/resync?destination=nowhere", ""));
        attempts.add(new Attempt("GET", "/api/v1/manifests?table=%27%3B%20DROP", ""));
        attempts.add(new Attempt("GET", "/api/v1/manifests?state=open", ""));
        attempts.add(new Attempt("GET", "/api/v1/manifests?limit=1001", ""));
        attempts.add(new Attempt("GET", "/api/v1/functions?limit=-1", ""));
        attempts.add(new Attempt("GET", "/api/v1/tokens?limit=1e9", ""));
        return attempts;
    }

    @Test
    void everyAttemptIsRefusedClearlySoonAndWithoutAnyEffect() throws Exception {
        for (Attempt attempt : attempts()) {
            long begun = System.nanoTime();
            HttpResponse<String> answer =
                    send(attempt.method(), attempt.path(), attempt.body(), "0");
            String what = attempt + ": " + answer.body();
            assertThat(answer.statusCode()).as(what).isBetween(400, 431);
            assertThat(answer.body())
                    .as(what)
                    .contains("TT-")
                    .doesNotContain("Exception")
                    .doesNotContain("jsqlparser")
                    .hasSizeLessThan(20_000);
            assertThat(Duration.ofNanos(System.nanoTime() - begun))
                    .as(what)
                    .isLessThan(Duration.ofSeconds(20));
        }
        assertThat(send("GET", "/api/v1/functions", "", null).body()).contains("\"functions\":[]");
        assertThat(send("GET", "/api/v1/overrides", "", null).body()).contains("\"overrides\":[]");
        databases.onSource("UPDATE orders SET note = 'still' WHERE id < 9");
        await().atMost(Duration.ofMinutes(1))
                .untilAsserted(() -> databases.comparer().assertEqual());
    }

    @Test
    void ofManyWhoWriteTheSameAtOnceOneIsHeardAndTheOthersAreToldSo() throws Exception {
        String needs = "{\"tables\":{\"public.orders\":{\"columns\":[\"note\"]}}}";
        String rules = "{\"rules\":[{\"name\":\"all\",\"when\":\"true\",\"temperature\":\"hot\"}]}";

        assertThat(atOnce("PUT", FUNCTION, needs)).containsOnlyOnce(200).containsOnly(200, 412);
        assertThat(atOnce("PUT", "/api/v1/rules", rules))
                .containsOnlyOnce(200)
                .containsOnly(200, 412);
        assertThat(atOnce("POST", "/api/v1/tables/orders/resync", ""))
                .as("a refresh that is under way is not begun again")
                .contains(200)
                .containsOnly(200, 409);
        await().atMost(Duration.ofMinutes(1)).until(this::streams);
        databases.comparer().assertEqual();
    }

    private List<Integer> atOnce(String method, String path, String body) {
        List<CompletableFuture<HttpResponse<String>>> asked = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            asked.add(
                    http.sendAsync(
                            request(method, path, body, "0"),
                            HttpResponse.BodyHandlers.ofString()));
        }
        return asked.stream().map(it -> it.join().statusCode()).toList();
    }

    private boolean streams() {
        return pipeline.view().status().destinations().stream()
                .flatMap(it -> it.tables().stream())
                .allMatch(it -> it.state() == TableState.STREAMING);
    }

    private HttpResponse<String> send(String method, String path, String body, @Nullable String tag)
            throws Exception {
        return http.send(request(method, path, body, tag), HttpResponse.BodyHandlers.ofString());
    }

    private HttpRequest request(String method, String path, String body, @Nullable String tag) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(url + path))
                        .timeout(Duration.ofSeconds(60))
                        .method(
                                method,
                                body.isEmpty()
                                        ? HttpRequest.BodyPublishers.noBody()
                                        : HttpRequest.BodyPublishers.ofString(body));
        if (tag != null) {
            request.header("If-Match", tag);
        }
        return request.build();
    }
}
