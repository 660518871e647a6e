package io.tidetable.control.document;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.tidetable.model.Consistency;
import io.tidetable.model.Track;
import io.tidetable.model.schema.Pins;
import org.jspecify.annotations.Nullable;

/** What an override pins. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PinsDocument(
        @Nullable StrategyDocument strategy,
        @Nullable String consistency,
        @Nullable Integer priority,
        @Nullable String track,
        @Nullable ShardingDocument sharding,
        @Nullable Boolean paused) {
    /** The form of them. */
    public static PinsDocument of(Pins it) {
        return new PinsDocument(
                RuleDocument.map(it.strategy(), StrategyDocument::of),
                RuleDocument.map(it.consistency(), Consistency::label),
                it.priority(),
                RuleDocument.map(it.track(), Track::label),
                RuleDocument.map(it.sharding(), ShardingDocument::of),
                it.paused() ? true : null);
    }

    /**
     * What they say.
     *
     * @throws IllegalArgumentException when a value is not allowed
     */
    public Pins pins() {
        return new Pins(
                RuleDocument.map(strategy, StrategyDocument::strategy),
                RuleDocument.map(consistency, Consistency::parse),
                priority,
                RuleDocument.map(track, Track::parse),
                RuleDocument.map(sharding, ShardingDocument::sharding),
                Boolean.TRUE.equals(paused));
    }
}
