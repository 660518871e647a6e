package io.tidetable.app.wiring;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.file.Path;
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
        orders.awaitStreaming();
        orders.databases().comparer().assertEqual();
    }

    private List<Integer> atOnce(String method, String path, String body) {
        List<CompletableFuture<HttpResponse<String>>> asked = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            asked.add(
                    http.sendAsync(
                            orders.request(method, path, body, "0"),
                            HttpResponse.BodyHandlers.ofString()));
        }
        return asked.stream().map(it -> it.join().statusCode()).toList();
    }
}
