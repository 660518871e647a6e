package io.tidetable.model.status;

import io.tidetable.model.Consistency;
import io.tidetable.model.LaneId;
import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.model.schema.Classification;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One table on its way to one destination.
 *
 * @param track where its changes ride; while it moves, the track that it leaves
 * @param copiedRows rows copied so far by the first load
 * @param copiedBytes bytes of them
 * @param estimatedRows rows the copy expects in all, by the source's statistics
 * @param estimatedBytes bytes the copy expects in all
 * @param appliedChanges row changes applied since this process began
 * @param changesPerSecond row changes applied per second, over the last few seconds
 * @param delay destination commit minus source commit of the newest applied change; null before the
 *     first
 * @param delayP99 99th percentile of the delay over the last minutes; null before the first change
 * @param backlogBytes bytes of its changes that wait in the journal
 * @param completeUpTo everything committed at the source up to here is at the destination
 * @param quarantined changes set aside because the destination refused them
 * @param strategy what of it is carried, and how fresh it is
 * @param classification how much it is read and how fast it changes; null where nobody classifies
 * @param move what moves the table to the other track, why and how far it is; null while it stays
 * @param message what an operator should know; null when all is well
 */
public record TableStatus(
        TableId table,
        LaneId lane,
        Track track,
        Consistency consistency,
        TableState state,
        long copiedRows,
        long copiedBytes,
        long estimatedRows,
        long estimatedBytes,
        long appliedChanges,
        double changesPerSecond,
        @Nullable Duration delay,
        @Nullable Duration delayP99,
        long backlogBytes,
        Lsn completeUpTo,
        long quarantined,
        StrategyStatus strategy,
        @Nullable Classification classification,
        @Nullable String move,
        @Nullable String message) {
    /** The same of a table of that class. */
    public TableStatus classified(Classification as) {
        return new TableStatus(
                table,
                lane,
                track,
                consistency,
                state,
                copiedRows,
                copiedBytes,
                estimatedRows,
                estimatedBytes,
                appliedChanges,
                changesPerSecond,
                delay,
                delayP99,
                backlogBytes,
                completeUpTo,
                quarantined,
                strategy,
                as,
                move,
                message);
    }
}
