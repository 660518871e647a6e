package io.tidetable.model.schema;

import io.tidetable.model.Consistency;
import io.tidetable.model.Track;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an override takes out of automatic control; null leaves a part of it alone.
 *
 * @param priority 1 to 1000
 * @param paused true holds the table; its changes wait in the journal
 */
public record Pins(
        @Nullable Strategy strategy,
        @Nullable Consistency consistency,
        @Nullable Integer priority,
        @Nullable Track track,
        @Nullable Sharding sharding,
        boolean paused) {
    public Pins {
        if (priority != null) {
            ReplicationSchema.requirePriority(priority);
        }
        if (strategy != null
                && !(strategy instanceof Strategy.PrioritizedDelta)
                && consistency != null
                && isShared(consistency)) {
            throw new IllegalArgumentException(
                    "consistency %s takes the strategy delta only, got %s"
                            .formatted(consistency.label(), strategy.label()));
        }
    }

    private static boolean isShared(@Nullable Consistency consistency) {
        return consistency instanceof Consistency.Group
                || consistency instanceof Consistency.Strict;
    }

    /** Pins that hold the table and nothing else. */
    public static Pins ofPause() {
        return new Pins(null, null, null, null, null, true);
    }

    /** Whether nothing is pinned. */
    public boolean isEmpty() {
        return describe().isEmpty();
    }

    /** The schema with these pins, as decided by the override. */
    ReplicationSchema on(ReplicationSchema schema, String reason, Instant since) {
        Strategy carried = strategy != null ? strategy : schema.strategy();
        Consistency ordered = consistency != null ? consistency : schema.consistency();
        if (isShared(ordered) && !(carried instanceof Strategy.PrioritizedDelta)) {
            // What is pinned wins over what is not.
            if (consistency == null) {
                ordered = new Consistency.Table();
            } else {
                carried = new Strategy.PrioritizedDelta();
            }
        }
        return new ReplicationSchema(
                schema.table(),
                schema.destination(),
                schema.version(),
                schema.classification(),
                carried,
                ordered,
                priority != null ? priority : schema.priority(),
                track != null ? track : schema.track(),
                sharding != null ? sharding : schema.sharding(),
                schema.weights(),
                schema.objective(),
                Origin.OVERRIDE,
                reason,
                since);
    }

    /** These, and what the other pins where these leave it alone. */
    Pins over(Pins other) {
        Strategy carried = strategy != null ? strategy : other.strategy;
        Consistency ordered = consistency != null ? consistency : other.consistency;
        if (isShared(ordered) && carried != null && !carried.label().equals("delta")) {
            // The newer of two pins that do not go together counts.
            if (strategy != null) {
                ordered = null;
            } else {
                carried = null;
            }
        }
        return new Pins(
                carried,
                ordered,
                priority != null ? priority : other.priority,
                track != null ? track : other.track,
                sharding != null ? sharding : other.sharding,
                paused || other.paused);
    }

    /** Each pin in words: {@code priority 20}. */
    public List<String> describe() {
        List<String> words = new ArrayList<>();
        if (strategy != null) {
            words.add("strategy " + strategy.label() + " (" + strategy.describe() + ")");
        }
        if (consistency != null) {
            words.add("consistency " + consistency.label());
        }
        if (priority != null) {
            words.add("priority " + priority);
        }
        if (track != null) {
            words.add("track " + track.label());
        }
        if (sharding != null) {
            words.add(sharding.describe());
        }
        if (paused) {
            words.add("paused");
        }
        return words;
    }
}
