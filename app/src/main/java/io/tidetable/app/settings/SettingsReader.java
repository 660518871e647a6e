package io.tidetable.app.settings;

import io.tidetable.model.NearestName;
import io.tidetable.model.TidetableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonPointer;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.dataformat.yaml.YAMLFactory;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * Reads a settings file; every mistake becomes one sentence with the file, the line and the fix.
 */
public final class SettingsReader {
    private static final YAMLMapper YAML =
            YAMLMapper.builder(
                            YAMLFactory.builder()
                                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                                    .build())
                    .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                    .build();

    private static final Map<String, String> SHAPES =
            Map.of(
                    "tables", "a list",
                    "tags", "a list",
                    "destinations", "a block of named destinations");

    private final UnaryOperator<@Nullable String> environment;

    /**
     * A reader.
     *
     * @param environment value of an environment variable, null where it is not set
     */
    public SettingsReader(UnaryOperator<@Nullable String> environment) {
        this.environment = environment;
    }

    /**
     * Reads the file.
     *
     * @throws TidetableException TT-100 unreadable, TT-101 not YAML, TT-102 unknown key, TT-103
     *     value not allowed, TT-104 something missing, TT-105 environment variable not set
     */
    public Settings read(Path file) {
        String text = textOf(file);
        try {
            Document document = YAML.readValue(text, Document.class);
            return new DocumentCheck(environment).settings(document);
        } catch (SettingsMistake e) {
            throw located(file, text, e);
        } catch (UnrecognizedPropertyException e) {
            throw located(file, text, unknownKey(e));
        } catch (MismatchedInputException e) {
            throw located(file, text, wrongShape(e));
        } catch (JacksonException e) {
            throw notYaml(file, e);
        }
    }

    private static String textOf(Path file) {
        try {
            return Files.readString(file);
        } catch (NoSuchFileException e) {
            throw new TidetableException(
                    "TT-100",
                    "the settings file " + file + " does not exist; give another with -c FILE",
                    e);
        } catch (IOException e) {
            throw new TidetableException(
                    "TT-100",
                    "the settings file %s cannot be read: %s; check its rights and that it is UTF-8 text"
                            .formatted(file, e),
                    e);
        }
    }

    private static SettingsMistake unknownKey(UnrecognizedPropertyException e) {
        JsonPointer place = pointer(e.getPath());
        Collection<Object> ids =
                e.getKnownPropertyIds() == null ? List.of() : e.getKnownPropertyIds();
        List<String> known = ids.stream().map(String::valueOf).sorted().toList();
        String key = e.getPropertyName();
        String nearest =
                NearestName.of(key, known).map(n -> "did you mean '" + n + "'? ").orElse("");
        return new SettingsMistake(
                "TT-102",
                place,
                "unknown key '%s'%s; %sknown here: %s"
                        .formatted(
                                key,
                                place.head().equals(JsonPointer.empty())
                                        ? ""
                                        : " in " + WrittenValues.name(place.head()),
                                nearest,
                                String.join(", ", known)));
    }

    private static SettingsMistake wrongShape(MismatchedInputException e) {
        JsonPointer place = pointer(e.getPath());
        String key = place.tail() == null ? "" : lastName(place);
        Class<?> target = e.getTargetType();
        if (target == Document.class && e.getCurrentToken() == null) {
            return WrittenValues.missing(
                    place, "the file is empty; it needs 'source', 'destinations' and 'tables'");
        }
        String shape = SHAPES.get(key);
        if (shape == null) {
            shape =
                    target == String.class
                            ? "one value"
                            : target == Document.Table.class
                                    ? "a table pattern, or a block of keys: name, consistency,"
                                            + " priority, track, tags"
                                    : keysOf(target);
        }
        return new SettingsMistake("TT-103", place, WrittenValues.name(place) + " takes " + shape);
    }

    private static String lastName(JsonPointer place) {
        String name = place.last().getMatchingProperty();
        return name == null ? "" : name;
    }

    private static String keysOf(@Nullable Class<?> target) {
        if (target == null || !target.isRecord()) {
            return "another kind of value";
        }
        return java.util.Arrays.stream(target.getRecordComponents())
                .map(component -> component.getName().replaceAll("([A-Z])", "_$1"))
                .map(name -> name.toLowerCase(java.util.Locale.ROOT))
                .collect(Collectors.joining(", ", "a block of keys: ", ""));
    }

    private static JsonPointer pointer(List<JacksonException.Reference> path) {
        JsonPointer pointer = JsonPointer.empty();
        for (JacksonException.Reference reference : path) {
            pointer =
                    reference.getPropertyName() != null
                            ? pointer.appendProperty(reference.getPropertyName())
                            : reference.getIndex() >= 0
                                    ? pointer.appendIndex(reference.getIndex())
                                    : pointer;
        }
        return pointer;
    }

    private static TidetableException located(Path file, String text, SettingsMistake mistake) {
        JsonPointer place = mistake.place();
        int line = lineOf(text, place);
        while (line < 0) {
            place = place.head();
            line = lineOf(text, place);
        }
        return new TidetableException(
                mistake.code(),
                "%s line %d: %s".formatted(file, line, mistake.sentence()),
                mistake);
    }

    /** The line a place stands on, -1 where the text does not have the place. */
    private static int lineOf(String text, JsonPointer place) {
        if (place.matches()) {
            return 1;
        }
        try (JsonParser parser = YAML.createParser(text)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (parser.streamReadContext().pathAsPointer().equals(place)) {
                    return parser.currentTokenLocation().getLineNr();
                }
            }
            return -1;
        } catch (JacksonException e) {
            return -1;
        }
    }

    private static TidetableException notYaml(Path file, JacksonException e) {
        TokenStreamLocation location = e.getLocation();
        int line = location == null ? 1 : Math.max(1, location.getLineNr());
        String first = e.getOriginalMessage().lines().findFirst().orElse("it cannot be parsed");
        return new TidetableException(
                "TT-101",
                "%s line %d: this is not YAML as expected: %s; check indentation, quotes and brackets there"
                        .formatted(file, line, first),
                e);
    }
}
