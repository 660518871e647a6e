package io.tidetable.node.verify;

import io.tidetable.model.TableId;
import java.time.Duration;
import java.util.List;

/**
 * What a comparison of a table found.
 *
 * @param sourceRows counted
 * @param destinationRows counted
 * @param missing rows that only the source has
 * @param extra rows that only the destination has
 * @param different rows that both have, with other values
 * @param differences the first of them, with their keys
 */
public record TableVerdict(
        TableId table,
        long sourceRows,
        long destinationRows,
        long missing,
        long extra,
        long different,
        List<Difference> differences,
        Duration duration) {
    public TableVerdict {
        differences = List.copyOf(differences);
    }

    /** Whether both sides hold the same rows. */
    public boolean equal() {
        return missing + extra + different == 0;
    }

    /** The keys of the differences that are listed. */
    public List<RowKey> keys() {
        return differences.stream().map(Difference::key).distinct().toList();
    }
}
