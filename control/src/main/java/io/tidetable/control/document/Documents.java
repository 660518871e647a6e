package io.tidetable.control.document;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.Nulls;
import io.tidetable.model.NearestName;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Writes and reads the documents: keys in snake case, an unknown key or wrong type is a mistake.
 */
public final class Documents {
    private static final JsonMapper MAPPER =
            JsonMapper.builder(
                            JsonFactory.builder()
                                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                                    .build())
                    .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                    .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
                    .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
                    .changeDefaultNullHandling(it -> it.withContentNulls(Nulls.FAIL))
                    .changeDefaultPropertyInclusion(
                            it -> it.withValueInclusion(JsonInclude.Include.ALWAYS))
                    .build();

    private Documents() {}

    /** The JSON text of a document. */
    public static String text(Object document) {
        return MAPPER.writeValueAsString(document);
    }

    /**
     * Reads a document.
     *
     * @throws IllegalArgumentException with the place and, for an unknown key, the nearest known
     *     one
     */
    public static <T> T read(String text, Class<T> type) {
        try {
            T document = MAPPER.readValue(text, type);
            if (document == null) {
                throw new IllegalArgumentException("the document is empty");
            }
            return document;
        } catch (UnrecognizedPropertyException e) {
            throw new IllegalArgumentException(unknownKey(e), e);
        } catch (MismatchedInputException e) {
            throw new IllegalArgumentException(
                    "%s takes %s".formatted(place(e.getPath()), expected(e.getTargetType())), e);
        } catch (JacksonException e) {
            Throwable cause = e.getCause();
            throw new IllegalArgumentException(
                    cause instanceof IllegalArgumentException
                            ? String.valueOf(cause.getMessage())
                            : "not JSON: " + e.getOriginalMessage(),
                    e);
        }
    }

    private static String unknownKey(UnrecognizedPropertyException e) {
        Collection<Object> ids =
                e.getKnownPropertyIds() == null ? List.of() : e.getKnownPropertyIds();
        List<String> known = ids.stream().map(String::valueOf).sorted().toList();
        return "unknown key '%s'; %sknown there: %s"
                .formatted(
                        place(e.getPath()),
                        NearestName.of(e.getPropertyName(), known)
                                .map(it -> "did you mean '" + it + "'? ")
                                .orElse(""),
                        String.join(", ", known));
    }

    /**
     * Refuses texts that hold the character that no database keeps in a text.
     *
     * @throws IllegalArgumentException where one does
     */
    public static void requireStorable(String json) {
        if (json.indexOf('\0') < 0 && !json.contains("\\u0000")) {
            return;
        }
        try {
            requireStorable(MAPPER.readTree(json));
        } catch (JacksonException e) {
            throw new IllegalArgumentException("not JSON: " + e.getOriginalMessage(), e);
        }
    }

    private static void requireStorable(JsonNode node) {
        boolean text = node.isString() && node.stringValue().indexOf('\0') >= 0;
        boolean key = node.propertyNames().stream().anyMatch(it -> it.indexOf('\0') >= 0);
        if (text || key) {
            throw new IllegalArgumentException(
                    "a text holds the character NUL (\\u0000), which no database keeps in a text");
        }
        node.forEach(Documents::requireStorable);
    }

    /** In words of JSON, not of the program. */
    private static String expected(@Nullable Class<?> type) {
        if (type == null) {
            return "another kind of value";
        }
        if (type == String.class) {
            return "a text";
        }
        if (type == Boolean.class || type == boolean.class) {
            return "true or false";
        }
        if (Number.class.isAssignableFrom(type) || type.isPrimitive()) {
            return "a number";
        }
        if (Collection.class.isAssignableFrom(type)) {
            return "a list";
        }
        if (type == Instant.class) {
            return "a time such as 2026-01-31T12:00:00Z";
        }
        return "an object, or what stands for one";
    }

    private static String place(@Nullable List<JacksonException.Reference> path) {
        return path == null || path.isEmpty()
                ? "the document"
                : path.stream()
                        .map(it ->
                                it.getPropertyName() == null
                                        ? "[" + (it.getIndex() + 1) + "]"
                                        : it.getPropertyName())
                        .collect(Collectors.joining("."));
    }
}
