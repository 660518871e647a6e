package io.tidetable.node.journal.local;

import io.tidetable.model.ByteSize;
import io.tidetable.model.Track;
import java.time.Duration;

/**
 * How the local journal uses its disk.
 *
 * @param segmentSize size of a segment file; space is freed by whole segments
 * @param expressBound what the express track may hold before its capture waits
 * @param bulkBound what the bulk track may hold before its capture waits
 * @param diskReserve what the express track leaves free on the disk; the bulk track leaves twice as
 *     much, so that it cannot take the express track's room
 * @param compactionFloor a track that holds less is never compacted
 * @param compactionShare segments of which less than this share is still wanted are compacted;
 *     above 0, below 1
 * @param syncDelay the shortest time between two syncs of a track while changes keep coming
 * @param positionDelay how often a position that moved without changes is written down
 */
public record LocalJournalSettings(
        ByteSize segmentSize,
        ByteSize expressBound,
        ByteSize bulkBound,
        ByteSize diskReserve,
        ByteSize compactionFloor,
        double compactionShare,
        Duration syncDelay,
        Duration positionDelay) {
    private static final ByteSize SMALLEST_SEGMENT = new ByteSize(4 << 10);
    private static final ByteSize LARGEST_SEGMENT = ByteSize.megabytes(512);

    public LocalJournalSettings {
        if (segmentSize.bytes() < SMALLEST_SEGMENT.bytes()
                || segmentSize.bytes() > LARGEST_SEGMENT.bytes()) {
            throw new IllegalArgumentException(
                    "the journal's segment size must be from %s to %s, got %s"
                            .formatted(SMALLEST_SEGMENT, LARGEST_SEGMENT, segmentSize));
        }
        if (!(compactionShare > 0 && compactionShare < 1)) {
            throw new IllegalArgumentException(
                    "the journal's compaction share must be above 0 and below 1, got "
                            + compactionShare);
        }
        if (syncDelay.isNegative() || positionDelay.isNegative()) {
            throw new IllegalArgumentException("the journal's delays cannot be negative");
        }
    }

    /** What fits most. */
    public static LocalJournalSettings defaults() {
        return new LocalJournalSettings(
                ByteSize.megabytes(64),
                ByteSize.megabytes(4 << 10),
                ByteSize.megabytes(20 << 10),
                ByteSize.megabytes(512),
                ByteSize.megabytes(256),
                0.25,
                Duration.ofMillis(50),
                Duration.ofSeconds(1));
    }

    /** The same with other bounds. */
    public LocalJournalSettings bounded(ByteSize express, ByteSize bulk, ByteSize reserve) {
        return new LocalJournalSettings(
                segmentSize,
                express,
                bulk,
                reserve,
                compactionFloor,
                compactionShare,
                syncDelay,
                positionDelay);
    }

    /** The same with files of another size. */
    public LocalJournalSettings segmented(ByteSize size) {
        return new LocalJournalSettings(
                size,
                expressBound,
                bulkBound,
                diskReserve,
                compactionFloor,
                compactionShare,
                syncDelay,
                positionDelay);
    }

    ByteSize bound(Track track) {
        return switch (track) {
            case EXPRESS -> expressBound;
            case BULK -> bulkBound;
        };
    }

    /** What the track leaves free on the disk. */
    ByteSize reserve(Track track) {
        return switch (track) {
            case EXPRESS -> diskReserve;
            case BULK -> new ByteSize(2 * diskReserve.bytes());
        };
    }
}
