package io.tidetable.model.schema;

import io.tidetable.model.Consistency;
import io.tidetable.model.Track;
import org.jspecify.annotations.Nullable;

/**
 * What an administrator says about tables for which a condition holds; null leaves a part to the
 * defaults.
 *
 * @param name how people speak of it; no two rules of a set share one
 * @param condition over figures, names and tags, in the Common Expression Language
 * @param priority 1 to 1000
 */
public record ClassificationRule(
        String name,
        String condition,
        @Nullable Temperature temperature,
        @Nullable ChangeFrequency changeFrequency,
        @Nullable Strategy strategy,
        @Nullable Consistency consistency,
        @Nullable Integer priority,
        @Nullable Track track,
        @Nullable Objective objective) {
    public ClassificationRule {
        if (name.isBlank() || name.length() > 100) {
            throw new IllegalArgumentException("a rule needs a name of at most 100 characters");
        }
        if (condition.isBlank() || condition.length() > 10_000) {
            throw new IllegalArgumentException(
                    "rule '" + name + "' needs a condition of at most 10000 characters");
        }
        if (priority != null) {
            ReplicationSchema.requirePriority(priority);
        }
    }
}
