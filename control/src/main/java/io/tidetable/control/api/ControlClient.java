package io.tidetable.control.api;

import io.tidetable.control.document.Documents;
import io.tidetable.control.store.AccessToken;
import io.tidetable.model.TidetableException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * The control plane of a running pipeline behind its HTTP interface. Answers are JSON texts, with
 * rows made of them for people. Thread-safe.
 */
public final class ControlClient implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final HttpClient http;
    private final String url;
    private final String author;
    private final @Nullable String token;

    /** A client that shows no token. */
    public ControlClient(String url, String author) {
        this(url, author, null);
    }

    /**
     * A client; nothing is sent yet.
     *
     * @param author who wants the changes, for the audit; a token's name stands above it
     * @param token null for none
     */
    public ControlClient(String url, String author, @Nullable String token) {
        this.token = token;
        this.url = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
        if (!this.url.matches("https?://[^/]+")) {
            throw new TidetableException(
                    "TT-110",
                    "not the address of a running pipeline: '%s'; it is written http://127.0.0.1:7070"
                            .formatted(url));
        }
        this.author = author;
        this.http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    }

    /**
     * An answer.
     *
     * @param json as it came
     * @param tag the version of what was answered, as later changes name it; empty without one
     */
    public record Answer(String json, String tag) {
        /** Rows of a list in the answer, with the texts of some of its keys; "a.b" goes deeper. */
        public List<List<String>> rows(String list, String... keys) {
            List<List<String>> rows = new ArrayList<>();
            for (JsonNode item : Json.MAPPER.readTree(json).path(list)) {
                List<String> row = new ArrayList<>();
                for (String key : keys) {
                    row.add(text(item, key));
                }
                rows.add(row);
            }
            return rows;
        }

        /** The text of one key of the answer. */
        public String text(String key) {
            return text(Json.MAPPER.readTree(json), key);
        }

        /** The texts of a list of texts in the answer. */
        public List<String> texts(String list) {
            List<String> texts = new ArrayList<>();
            Json.MAPPER.readTree(json).path(list).forEach(each -> texts.add(each.asString()));
            return texts;
        }

        private static String text(JsonNode item, String key) {
            JsonNode node = item;
            for (String part : key.split("\\.", -1)) {
                node = node.path(part);
            }
            if (node.isNull() || node.isMissingNode()) {
                return "";
            }
            if (node.isArray()) {
                List<String> texts = new ArrayList<>();
                node.forEach(each -> texts.add(each.asString()));
                return String.join("\n", texts);
            }
            return node.isObject() ? node.toString() : node.asString();
        }
    }

    /** What is in force of every table. */
    public Answer schemas(@Nullable String destination) {
        return pages(
                "/api/v1/replication-schemas", "replication_schemas", "destination", destination);
    }

    /**
     * How far the first copies of tables are.
     *
     * @param state {@code copying}, {@code done}, or null for both
     */
    public Answer manifests(@Nullable String destination, @Nullable String state) {
        return pages("/api/v1/manifests", "manifests", "destination", destination, "state", state);
    }

    /** The parts of a table's first copy. */
    public Answer manifest(String table, @Nullable String destination) {
        return send(
                "GET",
                "/api/v1/tables/%s/manifest%s"
                        .formatted(encoded(table), query("destination", destination)),
                null,
                null);
    }

    /** A list of which the interface answers a page at a time, put together. */
    private Answer pages(String path, String list, @Nullable String... parameters) {
        List<JsonNode> all = new ArrayList<>();
        String after = null;
        do {
            @Nullable String[] asked = Arrays.copyOf(parameters, parameters.length + 4);
            asked[parameters.length] = "limit";
            asked[parameters.length + 1] = "1000";
            asked[parameters.length + 2] = "after";
            asked[parameters.length + 3] = after;
            JsonNode page =
                    Json.MAPPER.readTree(send("GET", path + query(asked), null, null).json());
            page.path(list).forEach(all::add);
            after = page.path("next").isNull() ? null : page.path("next").asString();
        } while (after != null);
        return new Answer(Json.MAPPER.writeValueAsString(Map.of(list, all)), "");
    }

    /** Versions of one. */
    public Answer history(String table, @Nullable String destination) {
        return send(
                "GET",
                "/api/v1/replication-schemas/%s/history%s"
                        .formatted(encoded(table), query("destination", destination)),
                null,
                null);
    }

    /** Goes back to a version of one, from the version it has now. */
    public Answer rollBack(
            String table, @Nullable String destination, long version, String reason) {
        String path = "/api/v1/replication-schemas/" + encoded(table);
        String now = send("GET", path + query("destination", destination), null, null).tag();
        return send(
                "POST",
                path + "/rollback" + query("destination", destination),
                Documents.text(Map.of("version", version, "reason", reason)),
                now);
    }

    /** What happens to a table and why. */
    public Answer explain(String table, @Nullable String destination) {
        return send(
                "GET",
                "/api/v1/replication-schemas/%s/explanation%s"
                        .formatted(encoded(table), query("destination", destination)),
                null,
                null);
    }

    /** The rules that count. */
    public Answer rules() {
        return send("GET", "/api/v1/rules", null, null);
    }

    /** What other rules would do. */
    public Answer test(String rules) {
        return send("POST", "/api/v1/rules/test", rules, null);
    }

    /**
     * Lets other rules count.
     *
     * @param tag of the rules they were made from
     */
    public Answer apply(String rules, String tag) {
        return send("PUT", "/api/v1/rules", rules, tag);
    }

    /** What is declared: rules and overrides. */
    public Answer declaration() {
        return send("GET", "/api/v1/declaration", null, null);
    }

    /** What a declaration would change; its tag names what it was compared with. */
    public Answer difference(String declaration) {
        return send("POST", "/api/v1/declaration/difference", declaration, null);
    }

    /**
     * Lets a declaration count.
     *
     * @param tag of what it was compared with
     */
    public Answer declare(String declaration, String tag) {
        return send("PUT", "/api/v1/declaration", declaration, tag);
    }

    /** The functions that were declared while it ran. */
    public Answer functions() {
        return pages("/api/v1/functions", "functions");
    }

    /** Declares a function in place of the one of that name, where there is one. */
    public Answer declareFunction(String name, String needs) {
        String version = "0";
        for (List<String> row : functions().rows("functions", "name", "version")) {
            if (row.getFirst().equals(name)) {
                version = row.get(1);
            }
        }
        return send("PUT", "/api/v1/functions/" + encoded(name), needs, version);
    }

    /** Takes a function away. */
    public Answer dropFunction(String name) {
        String path = "/api/v1/functions/" + encoded(name);
        return send("DELETE", path, null, send("GET", path, null, null).tag());
    }

    /** Overrides, the newest first. */
    public Answer overrides() {
        return send("GET", "/api/v1/overrides", null, null);
    }

    /**
     * Sets an override.
     *
     * @param pins by the keys of the interface
     */
    public Answer override(
            String table,
            @Nullable String destination,
            Map<String, Object> pins,
            String reason,
            @Nullable Instant until) {
        Map<String, @Nullable Object> body = new LinkedHashMap<>();
        body.put("table", table);
        body.put("destination", destination);
        body.put("pins", pins);
        body.put("reason", reason);
        body.put("until", until);
        return send("POST", "/api/v1/overrides", Documents.text(body), null);
    }

    /** Ends an override. */
    public Answer endOverride(long number) {
        return send("DELETE", "/api/v1/overrides/" + number, null, null);
    }

    /** Who changed what, the newest first. */
    public Answer audit(@Nullable String subject, int limit) {
        return send(
                "GET",
                "/api/v1/audit" + query("limit", "" + limit, "subject", subject),
                null,
                null);
    }

    /**
     * What is known of an access token.
     *
     * @param revokedAt empty while it opens doors
     */
    public record Token(
            String name, String role, String author, String createdAt, String revokedAt) {
        /** As the store has it. */
        public static Token of(AccessToken token) {
            return new Token(
                    token.name(),
                    token.role().label(),
                    token.author(),
                    token.createdAt().toString(),
                    token.revokedAt() == null ? "" : token.revokedAt().toString());
        }
    }

    /** The access tokens there are and were. */
    public List<Token> tokens() {
        return pages("/api/v1/tokens", "tokens")
                .rows("tokens", "name", "role", "author", "created_at", "revoked_at")
                .stream()
                .map(row -> new Token(row.get(0), row.get(1), row.get(2), row.get(3), row.get(4)))
                .toList();
    }

    /** Makes an access token, which is told here and never again. */
    public String createToken(String name, String role) {
        return send(
                        "POST",
                        "/api/v1/tokens",
                        Documents.text(Map.of("name", name, "role", role)),
                        null)
                .text("token");
    }

    /** Makes an access token worthless. */
    public void revokeToken(String name) {
        send("DELETE", "/api/v1/tokens/" + encoded(name), null, null);
    }

    private static String query(@Nullable String... pairs) {
        StringBuilder query = new StringBuilder();
        for (int i = 0; i < pairs.length; i += 2) {
            String value = pairs[i + 1];
            if (value != null) {
                query.append(query.isEmpty() ? '?' : '&')
                        .append(pairs[i])
                        .append('=')
                        .append(encoded(value));
            }
        }
        return query.toString();
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private Answer send(
            String method, String path, @Nullable String body, @Nullable String ifMatch) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(url + path))
                        .timeout(LIMIT)
                        .header(ControlRequests.AUTHOR, author)
                        .method(
                                method,
                                body == null
                                        ? HttpRequest.BodyPublishers.noBody()
                                        : HttpRequest.BodyPublishers.ofString(body));
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        if (body != null) {
            request.header("Content-Type", "application/json");
        }
        if (ifMatch != null) {
            request.header("If-Match", ifMatch);
        }
        try {
            HttpResponse<InputStream> response =
                    http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream answered = response.body()) {
                String text = new String(answered.readAllBytes(), StandardCharsets.UTF_8);
                if (response.statusCode() / 100 != 2) {
                    throw refusal(text);
                }
                return new Answer(text, response.headers().firstValue("ETag").orElse(""));
            }
        } catch (IOException e) {
            throw new TidetableException(
                    "TT-620",
                    "no running pipeline answers at %s (%s); start one with 'tidetable run', or give its address with --url"
                            .formatted(url, e.getClass().getSimpleName()),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TidetableException("TT-620", "interrupted while asking " + url, e);
        }
    }

    private TidetableException refusal(String text) {
        try {
            Problem problem = Json.MAPPER.readValue(text, Problem.class);
            return new TidetableException(problem.code(), problem.detail());
        } catch (JacksonException e) {
            return new TidetableException(
                    "TT-621",
                    "what answers at %s is not a running pipeline of this version; check --url"
                            .formatted(url),
                    e);
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
