package io.tidetable.node.journal.local;

import io.tidetable.model.DestinationId;
import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.journal.Journal;
import io.tidetable.node.journal.TrackJournal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * The journal in local files: per track a log of segment files, synced in groups, with an index by
 * table. One process at a time.
 */
public final class LocalJournal implements Journal {
    private final Path directory;
    private final LocalJournalSettings settings;
    private final Faults faults;
    private final Map<Track, Retention> retentions = new EnumMap<>(Track.class);
    private final Map<Track, LocalTrackJournal> tracks = new ConcurrentHashMap<>();
    private final DirectoryLock lock;

    private LocalJournal(
            Path directory, LocalJournalSettings settings, Faults faults, DirectoryLock lock) {
        this.directory = directory;
        this.settings = settings;
        this.faults = faults;
        this.lock = lock;
        for (Track track : Track.values()) {
            retentions.put(track, new Retention());
            tracks.put(track, made(track));
        }
    }

    /** Renamed first: a crash leaves the track whole or gone, never a part of it. */
    private static void moveAway(Path part) throws IOException {
        Path discarded = part.resolveSibling(part.getFileName() + ".discarded");
        remove(discarded);
        Files.move(part, discarded);
        remove(discarded);
    }

    private static void remove(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private LocalTrackJournal made(Track track) {
        return new LocalTrackJournal(
                track, directory.resolve(track.label()), settings, retention(track), faults);
    }

    /**
     * Opens the journal in the directory, a new one if there is none: reads and checks all that is
     * kept.
     *
     * @throws io.tidetable.model.TidetableException TT-301 when another process has it open, TT-302
     *     or TT-303 when it cannot be read or written, TT-304 when it is damaged
     */
    public static LocalJournal open(Path directory, LocalJournalSettings settings, Faults faults) {
        DirectoryLock lock;
        try {
            Files.createDirectories(directory);
            lock = DirectoryLock.take(directory);
        } catch (IOException e) {
            throw JournalFailure.io("open", directory, e);
        }
        LocalJournal journal = new LocalJournal(directory, settings, faults, lock);
        boolean started = false;
        try {
            journal.tracks.values().forEach(LocalTrackJournal::start);
            started = true;
        } finally {
            if (!started) {
                journal.abandon();
            }
        }
        return journal;
    }

    @Override
    public TrackJournal track(Track track) {
        return local(track);
    }

    @Override
    public void subscribe(DestinationId destination, TableId table, Track track) {
        retention(track).subscribe(destination, table);
    }

    @Override
    public void unsubscribe(DestinationId destination, TableId table, Track track) {
        retention(track).of(table).unsubscribe(destination);
        wake();
    }

    @Override
    public void subscriptionsComplete() {
        retentions.values().forEach(Retention::complete);
        wake();
    }

    @Override
    public void release(DestinationId destination, TableId table, Lsn flushed) {
        retentions
                .values()
                .forEach(retention -> retention.of(table).release(destination, flushed.value()));
        wake();
    }

    @Override
    public synchronized void discard(Track track) {
        local(track).abandon();
        try {
            moveAway(directory.resolve(track.label()));
        } catch (IOException e) {
            throw JournalFailure.io("discard", directory, e);
        }
        LocalTrackJournal fresh = made(track);
        tracks.put(track, fresh);
        fresh.start();
    }

    @Override
    public void onReadable(ReadableListener listener) {
        tracks.values().forEach(track -> track.onReadable(listener));
    }

    @Override
    public long bytesOnDisk() {
        return tracks.values().stream().mapToLong(track -> track.files().bytesOnDisk()).sum();
    }

    @Override
    public long bytesOnDisk(Track track) {
        return local(track).files().bytesOnDisk();
    }

    @Override
    public void close() {
        try {
            closeTracks();
        } finally {
            unlock();
        }
    }

    /** One that fails does not keep the others' threads alive. */
    private void closeTracks() {
        RuntimeException failed = null;
        for (LocalTrackJournal track : tracks.values()) {
            try {
                track.close();
            } catch (RuntimeException e) {
                failed = e;
            }
        }
        if (failed != null) {
            throw failed;
        }
    }

    private void abandon() {
        tracks.values().forEach(LocalTrackJournal::abandon);
        unlock();
    }

    private void unlock() {
        try {
            lock.close();
        } catch (IOException e) {
            throw JournalFailure.io("unlock", directory, e);
        }
    }

    private void wake() {
        tracks.values().forEach(LocalTrackJournal::spaceMayBeFree);
    }

    private Retention retention(Track track) {
        return Objects.requireNonNull(retentions.get(track));
    }

    private LocalTrackJournal local(Track track) {
        LocalTrackJournal found = tracks.get(track);
        if (found == null) {
            throw new IllegalArgumentException("no track " + track);
        }
        return found;
    }
}
