package io.tidetable.control.document;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.tidetable.model.NearestName;
import io.tidetable.model.schema.Strategy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A strategy; the name alone means its usual parameters. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record StrategyDocument(
        @Nullable String kind,
        @Nullable String cadence,
        @Nullable Double cadenceSeconds,
        @Nullable Double marginOfError,
        @Nullable Double confidence,
        @Nullable Double falseAlarms,
        @Nullable Double windowSeconds,
        @JsonProperty("windows_in_a_row") @Nullable Integer windowsInARow,
        @Nullable List<String> functions,
        @Nullable List<String> columns,
        @Nullable String rows) {
    private static final Map<String, Set<String>> PARAMETERS =
            Map.of(
                    "delta",
                    Set.of(),
                    "full",
                    Set.of("cadence", "cadence_seconds"),
                    "sampling",
                    Set.of(
                            "margin_of_error",
                            "confidence",
                            "false_alarms",
                            "window_seconds",
                            "windows_in_a_row"),
                    "functional",
                    Set.of("functions", "columns", "rows"));

    @JsonCreator
    public StrategyDocument {}

    /** A strategy with its usual parameters. */
    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public static StrategyDocument named(String kind) {
        return new StrategyDocument(
                kind, null, null, null, null, null, null, null, null, null, null);
    }

    /** The form of a strategy. */
    public static StrategyDocument of(Strategy strategy) {
        return switch (strategy) {
            case Strategy.PrioritizedDelta() -> named("delta");
            case Strategy.Full(Duration cadence, boolean automatic) ->
                    new StrategyDocument(
                            "full",
                            automatic ? Strategy.Full.AUTOMATIC : null,
                            automatic ? null : Spans.seconds(cadence),
                            null,
                            null,
                            null,
                            null,
                            null,
                            null,
                            null,
                            null);
            case Strategy.Sampling it ->
                    new StrategyDocument(
                            "sampling",
                            null,
                            null,
                            it.marginOfError(),
                            it.confidence(),
                            it.falseAlarms(),
                            Spans.seconds(it.window()),
                            it.windowsInARow(),
                            null,
                            null,
                            null);
            case Strategy.Functional it ->
                    new StrategyDocument(
                            "functional",
                            null,
                            null,
                            null,
                            null,
                            null,
                            null,
                            null,
                            it.functions(),
                            it.columns(),
                            it.rows());
        };
    }

    /**
     * The strategy.
     *
     * @throws IllegalArgumentException when there is none of that name, or a parameter is not its
     */
    public Strategy strategy() {
        String name = Objects.requireNonNullElse(kind, "");
        Set<String> takes = PARAMETERS.get(name);
        if (takes == null) {
            throw new IllegalArgumentException(
                    "strategy takes delta, full, sampling or functional, got '%s'%s"
                            .formatted(
                                    name,
                                    NearestName.of(name, new TreeSet<>(PARAMETERS.keySet()))
                                            .map(it -> "; did you mean '" + it + "'?")
                                            .orElse("")));
        }
        for (String parameter : given()) {
            if (!takes.contains(parameter)) {
                throw new IllegalArgumentException(
                        "the strategy %s takes no '%s'; it takes %s"
                                .formatted(
                                        name,
                                        parameter,
                                        takes.isEmpty()
                                                ? "nothing"
                                                : String.join(", ", new TreeSet<>(takes))));
            }
        }
        Strategy.Sampling usual = Strategy.Sampling.USUAL;
        return switch (name) {
            case "full" -> full();
            case "sampling" ->
                    new Strategy.Sampling(
                            Objects.requireNonNullElse(marginOfError, usual.marginOfError()),
                            Objects.requireNonNullElse(confidence, usual.confidence()),
                            Objects.requireNonNullElse(falseAlarms, usual.falseAlarms()),
                            windowSeconds == null
                                    ? usual.window()
                                    : Spans.duration("window_seconds", windowSeconds),
                            Objects.requireNonNullElse(windowsInARow, usual.windowsInARow()));
            case "functional" ->
                    new Strategy.Functional(
                            Objects.requireNonNullElse(functions, List.of()),
                            Objects.requireNonNullElse(columns, List.of()),
                            rows);
            default -> new Strategy.PrioritizedDelta();
        };
    }

    private Strategy full() {
        if (cadence == null) {
            return new Strategy.Full(
                    cadenceSeconds == null
                            ? Strategy.Full.USUAL_CADENCE
                            : Spans.duration("cadence_seconds", cadenceSeconds));
        }
        if (!cadence.equals(Strategy.Full.AUTOMATIC) || cadenceSeconds != null) {
            throw new IllegalArgumentException(
                    "the strategy full takes cadence: auto, or cadence_seconds with a number, got cadence '%s'%s"
                            .formatted(cadence, cadenceSeconds == null ? "" : " and both"));
        }
        return Strategy.Full.byCosts();
    }

    private List<String> given() {
        List<String> given = new ArrayList<>();
        add(given, "cadence", cadence);
        add(given, "cadence_seconds", cadenceSeconds);
        add(given, "margin_of_error", marginOfError);
        add(given, "confidence", confidence);
        add(given, "false_alarms", falseAlarms);
        add(given, "window_seconds", windowSeconds);
        add(given, "windows_in_a_row", windowsInARow);
        add(given, "functions", functions);
        add(given, "columns", columns);
        add(given, "rows", rows);
        return given;
    }

    private static void add(List<String> given, String name, @Nullable Object value) {
        if (value != null) {
            given.add(name);
        }
    }
}
