package io.tidetable.app.settings;

import io.tidetable.model.ByteSize;
import io.tidetable.model.Track;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The kinds of values a file has, each with the sentence that says what it takes. */
final class ValueKinds {
    private ValueKinds() {}

    static boolean truth(String text) {
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default ->
                    throw new IllegalArgumentException("takes true or false, got '" + text + "'");
        };
    }

    static int number(String text, int least, int most) {
        try {
            int number = Integer.parseInt(text.strip());
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "takes a whole number from %d to %d, got '%s'".formatted(least, most, text), e);
        }
        throw new IllegalArgumentException(
                "takes a whole number from %d to %d, got %s".formatted(least, most, text));
    }

    static Function<String, ByteSize> atLeast(String least) {
        return text -> {
            ByteSize size = ByteSize.parse(text);
            if (size.bytes() < ByteSize.parse(least).bytes()) {
                throw new IllegalArgumentException(
                        "takes a size of at least %s, got '%s'".formatted(least, text));
            }
            return size;
        };
    }

    static Function<String, Duration> between(String least, String most) {
        return text -> {
            Duration duration = Durations.parse(text);
            if (duration.compareTo(Durations.parse(least)) < 0
                    || duration.compareTo(Durations.parse(most)) > 0) {
                throw new IllegalArgumentException(
                        "takes a duration from %s to %s, got '%s'".formatted(least, most, text));
            }
            return duration;
        };
    }

    static <E extends Enum<E>> E choice(String text, E[] values) {
        for (E value : values) {
            if (value.name().toLowerCase(Locale.ROOT).equals(text)) {
                return value;
            }
        }
        throw new IllegalArgumentException(
                "takes %s, got '%s'"
                        .formatted(
                                Arrays.stream(values)
                                        .map(value -> value.name().toLowerCase(Locale.ROOT))
                                        .collect(Collectors.joining(" or ")),
                                text));
    }

    static Track track(String text) {
        return choice(text, Track.values());
    }
}
