package io.tidetable.app.wiring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With thousands of tables a start takes its time: whoever asks meanwhile is told so. */
class AnswersWhileStartingTest {
    @TempDir Path folder;

    @Test
    void beforeItHasStartedItSaysSoInsteadOfDenyingThatThereAreTables() throws Exception {
        try (OrdersPipeline orders = new OrdersPipeline(folder)) {
            orders.pipeline().prepare();
            String url = orders.serve();

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

            orders.pipeline().start();

            assertThat(get(url + "/api/v1/tables/orders").statusCode()).isEqualTo(200);
            assertThat(get(url + "/api/v1/rules").statusCode()).isEqualTo(200);
        }
    }

    private static HttpResponse<String> get(String url) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(URI.create(url)).build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }
}
