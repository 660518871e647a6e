package io.tidetable.control.document;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.tidetable.model.Consistency;
import io.tidetable.model.Track;
import io.tidetable.model.schema.ChangeFrequency;
import io.tidetable.model.schema.ClassificationRule;
import io.tidetable.model.schema.Objective;
import io.tidetable.model.schema.Temperature;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A classification rule.
 *
 * @param when its condition
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RuleDocument(
        @Nullable String name,
        @Nullable String when,
        @Nullable String temperature,
        @Nullable String changeFrequency,
        @Nullable StrategyDocument strategy,
        @Nullable String consistency,
        @Nullable Integer priority,
        @Nullable String track,
        @Nullable Double freshnessSeconds) {
    /** The form of it. */
    public static RuleDocument of(ClassificationRule it) {
        return new RuleDocument(
                it.name(),
                it.condition(),
                map(it.temperature(), Temperature::label),
                map(it.changeFrequency(), ChangeFrequency::label),
                map(it.strategy(), StrategyDocument::of),
                map(it.consistency(), Consistency::label),
                it.priority(),
                map(it.track(), Track::label),
                map(it.objective(), Objective::seconds));
    }

    /**
     * The rule.
     *
     * @throws IllegalArgumentException when a value is not allowed
     */
    public ClassificationRule rule() {
        try {
            return new ClassificationRule(
                    Objects.requireNonNullElse(name, ""),
                    Objects.requireNonNullElse(when, ""),
                    map(temperature, Temperature::parse),
                    map(changeFrequency, ChangeFrequency::parse),
                    map(strategy, StrategyDocument::strategy),
                    map(consistency, Consistency::parse),
                    priority,
                    map(track, Track::parse),
                    map(freshnessSeconds, Objective::ofSeconds));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("rule '%s': %s".formatted(name, e.getMessage()), e);
        }
    }

    static <A, B> @Nullable B map(@Nullable A value, Function<A, B> form) {
        return value == null ? null : form.apply(value);
    }
}
