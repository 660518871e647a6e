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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A running pipeline that many change at once. */
class ConcurrentWritersTest {
    private static final String FUNCTION = "/api/v1/functions/f";

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

    private HttpRequest request(String method, String path, String body, String tag) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(url + path))
                        .timeout(Duration.ofSeconds(60))
                        .method(
                                method,
                                body.isEmpty()
                                        ? HttpRequest.BodyPublishers.noBody()
                                        : HttpRequest.BodyPublishers.ofString(body));
        return request.header("If-Match", tag).build();
    }
}
