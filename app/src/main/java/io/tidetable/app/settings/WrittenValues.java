package io.tidetable.app.settings;

import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonPointer;

/**
 * Makes values of what is written in the file: references resolved, mistakes told with their place.
 */
final class WrittenValues {
    private static final Pattern REFERENCE = Pattern.compile("\\$\\{([^}]*)}");

    private final UnaryOperator<@Nullable String> environment;

    WrittenValues(UnaryOperator<@Nullable String> environment) {
        this.environment = environment;
    }

    /** The value at a place, or the default where none is written. */
    <T> T value(JsonPointer place, @Nullable String written, T usual, Function<String, T> parse) {
        if (written == null) {
            return usual;
        }
        String resolved = text(place, written);
        return checked(place, () -> parse.apply(resolved));
    }

    /** A text with its references to the environment replaced. */
    String text(JsonPointer place, String written) {
        Matcher matcher = REFERENCE.matcher(written);
        return matcher.replaceAll(
                reference -> Matcher.quoteReplacement(resolve(place, reference.group(1))));
    }

    private String resolve(JsonPointer place, String reference) {
        if (!reference.startsWith("env:")) {
            throw new SettingsMistake(
                    "TT-103",
                    place,
                    "%s refers to '${%s}'; references are written ${env:NAME}"
                            .formatted(name(place), reference));
        }
        String variable = reference.substring("env:".length());
        String value = environment.apply(variable);
        if (value == null) {
            throw new SettingsMistake(
                    "TT-105",
                    place,
                    "%s needs the environment variable %s, which is not set; export it first"
                            .formatted(name(place), variable));
        }
        return value;
    }

    static <T> T checked(JsonPointer place, Supplier<T> value) {
        try {
            return value.get();
        } catch (IllegalArgumentException e) {
            throw new SettingsMistake("TT-103", place, name(place) + " " + e.getMessage());
        }
    }

    static SettingsMistake missing(JsonPointer place, String sentence) {
        return new SettingsMistake("TT-104", place, sentence);
    }

    /** A place as people say it: {@code 'destinations.reporting.url'}. */
    static String name(JsonPointer place) {
        StringBuilder name = new StringBuilder();
        for (JsonPointer part = place; part != null && !part.matches(); part = part.tail()) {
            String property = Objects.toString(part.getMatchingProperty(), "");
            if (part.mayMatchElement() && property.matches("\\d+")) {
                name.append('[').append(Integer.parseInt(property) + 1).append(']');
            } else {
                name.append(name.isEmpty() ? "" : ".").append(property);
            }
        }
        return name.isEmpty() ? "the file" : "'" + name + "'";
    }
}
