package io.tidetable.control.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.net.http.HttpResponse;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** The contract in openapi.yaml: knows its routes and judges answers by it. */
final class Contract {
    private final JsonNode document;
    private final Set<String> seen = new TreeSet<>();

    Contract(String yaml) {
        document = new YAMLMapper().readTree(yaml);
    }

    /** Every "method path status" the contract describes. */
    Set<String> described() {
        Set<String> described = new TreeSet<>();
        document.get("paths")
                .properties()
                .forEach(path ->
                        path.getValue()
                                .properties()
                                .forEach(method ->
                                        method.getValue()
                                                .get("responses")
                                                .propertyNames()
                                                .forEach(status ->
                                                        described.add(
                                                                method.getKey()
                                                                        + " "
                                                                        + path.getKey()
                                                                        + " "
                                                                        + status))));
        return described;
    }

    /** Judges the example of every request and response body by its schema; one without fails. */
    void judgeExamples() {
        document.get("paths")
                .properties()
                .forEach(path ->
                        path.getValue()
                                .properties()
                                .forEach(method ->
                                        judgeExamples(
                                                method.getKey() + " " + path.getKey(),
                                                method.getValue())));
    }

    private void judgeExamples(String operation, JsonNode described) {
        judgeExample(operation + " request", described.path("requestBody"));
        described
                .get("responses")
                .properties()
                .forEach(it -> judgeExample(operation + " " + it.getKey(), it.getValue()));
    }

    private void judgeExample(String what, JsonNode body) {
        resolve(body)
                .path("content")
                .properties()
                .forEach(media -> {
                    JsonNode example = media.getValue().path("example");
                    assertThat(example.isMissingNode()).as("%s has no example", what).isFalse();
                    check(media.getValue().get("schema"), example.toString());
                });
    }

    /** What has been judged so far. */
    Set<String> seen() {
        return seen;
    }

    void judge(String method, String path, HttpResponse<String> answer) {
        String status = Integer.toString(answer.statusCode());
        JsonNode response =
                resolve(
                        document.get("paths")
                                .path(path)
                                .path(method)
                                .path("responses")
                                .path(status));
        assertThat(response.isObject())
                .as("the contract describes %s %s %s", method, path, status)
                .isTrue();
        String type =
                answer.headers().firstValue("Content-Type").orElse("").split(";", 2)[0].strip();
        JsonNode schema = response.path("content").path(type).path("schema");
        assertThat(schema.isObject())
                .as("the contract lets %s %s %s answer '%s'", method, path, status, type)
                .isTrue();
        if (type.endsWith("json") || type.endsWith("jsonl")) {
            answer.body().lines().forEach(line -> check(schema, line));
        }
        seen.add(method + " " + path + " " + status);
    }

    private JsonNode resolve(JsonNode node) {
        JsonNode reference = node.path("$ref");
        return reference.isString() ? document.at(reference.asString().substring(1)) : node;
    }

    private void check(JsonNode schema, String json) {
        ObjectNode whole = (ObjectNode) schema.deepCopy();
        whole.set("components", Objects.requireNonNull(document.get("components")));
        Schema judge =
                SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                        .getSchema(whole);
        assertThat(judge.validate(json, InputFormat.JSON)).as("%s", json).isEmpty();
    }
}
