package io.tidetable.app.wiring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A running pipeline and somebody who means it no good: it says no, and goes on. */
class HostileUserTest {
    private static final String FUNCTION = "/api/v1/functions/f";
    private static final String DROP = "x'; DROP TABLE orders; --";

    private final HttpClient http = HttpClient.newHttpClient();

    @TempDir Path folder;

    @SuppressWarnings("NullAway.Init")
    private OrdersPipeline orders;

    @BeforeEach
    void start() throws Exception {
        orders = OrdersPipeline.started(folder);
        orders.awaitStreaming();
    }

    @AfterEach
    void stop() throws Exception {
        http.shutdownNow();
        orders.close();
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
        orders.databases().onSource("UPDATE orders SET note = 'still' WHERE id < 9");
        await().atMost(Duration.ofMinutes(1))
                .untilAsserted(() -> orders.databases().comparer().assertEqual());
    }

    private HttpResponse<String> send(String method, String path, String body, @Nullable String tag)
            throws Exception {
        return http.send(
                orders.request(method, path, body, tag), HttpResponse.BodyHandlers.ofString());
    }
}
