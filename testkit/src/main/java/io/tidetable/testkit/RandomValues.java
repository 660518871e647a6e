package io.tidetable.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Values in text form that replication gets wrong first, by chance alone. */
final class RandomValues {
    private static final List<String> WORDS =
            List.of(
                    "",
                    " ",
                    "plain",
                    "NULL",
                    "\\N",
                    "\\.",
                    "it's",
                    "\"quoted\"",
                    "back\\slash",
                    "tab\there",
                    "line\nfeed",
                    "carriage\rreturn",
                    "comma, {brace}",
                    "%s ?",
                    "größe",
                    "日本語",
                    "\uD83D\uDC18",
                    "e\u0301",
                    "\u00A0",
                    "0",
                    "-1",
                    "true");
    private static final List<String> FLOATS =
            List.of(
                    "0",
                    "-0",
                    "NaN",
                    "Infinity",
                    "-Infinity",
                    "1e-300",
                    "1.7976931348623157e308",
                    "4.9e-324",
                    "0.1",
                    "0.30000000000000004");
    private static final List<String> NUMERICS =
            List.of(
                    "0",
                    "0.00",
                    "1.5",
                    "1.50",
                    "-1",
                    "NaN",
                    "1e-20",
                    "0.000000000000000000001",
                    "12345678901234567890123456789.123456789");
    private static final List<String> TIMESTAMPS =
            List.of(
                    "infinity",
                    "-infinity",
                    "0044-03-15 12:00:00+00 BC",
                    "1970-01-01 00:00:00+00",
                    "2024-02-29 23:59:59.999999+00",
                    "9999-12-31 23:59:59+00");
    private static final String LETTERS =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    private final RandomGenerator random;

    RandomValues(RandomGenerator random) {
        this.random = random;
    }

    String word() {
        String word = WORDS.get(random.nextInt(WORDS.size()));
        return random.nextInt(3) == 0 ? word : word + random.nextInt(1000);
    }

    @Nullable String wordOrNull() {
        return random.nextInt(4) == 0 ? null : word();
    }

    /** A name out of few, odd in its letters: a text key. */
    String name(int names) {
        int number = random.nextInt(names);
        return WORDS.get(number % WORDS.size()) + "/" + number;
    }

    String floating() {
        return random.nextBoolean()
                ? FLOATS.get(random.nextInt(FLOATS.size()))
                : Double.toString(random.nextGaussian() * Math.pow(10, random.nextInt(-9, 10)));
    }

    @Nullable String numeric() {
        return switch (random.nextInt(3)) {
            case 0 -> NUMERICS.get(random.nextInt(NUMERICS.size()));
            case 1 -> null;
            default -> "%d.%02d".formatted(random.nextInt(-9999, 10_000), random.nextInt(100));
        };
    }

    String timestamp() {
        return random.nextInt(4) == 0
                ? TIMESTAMPS.get(random.nextInt(TIMESTAMPS.size()))
                : "2026-%02d-%02d %02d:%02d:%02d.%06d+00"
                        .formatted(
                                random.nextInt(1, 13),
                                random.nextInt(1, 29),
                                random.nextInt(24),
                                random.nextInt(60),
                                random.nextInt(60),
                                random.nextInt(1_000_000));
    }

    /** An array of texts, with NULLs and the text "NULL". */
    String textArray() {
        List<String> elements = new ArrayList<>();
        for (int left = random.nextInt(4); left > 0; left--) {
            String word = wordOrNull();
            elements.add(
                    word == null
                            ? "NULL"
                            : '"' + word.replace("\\", "\\\\").replace("\"", "\\\"") + '"');
        }
        return "{" + String.join(",", elements) + "}";
    }

    @Nullable String json() {
        return switch (random.nextInt(4)) {
            case 0 -> null;
            case 1 -> "{}";
            case 2 -> "[1, null, \"\\u00e9\", {\"a\": 1.10}]";
            default ->
                    "{\"count\": %d, \"nested\": {\"on\": %b}}"
                            .formatted(random.nextInt(100), random.nextBoolean());
        };
    }

    String bytes() {
        StringBuilder hex = new StringBuilder("\\x");
        for (int left = random.nextInt(20); left > 0; left--) {
            hex.append("%02x".formatted(random.nextInt(256)));
        }
        return hex.toString();
    }

    String uuid() {
        return new UUID(random.nextLong(), random.nextLong()).toString();
    }

    /** Mostly a text that is stored out of line (2 to 20 kB); else a short one or NULL. */
    @Nullable String document() {
        if (random.nextInt(4) == 0) {
            return wordOrNull();
        }
        StringBuilder text = new StringBuilder();
        for (int left = random.nextInt(2_500, 20_000); left > 0; left -= 10) {
            for (long bits = random.nextLong(), letter = 0; letter < 10; letter++, bits >>>= 6) {
                text.append(LETTERS.charAt((int) (bits & 63)));
            }
        }
        return text.toString();
    }
}
