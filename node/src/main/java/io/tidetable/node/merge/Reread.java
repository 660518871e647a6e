package io.tidetable.node.merge;

import io.tidetable.node.postgres.SourceSnapshot;
import io.tidetable.node.verify.RowKey;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Rows of the source as one snapshot saw them.
 *
 * @param rows texts of the columns asked for, by key; a key that the snapshot does not hold is not
 *     in it
 * @param snapshot under which they were read: until the lane has passed its horizon, values may be
 *     newer than the position of the lane
 */
public record Reread(Map<RowKey, Map<String, @Nullable String>> rows, SourceSnapshot snapshot) {
    public Reread {
        rows = Map.copyOf(rows);
    }
}
