package io.tidetable.control.plane;

import io.tidetable.control.classify.Verdict;
import io.tidetable.model.schema.ReplicationSchema;
import org.jspecify.annotations.Nullable;

/**
 * What rules would make of one table.
 *
 * @param now how it is replicated without overrides; null when it is not yet
 */
public record Trial(Verdict verdict, @Nullable ReplicationSchema now) {
    /** Whether it would be replicated in another way. */
    public boolean changes() {
        return now == null || !verdict.schema().asksTheSame(now);
    }
}
