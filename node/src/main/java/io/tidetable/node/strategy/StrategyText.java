package io.tidetable.node.strategy;

import io.tidetable.model.schema.Strategy;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/** Strategies as texts that are written down at a destination. */
final class StrategyText {
    private static final String BETWEEN = "\u001F";
    private static final String AUTOMATIC = Strategy.Full.AUTOMATIC;
    private static final String LIST = "\u001E";

    private StrategyText() {}

    static String of(Strategy strategy) {
        return switch (strategy) {
            case Strategy.PrioritizedDelta() -> "delta";
            case Strategy.Full(Duration cadence, boolean automatic) ->
                    automatic
                            ? String.join(BETWEEN, "full", cadence.toString(), AUTOMATIC)
                            : String.join(BETWEEN, "full", cadence.toString());
            case Strategy.Sampling(
                            double margin,
                            double confidence,
                            double falseAlarms,
                            Duration window,
                            int windows) ->
                    String.join(
                            BETWEEN,
                            "sampling",
                            Double.toString(margin),
                            Double.toString(confidence),
                            Double.toString(falseAlarms),
                            window.toString(),
                            Integer.toString(windows));
            case Strategy.Functional(List<String> functions, List<String> columns, String rows) ->
                    String.join(
                            BETWEEN,
                            "functional",
                            String.join(LIST, functions),
                            String.join(LIST, columns),
                            rows == null ? "" : rows);
        };
    }

    /**
     * The strategy of a text.
     *
     * @throws IllegalArgumentException when it is none
     */
    static Strategy parse(String text) {
        String[] parts = text.split(BETWEEN, -1);
        return switch (parts[0] + " " + parts.length) {
            case "delta 1" -> new Strategy.PrioritizedDelta();
            case "full 2" -> new Strategy.Full(Duration.parse(parts[1]));
            case "full 3" -> new Strategy.Full(Duration.parse(parts[1]), true);
            case "sampling 6" ->
                    new Strategy.Sampling(
                            Double.parseDouble(parts[1]),
                            Double.parseDouble(parts[2]),
                            Double.parseDouble(parts[3]),
                            Duration.parse(parts[4]),
                            Integer.parseInt(parts[5]));
            case "functional 4" ->
                    new Strategy.Functional(
                            list(parts[1]), list(parts[2]), parts[3].isEmpty() ? null : parts[3]);
            default -> throw new IllegalArgumentException("no strategy: " + text);
        };
    }

    private static List<String> list(String joined) {
        return joined.isEmpty() ? List.of() : Arrays.asList(joined.split(LIST, -1));
    }
}
