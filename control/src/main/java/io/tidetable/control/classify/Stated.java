package io.tidetable.control.classify;

import io.tidetable.model.Consistency;
import io.tidetable.model.Track;
import io.tidetable.model.schema.Strategy;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the settings file says of a table by itself: it stands above all rules. Null where it says
 * nothing.
 *
 * @param where the entry of the file, for people
 */
public record Stated(
        String where,
        @Nullable Consistency consistency,
        @Nullable Integer priority,
        @Nullable Track track,
        @Nullable Strategy strategy,
        Set<String> tags) {
    /** The file names the table, or a pattern of it, and nothing else. */
    public static final Stated NOTHING =
            new Stated("the settings", null, null, null, null, Set.of());

    public Stated {
        tags = Set.copyOf(tags);
    }
}
