package io.tidetable.node.apply;

import io.tidetable.model.TableId;
import java.util.Map;
import java.util.Set;

/**
 * What one committed batch did. Row counts are of the source's changes, before folding.
 *
 * @param progress what the destination holds now, and what the next batch expects
 * @param bytes of the changes as they came from the source
 * @param folded changes that needed no write of their own because a later one of the same row
 *     covered them
 * @param quarantined changes that were put into quarantine, by table
 * @param conflicts changes that found no row to change, by table
 * @param needsMerge tables with rows that could not be completed and must be merged from the source
 * @param replayed whether the batch had to be applied one change at a time
 */
public record Applied(
        Progress progress,
        long inserts,
        long updates,
        long deletes,
        long truncates,
        long bytes,
        long folded,
        Map<TableId, Long> quarantined,
        Map<TableId, Long> conflicts,
        Set<TableId> needsMerge,
        boolean replayed) {
    public Applied {
        quarantined = Map.copyOf(quarantined);
        conflicts = Map.copyOf(conflicts);
        needsMerge = Set.copyOf(needsMerge);
    }

    /** All changes of the batch. */
    public long changes() {
        return inserts + updates + deletes + truncates;
    }
}
