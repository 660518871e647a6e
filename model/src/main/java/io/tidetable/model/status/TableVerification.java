package io.tidetable.model.status;

import io.tidetable.model.TableId;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What comparing one table of source and destination found.
 *
 * @param missing rows of the source that the destination lacks
 * @param extra rows of the destination that the source lacks
 * @param different rows that both have with different values
 * @param examples keys of some of them, as SQL text
 * @param repaired differences mended, where that was asked for
 * @param problem why it could not be compared; null when it was
 */
public record TableVerification(
        TableId table,
        long sourceRows,
        long destinationRows,
        long missing,
        long extra,
        long different,
        List<String> examples,
        long repaired,
        Duration took,
        @Nullable String problem) {
    public TableVerification {
        examples = List.copyOf(examples);
    }

    public boolean equal() {
        return problem == null && missing == 0 && extra == 0 && different == 0;
    }
}
