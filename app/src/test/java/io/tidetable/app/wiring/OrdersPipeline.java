package io.tidetable.app.wiring;

import static org.awaitility.Awaitility.await;

import io.tidetable.app.settings.Settings;
import io.tidetable.app.settings.SettingsReader;
import io.tidetable.model.status.TableState;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A pipeline that carries a table of 50 orders, by a settings file of three lines. */
public final class OrdersPipeline implements AutoCloseable {
    private final DatabasePair databases = Servers.freshPair();
    private final RunningPipeline pipeline;
    private String url = "";

    /** It is not started yet. */
    public OrdersPipeline(Path folder) throws Exception {
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
    }

    /** Starts it, then answers over HTTP. */
    public static OrdersPipeline started(Path folder) throws Exception {
        OrdersPipeline orders = new OrdersPipeline(folder);
        orders.pipeline.start();
        orders.serve();
        return orders;
    }

    String serve() throws Exception {
        url = pipeline.serve(new Settings.Api("127.0.0.1", 0));
        return url;
    }

    public DatabasePair databases() {
        return databases;
    }

    RunningPipeline pipeline() {
        return pipeline;
    }

    public String url() {
        return url;
    }

    void awaitStreaming() {
        await().atMost(Duration.ofMinutes(1))
                .until(() ->
                        pipeline.view().status().destinations().stream()
                                .flatMap(it -> it.tables().stream())
                                .allMatch(it -> it.state() == TableState.STREAMING));
    }

    /**
     * A request to its API.
     *
     * @param tag the version that is to be changed; null for a request that changes nothing
     */
    HttpRequest request(String method, String path, String body, @Nullable String tag) {
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

    @Override
    public void close() throws SQLException {
        try (databases) {
            pipeline.close();
        }
    }
}
