package io.tidetable.node.catalog;

import io.tidetable.model.TidetableException;
import java.util.List;

/** What came of a table's new shape at a destination. */
public sealed interface Evolution {
    /** The destination's table takes it as it is. */
    record Unchanged() implements Evolution {}

    /**
     * The destination's table was altered.
     *
     * @param statements what was executed
     * @param needsMerge whether rows may have changed at the source that the change stream does not
     *     carry; recorded at the destination in the same transaction
     */
    record Evolved(List<String> statements, boolean needsMerge) implements Evolution {
        public Evolved {
            statements = List.copyOf(statements);
        }
    }

    /**
     * The destination's table stays as it is, as the policy says.
     *
     * @param columns of the source that it has no column for
     */
    record Ignored(List<String> columns) implements Evolution {
        public Ignored {
            columns = List.copyOf(columns);
        }
    }

    /** The table cannot go on until somebody has done something. */
    record Paused(TidetableException reason) implements Evolution {}
}
