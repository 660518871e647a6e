package io.tidetable.node.journal.local;

import io.tidetable.model.Track;
import io.tidetable.node.journal.TrackWriter.Room;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/** How much room a track has, by its bound and by the disk. */
final class Space {
    private static final long LOOK_AGAIN_BYTES = 1 << 20;
    private static final long LOOK_AGAIN_NANOS = 10_000_000;

    private final Path directory;
    private final long bound;
    private final long reserve;
    private final SegmentFiles files;
    private volatile long openOnly;
    private volatile boolean committedHeld;
    private Room room = Room.FREE;
    private long lookedAtBytes;
    private long lookedAtNanos = System.nanoTime() - LOOK_AGAIN_NANOS;

    Space(Path directory, Track track, LocalJournalSettings settings, SegmentFiles files) {
        this.directory = directory;
        this.bound = settings.bound(track).bytes();
        this.reserve = settings.reserve(track).bytes();
        this.files = files;
    }

    /**
     * What was found out about the sealed files.
     *
     * @param openOnlyBytes of files that only open transactions hold
     * @param anyCommittedHeld whether a file is held by what is committed
     */
    void found(long openOnlyBytes, boolean anyCommittedHeld) {
        openOnly = openOnlyBytes;
        committedHeld = anyCommittedHeld;
    }

    /**
     * Whether more may be written. Called by the writer alone.
     *
     * @param streaming whether a transaction is streamed in
     */
    Room room(boolean streaming) {
        long now = System.nanoTime();
        long bytes = files.bytesOnDisk();
        if (Math.abs(bytes - lookedAtBytes) >= LOOK_AGAIN_BYTES
                || now - lookedAtNanos >= LOOK_AGAIN_NANOS) {
            lookedAtBytes = bytes;
            lookedAtNanos = now;
            room = look(bytes, streaming);
        }
        return room;
    }

    private Room look(long bytes, boolean streaming) {
        if (usable() < reserve) {
            return streaming && openOnly > 0 && !committedHeld
                    ? Room.OPEN_TRANSACTIONS_TOO_LARGE
                    : Room.FULL;
        }
        return bytes - openOnly >= bound ? Room.FULL : Room.FREE;
    }

    private long usable() {
        try {
            FileStore store = Files.getFileStore(directory);
            return store.getUsableSpace();
        } catch (IOException e) {
            throw JournalFailure.io("ask for the free space of", directory, e);
        }
    }
}
