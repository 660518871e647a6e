package io.tidetable.control.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tidetable.control.api.ControlClient.Answer;
import io.tidetable.control.document.FunctionDocument;
import io.tidetable.control.plane.ControlPlane;
import io.tidetable.control.plane.FunctionUser;
import io.tidetable.control.store.StoredFunction;
import io.tidetable.model.TidetableException;
import io.tidetable.testkit.DatabasePair;
import io.tidetable.testkit.Servers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ControlApiTest {
    private static final String ROOT = "/api/v1/replication-schemas";
    private static final String NAMED = ROOT + "/{name}";
    private static final String HOT =
            "{\"rules\":[{\"name\":\"all\",\"when\":\"true\",\"temperature\":\"hot\",\"priority\":9}]}";

    private static final String DECLARED =
            HOT.substring(0, HOT.length() - 1)
                    + ",\"overrides\":[{\"table\":\"orders\",\"pins\":{\"priority\":50},"
                    + "\"reason\":\"sale\"}]}";
    private static final String NEEDS =
            "{\"tables\":{\"public.orders\":{\"columns\":[\"id\"],\"rows\":\"id > 1\"}}}";
    private static final String UNKNOWN = DECLARED.replace("\"orders\"", "\"nothing\"");

    private final DatabasePair databases = Servers.freshPair();
    private final ControlPlane control = ControlOfTwoServers.of(databases);
    private final RecordedPipeline pipeline = new RecordedPipeline();
    private final ApiServer server = new ApiServer(pipeline, control, Listening.at("127.0.0.1", 0));
    private final HttpClient http = HttpClient.newHttpClient();

    @BeforeEach
    void start() throws SQLException {
        databases.onSource(
                "CREATE TABLE orders (id bigint PRIMARY KEY)",
                "CREATE TABLE items (id bigint PRIMARY KEY)");
        control.start();
        server.start();
    }

    @AfterEach
    void stop() throws SQLException {
        http.shutdownNow();
        server.close();
        control.close();
        databases.close();
    }

    private HttpResponse<String> send(String method, String path, String body, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(server.url() + path))
                        .method(
                                method,
                                body.isEmpty()
                                        ? HttpRequest.BodyPublishers.noBody()
                                        : HttpRequest.BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** What the data plane makes of functions is its own test's matter. */
    private void followWithFunctions(List<String> used) {
        control.follow(
                _ -> {},
                new FunctionUser() {
                    @Override
                    public void check(String name, FunctionDocument function) {
                        if (name.equals("bad")) {
                            throw new TidetableException("TT-552", "its queries cannot be read");
                        }
                    }

                    @Override
                    public void use(List<StoredFunction> functions) {
                        used.add(functions.stream().map(StoredFunction::name).toList().toString());
                    }
                });
    }

    @Test
    void functionsThatAreDeclaredReachTheDataPlaneWithinASecond() throws Exception {
        List<String> used = new CopyOnWriteArrayList<>();
        followWithFunctions(used);

        send("PUT", "/api/v1/functions/ratings", NEEDS, "If-Match", "0");
        await().atMost(Duration.ofSeconds(1)).until(() -> used.contains("[ratings]"));
        send("DELETE", "/api/v1/functions/ratings", "", "If-Match", "1");

        await().atMost(Duration.ofSeconds(1)).until(() -> used.getLast().equals("[]"));
        assertThat(send("PUT", "/api/v1/functions/ratings", NEEDS, "If-Match", "0").body())
                .as("a version never comes again")
                .contains("\"version\":3");
        assertThat(send("GET", "/api/v1/audit?subject=function%20ratings", "").body())
                .contains("function declared")
                .contains("function taken away");
    }

    @Test
    void shardsThatNoLanesCouldFollowAreRefusedAndNothingIsKept() throws Exception {
        String wish = "{\"table\":\"orders\",\"reason\":\"r\",\"pins\":{%s}}";
        String hash = "\"sharding\":{\"by\":\"key_hash\",\"shards\":4}";
        for (String pins :
                List.of(
                        hash,
                        "\"sharding\":{\"by\":\"partition\"},\"consistency\":\"key(2)\"",
                        "\"sharding\":{\"by\":\"key_range\",\"bounds\":[\"7\"]}")) {
            HttpResponse<String> refused = send("POST", "/api/v1/overrides", wish.formatted(pins));
            assertThat(refused.statusCode()).as(pins).isEqualTo(409);
            assertThat(refused.body()).contains("TT-639").contains("nothing was changed");
            String declared = "{\"overrides\":[%s]}".formatted(wish.formatted(pins));
            assertThat(send("POST", "/api/v1/declaration/difference", declared).body())
                    .contains("TT-639");
        }
        assertThat(send("GET", "/api/v1/overrides", "").body()).contains("\"overrides\":[]");

        HttpResponse<String> taken =
                send(
                        "POST",
                        "/api/v1/overrides",
                        wish.formatted(hash + ",\"consistency\":\"key(2)\""));
        assertThat(taken.statusCode()).as(taken.body()).isEqualTo(201);
        assertThat(send("POST", "/api/v1/overrides", wish.formatted(hash)).statusCode())
                .as("another override makes it a table with key lanes")
                .isEqualTo(201);
    }

    @Test
    void functionsComePageByPageEachOnceInTheOrderOfTheirNames() throws Exception {
        followWithFunctions(new CopyOnWriteArrayList<>());
        List<String> names = List.of("A", "b", "b.c", "ratings", "z-9");
        for (String name : names.reversed()) {
            send("PUT", "/api/v1/functions/" + name, NEEDS, "If-Match", "0");
        }

        List<String> paged = new ArrayList<>();
        String next = "";
        while (!next.isEmpty() || paged.isEmpty()) {
            Answer page =
                    new Answer(
                            send("GET", "/api/v1/functions?limit=2&after=" + next, "").body(), "");
            page.rows("functions", "name").forEach(row -> paged.add(row.getFirst()));
            assertThat(page.rows("functions", "name")).hasSizeBetween(1, 2);
            next = page.text("next");
        }

        assertThat(paged).isEqualTo(names);
        try (ControlClient client = new ControlClient(server.url(), "ada")) {
            assertThat(client.functions().rows("functions", "name")).hasSize(names.size());
            assertThat(client.declareFunction("ratings", NEEDS).text("version")).isEqualTo("2");
        }
    }

    @Test
    void everyRouteAnswersWhatTheContractSays() throws Exception {
        followWithFunctions(new CopyOnWriteArrayList<>());
        Contract contract = new Contract(send("GET", "/openapi.yaml", "").body());

        contract.judge("get", ROOT, send("GET", ROOT + "?limit=1", ""));
        contract.judge("get", ROOT, send("GET", ROOT + "?limit=many", ""));
        contract.judge("get", "/api/v1/shards", send("GET", "/api/v1/shards", ""));
        contract.judge("get", "/api/v1/shards", send("GET", "/api/v1/shards?limit=0", ""));
        for (String part : List.of("", "/history", "/explanation")) {
            contract.judge("get", NAMED + part, send("GET", ROOT + "/orders" + part, ""));
            contract.judge("get", NAMED + part, send("GET", ROOT + "/nothing" + part, ""));
        }
        contract.judge("get", "/api/v1/rules", send("GET", "/api/v1/rules", ""));
        contract.judge("post", "/api/v1/rules/test", send("POST", "/api/v1/rules/test", HOT));
        contract.judge("post", "/api/v1/rules/test", send("POST", "/api/v1/rules/test", "{}"));
        contract.judge("put", "/api/v1/rules", send("PUT", "/api/v1/rules", HOT));
        contract.judge(
                "put", "/api/v1/rules", send("PUT", "/api/v1/rules", HOT, "If-Match", "\"7\""));
        contract.judge(
                "put", "/api/v1/rules", send("PUT", "/api/v1/rules", "[", "If-Match", "\"0\""));
        contract.judge(
                "put", "/api/v1/rules", send("PUT", "/api/v1/rules", HOT, "If-Match", "\"0\""));
        String back = ROOT + "/orders/rollback";
        String request = "{\"version\":1,\"reason\":\"no\"}";
        contract.judge("post", NAMED + "/rollback", send("POST", back, request));
        contract.judge("post", NAMED + "/rollback", send("POST", back, "{}", "If-Match", "\"2\""));
        contract.judge(
                "post", NAMED + "/rollback", send("POST", back, request, "If-Match", "\"1\""));
        contract.judge(
                "post",
                NAMED + "/rollback",
                send("POST", back, "{\"version\":9,\"reason\":\"no\"}", "If-Match", "\"2\""));
        contract.judge(
                "post", NAMED + "/rollback", send("POST", back, request, "If-Match", "\"2\""));
        contract.judge(
                "post",
                NAMED + "/rollback",
                send("POST", ROOT + "/nothing/rollback", request, "If-Match", "\"2\""));
        String overrides = "/api/v1/overrides";
        String pause = "{\"table\":\"orders\",\"pins\":{\"paused\":true},\"reason\":\"r\"}";
        contract.judge("post", overrides, send("POST", overrides, pause));
        contract.judge("post", overrides, send("POST", overrides, "{\"table\":\"orders\"}"));
        contract.judge(
                "post", overrides, send("POST", overrides, pause.replace("orders", "nothing")));
        contract.judge(
                "post",
                overrides,
                send(
                        "POST",
                        overrides,
                        pause.replace(
                                "\"reason\"", "\"until\":\"2001-01-01T00:00:00Z\",\"reason\"")));
        contract.judge("get", overrides, send("GET", overrides, ""));
        contract.judge("delete", overrides + "/{number}", send("DELETE", overrides + "/1", ""));
        contract.judge("delete", overrides + "/{number}", send("DELETE", overrides + "/1", ""));
        contract.judge("delete", overrides + "/{number}", send("DELETE", overrides + "/x", ""));
        String functions = "/api/v1/functions";
        String function = functions + "/{name}";
        String ratings = functions + "/ratings";
        contract.judge("put", function, send("PUT", ratings, NEEDS));
        contract.judge("put", function, send("PUT", ratings, "{}", "If-Match", "0"));
        contract.judge("put", function, send("PUT", functions + "/bad", NEEDS, "If-Match", "0"));
        contract.judge("put", function, send("PUT", ratings, NEEDS, "If-Match", "0"));
        contract.judge("put", function, send("PUT", ratings, NEEDS, "If-Match", "0"));
        contract.judge("get", functions, send("GET", functions, ""));
        contract.judge("get", functions, send("GET", functions + "?limit=0", ""));
        contract.judge("get", function, send("GET", ratings, ""));
        contract.judge("get", function, send("GET", functions + "/none", ""));
        contract.judge("delete", function, send("DELETE", ratings, ""));
        contract.judge("delete", function, send("DELETE", ratings, "", "If-Match", "7"));
        contract.judge("delete", function, send("DELETE", functions + "/x", "", "If-Match", "7"));
        contract.judge("delete", function, send("DELETE", ratings, "", "If-Match", "1"));
        String declaration = "/api/v1/declaration";
        String difference = declaration + "/difference";
        HttpResponse<String> shown = send("POST", difference, DECLARED);
        contract.judge("get", declaration, send("GET", declaration, ""));
        contract.judge("post", difference, shown);
        contract.judge("post", difference, send("POST", difference, "{}"));
        contract.judge("post", difference, send("POST", difference, UNKNOWN));
        contract.judge("put", declaration, send("PUT", declaration, DECLARED));
        contract.judge("put", declaration, send("PUT", declaration, "[", "If-Match", "x"));
        contract.judge("put", declaration, send("PUT", declaration, DECLARED, "If-Match", "x"));
        contract.judge("put", declaration, send("PUT", declaration, UNKNOWN, "If-Match", "x"));
        contract.judge(
                "put", declaration, send("PUT", declaration, DECLARED, "If-Match", tag(shown)));
        contract.judge("get", "/api/v1/audit", send("GET", "/api/v1/audit", ""));
        contract.judge("get", "/api/v1/audit", send("GET", "/api/v1/audit?before=x", ""));

        List<String> notSeen =
                contract.described().stream()
                        .filter(it ->
                                it.contains("/api/v1/replication-schemas")
                                        || it.contains("/api/v1/rules")
                                        || it.contains("/api/v1/overrides")
                                        || it.contains("/api/v1/shards")
                                        || it.contains("/api/v1/functions")
                                        || it.contains("/api/v1/declaration")
                                        || it.contains("/api/v1/audit"))
                        .filter(it -> !contract.seen().contains(it))
                        .toList();
        assertThat(notSeen).isEmpty();
    }

    @Test
    void badInputIsAClearErrorAndChangesNothing() throws Exception {
        assertThat(send("POST", "/api/v1/rules/test", HOT.replace("priority", "priorty")).body())
                .contains("TT-601")
                .contains("did you mean 'priority'?");
        assertThat(send("POST", "/api/v1/rules/test", HOT.replace("9}", "\"nine\"}")).body())
                .contains("TT-601")
                .contains("rules.[1].priority");
        assertThat(
                        send("POST", "/api/v1/rules/test", HOT.replace("\"true\"", "\"rwos > 1\""))
                                .body())
                .contains("TT-640")
                .contains("line 1, column 1")
                .contains("did you mean 'rows'?");
        assertThat(send("POST", "/api/v1/rules/test", HOT.replace("hot", "warmish")).body())
                .contains("takes hot, warm or cold, got 'warmish'");
        HttpResponse<String> huge =
                send("POST", "/api/v1/rules/test", "[" + "1,".repeat(1 << 20) + "1]");
        assertThat(huge.statusCode()).isEqualTo(413);
        assertThat(huge.body()).contains("TT-600").doesNotContain("\tat ");
        assertThat(
                        send("GET", ROOT + "/orders%22%3B%20DROP%20TABLE%20orders%3B--", "")
                                .statusCode())
                .isEqualTo(404);
        assertThat(send("GET", "/api/v1/rules", "").headers().firstValue("ETag")).hasValue("\"0\"");
        assertThat(send("GET", "/api/v1/audit?subject=rules", "").body())
                .contains("\"entries\":[]");
    }

    @Test
    void ofTwoWhoChangeTheSameOnlyTheFirstIsHeard() throws Exception {
        HttpResponse<String> first =
                send("PUT", "/api/v1/rules", HOT, "If-Match", "\"0\"", "Tidetable-Author", "ada");
        HttpResponse<String> second =
                send("PUT", "/api/v1/rules", HOT, "If-Match", "\"0\"", "Tidetable-Author", "bob");

        assertThat(first.statusCode()).isEqualTo(200);
        assertThat(first.headers().firstValue("ETag")).hasValue("\"1\"");
        assertThat(second.statusCode()).isEqualTo(412);
        assertThat(second.body()).contains("TT-630");
        assertThat(send("GET", "/api/v1/audit?subject=rules", "").body())
                .contains("\"author\":\"ada\"")
                .doesNotContain("bob");
    }

    @Test
    void aDeclarationIsShownAppliedAsAWholeAndIdempotent() {
        try (ControlClient client = new ControlClient(server.url(), "ada")) {
            client.override("items", null, Map.of("priority", 5), "old", null);
            Answer shown = client.difference(DECLARED);

            assertThat(shown.rows("changes", "change", "what", "name"))
                    .containsExactly(
                            List.of("added", "rule", "all"),
                            List.of("removed", "override", "public.items everywhere"),
                            List.of("added", "override", "public.orders everywhere"));
            assertThat(shown.text("applied")).isEqualTo("false");
            assertThat(client.rules().tag()).isEqualTo("\"0\"");

            Answer applied = client.declare(DECLARED, shown.tag());
            assertThat(applied.rows("changes", "name")).hasSize(3);
            assertThat(applied.texts("changed"))
                    .containsExactly("public.items to reporting", "public.orders to reporting");
            assertThat(client.explain("orders", null).rows("explanations", "sentences").toString())
                    .contains("by ada pins priority 50")
                    .contains("Its consistency is group: checkout until the next start.");
            assertThat(client.declaration().rows("overrides", "table", "reason"))
                    .containsExactly(List.of("public.orders", "sale"));

            Answer again = client.difference(DECLARED);
            assertThat(again.rows("changes", "name")).isEmpty();
            client.declare(DECLARED, again.tag());
            assertThat(client.rules().tag()).isEqualTo("\"1\"");
            assertThat(client.overrides().rows("overrides", "number")).hasSize(2);
        }
    }

    @Test
    void aDeclarationThatCannotBeOrIsOutdatedChangesNothing() {
        try (ControlClient client = new ControlClient(server.url(), "ada")) {
            String tag = client.declaration().tag();
            for (String wrong :
                    List.of(
                            DECLARED.replace("\"true\"", "\"rwos > 1\""),
                            UNKNOWN,
                            DECLARED.replace("50", "5000"),
                            DECLARED.replace("\"sale\"", "\" \""))) {
                assertThatThrownBy(() -> client.declare(wrong, tag))
                        .as(wrong)
                        .isInstanceOf(TidetableException.class);
            }
            client.override("items", null, Map.of("priority", 5), "meanwhile", null);
            assertThatThrownBy(() -> client.declare(DECLARED, tag))
                    .hasMessageContaining("somebody changed it meanwhile");

            assertThat(client.rules().tag()).isEqualTo("\"0\"");
            assertThat(client.overrides().rows("overrides", "reason"))
                    .containsExactly(List.of("meanwhile"));
        }
    }

    @Test
    void everyEntryOfTheAuditIsAnEventForWhoListens() throws Exception {
        control.follow(it -> {});
        List<String> heard = new CopyOnWriteArrayList<>();
        CompletableFuture<Void> events =
                CompletableFuture.runAsync(() -> {
                    try (Stream<String> lines = listen("0")) {
                        lines.forEach(heard::add);
                    } catch (UncheckedIOException e) {
                        heard.add("closed");
                    }
                });
        await().until(() -> heard.stream().anyMatch(it -> it.contains("event: status")));

        try (ControlClient client = new ControlClient(server.url(), "ada")) {
            client.override("orders", null, Map.of("priority", 77), "sale", null);
        }

        await().until(() -> heard.stream().anyMatch(it -> it.contains("override set")));
        assertThat(heard.stream().filter(it -> it.contains("\"action\":\"replication schema")))
                .as("what was before, by its number")
                .hasSize(2);
        server.close();
        events.get(10, TimeUnit.SECONDS);
    }

    private Stream<String> listen(String lastEvent) {
        try {
            return http.send(
                            HttpRequest.newBuilder(URI.create(server.url() + "/events"))
                                    .header("Accept", "text/event-stream")
                                    .header("Last-Event-ID", lastEvent)
                                    .build(),
                            HttpResponse.BodyHandlers.ofLines())
                    .body();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static String tag(HttpResponse<String> answer) {
        return answer.headers().firstValue("ETag").orElseThrow();
    }

    @Test
    void theClientSpeaksTheSameLanguage() {
        try (ControlClient client = new ControlClient(server.url(), "ada")) {
            assertThat(client.schemas(null).rows("replication_schemas", "table", "schema.priority"))
                    .containsExactly(List.of("public.items", "3"), List.of("public.orders", "3"));
            assertThat(client.apply(HOT, client.rules().tag()).texts("changed"))
                    .containsExactly("public.items to reporting", "public.orders to reporting");
            assertThat(
                            client.override(
                                            "orders",
                                            null,
                                            Map.of("priority", 77),
                                            "sale",
                                            Instant.now().plusSeconds(60))
                                    .text("number"))
                    .isEqualTo("1");
            assertThat(client.explain("orders", null).text("explanations.sentences")).isEmpty();
            assertThat(client.explain("orders", null).rows("explanations", "sentences").toString())
                    .contains("priority 77")
                    .contains("Now it is streaming; its rows are live; 5 bytes of changes wait;")
                    .contains("Override 1 by ada pins priority 77 until");
            pipeline.note = "TT-412 it could not be created";
            assertThat(client.explain("orders", null).rows("explanations", "sentences").toString())
                    .contains("It says: TT-412 it could not be created.");
            assertThat(client.rollBack("items", null, 1, "no").text("schema.priority"))
                    .isEqualTo("3");
            assertThat(client.history("items", null).rows("versions", "schema.version")).hasSize(3);
            client.endOverride(1);
            assertThat(client.audit("public.orders", 10).rows("entries", "action").toString())
                    .contains("override ended")
                    .contains("override set");
            assertThatThrownBy(() -> client.endOverride(1))
                    .hasMessageContaining("has ended already");
        }
    }
}
