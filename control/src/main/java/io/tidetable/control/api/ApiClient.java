package io.tidetable.control.api;

import io.tidetable.control.api.ManifestRepresentation.Manifests;
import io.tidetable.control.api.VerificationRepresentation.Line;
import io.tidetable.model.DestinationId;
import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.model.status.CopyManifest;
import io.tidetable.model.status.CopyProgress;
import io.tidetable.model.status.PipelineStatus;
import io.tidetable.model.status.QuarantinedChange;
import io.tidetable.model.status.RetriedChanges;
import io.tidetable.model.status.TableVerification;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/** A running pipeline behind its HTTP interface. Thread-safe. */
public final class ApiClient implements PipelineView, AutoCloseable {
    private static final Duration USUAL_LIMIT = Duration.ofSeconds(30);

    private final HttpClient http;
    private final String url;
    private final @Nullable String token;

    /** A client that shows no token. */
    public ApiClient(String url) {
        this(url, null);
    }

    /**
     * A client; nothing is sent yet.
     *
     * @param url for example {@code http://127.0.0.1:7070}
     * @param token null for none
     */
    public ApiClient(String url, @Nullable String token) {
        this.token = token;
        this.url = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
        if (!this.url.matches("https?://[^/]+")) {
            throw new TidetableException(
                    "TT-110",
                    "not the address of a running pipeline: '%s'; it is written http://127.0.0.1:7070"
                            .formatted(url));
        }
        this.http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    }

    @Override
    public PipelineStatus status() {
        return read(get("/api/v1/status"), PipelineRepresentation.class).status();
    }

    @Override
    public Lsn sourcePosition() {
        return Lsn.parse(
                read(get("/api/v1/position"), WaitRoutes.PositionRepresentation.class).position());
    }

    @Override
    public boolean awaitComplete(
            DestinationId destination, Set<TableId> tables, Lsn position, Duration limit)
            throws InterruptedException {
        StringBuilder query =
                new StringBuilder("?destination=").append(encoded(destination.name()));
        tables.forEach(table -> query.append("&table=").append(encoded(table.toString())));
        query.append("&position=").append(encoded(position.toString()));
        query.append("&timeout_ms=").append(limit.toMillis());
        HttpRequest request =
                request("/api/v1/wait" + query).timeout(limit.plus(USUAL_LIMIT)).build();
        return read(send(request), WaitRepresentation.class).complete();
    }

    @Override
    public List<TableVerification> verify(
            DestinationId destination,
            Set<TableId> tables,
            boolean repair,
            Consumer<TableVerification> each)
            throws InterruptedException {
        String body =
                Json.MAPPER.writeValueAsString(
                        new VerificationRepresentation.Request(
                                destination.name(),
                                tables.stream().map(TableId::toString).toList(),
                                repair));
        HttpRequest request =
                request("/api/v1/verifications")
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build();
        List<TableVerification> found = new ArrayList<>();
        try (InputStream answer = send(request);
                BufferedReader lines =
                        new BufferedReader(new InputStreamReader(answer, StandardCharsets.UTF_8))) {
            for (String text = lines.readLine(); text != null; text = lines.readLine()) {
                Line line = Json.MAPPER.readValue(text, Line.class);
                if (line.problem() != null) {
                    throw new TidetableException(line.problem().code(), line.problem().detail());
                }
                if (line.table() != null) {
                    found.add(line.table().verification());
                    each.accept(found.getLast());
                }
                if (line.done() != null) {
                    return found;
                }
            }
            throw new TidetableException(
                    "TT-621",
                    "the running pipeline at %s ended the answer early, so the comparison is incomplete; see its log and ask again"
                            .formatted(url));
        } catch (IOException e) {
            throw unreachable(e);
        }
    }

    @Override
    public void pause(DestinationId destination, TableId table) {
        act(destination, table, "pause");
    }

    @Override
    public void resume(DestinationId destination, TableId table) {
        act(destination, table, "resume");
    }

    @Override
    public void resync(DestinationId destination, TableId table) {
        act(destination, table, "resync");
    }

    @Override
    public List<QuarantinedChange> quarantined(
            DestinationId destination, TableId table, int limit) {
        return read(
                        get(
                                path(destination, table, "quarantine")
                                        + "&limit="
                                        + Math.min(limit, ControlRequests.LARGEST_PAGE)),
                        QuarantineRepresentation.Changes.class)
                .changes()
                .stream()
                .map(it -> it.change(table))
                .toList();
    }

    @Override
    public RetriedChanges retryQuarantined(DestinationId destination, TableId table, String chain) {
        return read(
                post(path(destination, table, "quarantine/retry"), chain), RetriedChanges.class);
    }

    @Override
    public long discardQuarantined(DestinationId destination, TableId table, String chain) {
        return read(
                        post(path(destination, table, "quarantine/discard"), chain),
                        QuarantineRepresentation.Discarded.class)
                .discarded();
    }

    @Override
    public CopyManifest manifest(DestinationId destination, TableId table) {
        return read(get(path(destination, table, "manifest")), ManifestRepresentation.class)
                .manifest(table);
    }

    @Override
    public List<CopyProgress> manifests(DestinationId destination) {
        List<CopyProgress> all = new ArrayList<>();
        String next = "";
        while (next != null) {
            Manifests page =
                    read(
                            get(
                                    "/api/v1/manifests?limit=1000&destination=%s%s"
                                            .formatted(
                                                    encoded(destination.name()),
                                                    next.isEmpty()
                                                            ? ""
                                                            : "&after=" + encoded(next))),
                            Manifests.class);
            page.manifests().forEach(it -> all.add(it.progress()));
            next = page.next();
        }
        return all;
    }

    private static String path(DestinationId destination, TableId table, String what) {
        return "/api/v1/tables/%s/%s?destination=%s"
                .formatted(encoded(table.toString()), what, encoded(destination.name()));
    }

    private InputStream post(String path, String chain) {
        return sendNow(
                request(path)
                        .timeout(USUAL_LIMIT)
                        .header("Content-Type", "application/json")
                        .POST(
                                HttpRequest.BodyPublishers.ofString(
                                        Json.MAPPER.writeValueAsString(
                                                new QuarantineRepresentation.Request(chain))))
                        .build());
    }

    @Override
    public void move(TableId table, Track track) {
        post(
                "/api/v1/tables/%s/track/%s"
                        .formatted(encoded(table.toString()), encoded(track.label())));
    }

    @Override
    public void close() {
        http.shutdownNow();
    }

    private void act(DestinationId destination, TableId table, String verb) {
        post(
                "/api/v1/tables/%s/%s?destination=%s"
                        .formatted(encoded(table.toString()), verb, encoded(destination.name())));
    }

    private void post(String path) {
        HttpRequest request =
                request(path)
                        .timeout(USUAL_LIMIT)
                        .POST(HttpRequest.BodyPublishers.noBody())
                        .build();
        read(sendNow(request), PipelineRepresentation.OneTable.class);
    }

    private InputStream get(String path) {
        return sendNow(request(path).timeout(USUAL_LIMIT).build());
    }

    private HttpRequest.Builder request(String path) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + path));
        return token == null ? request : request.header("Authorization", "Bearer " + token);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private InputStream sendNow(HttpRequest request) {
        try {
            return send(request);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TidetableException("TT-620", "interrupted while asking " + url, e);
        }
    }

    private InputStream send(HttpRequest request) throws InterruptedException {
        try {
            HttpResponse<InputStream> response =
                    http.send(request, HttpResponse.BodyHandlers.ofInputStream());
            if (response.statusCode() / 100 != 2) {
                Problem problem = read(response.body(), Problem.class);
                throw new TidetableException(problem.code(), problem.detail());
            }
            return response.body();
        } catch (IOException e) {
            throw unreachable(e);
        }
    }

    private <T> T read(InputStream body, Class<T> type) {
        try (body) {
            return Json.MAPPER.readValue(body, type);
        } catch (IOException e) {
            throw unreachable(e);
        } catch (JacksonException e) {
            throw new TidetableException(
                    "TT-621",
                    "what answers at %s is not a running pipeline of this version; check --url"
                            .formatted(url),
                    e);
        }
    }

    private TidetableException unreachable(IOException e) {
        return new TidetableException(
                "TT-620",
                "no running pipeline answers at %s (%s); start one with 'tidetable run', or give its address with --url"
                        .formatted(url, e.getClass().getSimpleName()),
                e);
    }
}
