package io.tidetable.app.wiring;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.app.settings.Settings;
import io.tidetable.app.settings.SettingsReader;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With thousands of tables a start takes its time: whoever asks meanwhile is told so. */
class AnswersWhileStartingTest {
    @TempDir Path folder;

    @Test
    void beforeItHasStartedItSaysSoInsteadOfDenyingThatThereAreTables() throws Exception {
        try (DatabasePair databases = Servers.freshPair();
                RunningPipeline pipeline = pipeline(databases)) {
            databases.onSource("CREATE TABLE orders (id bigint PRIMARY KEY, note text)");
            pipeline.prepare();
            String url = pipeline.serve(new Settings.Api("127.0.0.1", 0));

            assertThat(get(url + "/health/live").statusCode()).isEqualTo(200);
            assertThat(get(url + "/api/v1/status"))
                    .satisfies(status -> {
                        assertThat(status.statusCode()).isEqualTo(200);
                        assertThat(status.body())
                                .contains("\"ready\":false", "the pipeline is starting");
                    });
            assertThat(get(url + "/health/ready"))
                    .satisfies(ready -> {
                        assertThat(ready.statusCode()).isEqualTo(503);
                        assertThat(ready.body()).contains("the pipeline is starting");
                    });
            for (String path :
                    new String[] {"/api/v1/tables", "/api/v1/tables/orders", "/api/v1/rules"}) {
                HttpResponse<String> refused = get(url + path);
                assertThat(refused.statusCode()).as(path).isEqualTo(503);
                assertThat(refused.body()).contains("TT-282");
            }

            pipeline.start();

            assertThat(get(url + "/api/v1/tables/orders").statusCode()).isEqualTo(200);
            assertThat(get(url + "/api/v1/rules").statusCode()).isEqualTo(200);
        }
    }

    private RunningPipeline pipeline(DatabasePair databases) throws IOException {
        Path settings =
                Files.writeString(
                        folder.resolve("settings.yaml"),
                        """
                        source: {url: "%s"}
                        destinations: {reporting: {url: "%s"}}
                        tables: [public.*]
                        """
                                .formatted(databases.sourceUrl(), databases.destinationUrl()));
        return new RunningPipeline(
                new SettingsReader(_ -> null).read(settings),
                new DataDirectory(folder.resolve("data")));
    }

    private static HttpResponse<String> get(String url) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(URI.create(url)).build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }
}
