package io.tidetable.node.journal.local;

import static java.util.stream.Collectors.toUnmodifiableSet;

import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.journal.Journal.ReadableListener;
import io.tidetable.node.journal.TrackJournal;
import io.tidetable.node.journal.TrackWriter;
import io.tidetable.node.journal.TransactionFeed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One track's log in a directory of its own. */
final class LocalTrackJournal implements TrackJournal {
    private static final Logger LOG = LoggerFactory.getLogger(LocalTrackJournal.class);

    private final Track track;
    private final Path directory;
    private final Retention retention;
    private final Tables tables;
    private final Shapes shapes;
    private final SegmentFiles files = new SegmentFiles();
    private final Manifest manifest;
    private final Indexer indexer = new Indexer(files);
    private final Space space;
    private final TrackSync sync;
    private final LogWriter log;
    private final LocalTrackWriter writer;
    private final Housekeeper housekeeper;
    private volatile @Nullable ReadableListener listener;
    private volatile @Nullable TidetableException failure;
    private volatile long recordedEnd;
    private volatile long readableEnd;
    private volatile long watermark;
    private volatile boolean closed;

    LocalTrackJournal(
            Track track,
            Path directory,
            LocalJournalSettings settings,
            Retention retention,
            Faults faults) {
        this.track = track;
        this.directory = directory;
        this.retention = retention;
        this.tables = new Tables(retention);
        this.shapes = new Shapes(tables);
        this.manifest = new Manifest(directory);
        this.space = new Space(directory, track, settings, files);
        this.sync =
                new TrackSync(
                        "journal-sync-" + track.label(),
                        settings.syncDelay(),
                        faults,
                        this::synced,
                        cause -> fail("sync", cause));
        this.housekeeper =
                new Housekeeper(
                        this, directory, settings, retention, tables, files, manifest, space,
                        faults);
        this.log =
                new LogWriter(
                        directory,
                        (int) settings.segmentSize().bytes(),
                        faults,
                        files,
                        shapes,
                        indexer,
                        sync,
                        (end, touched) -> readable(end, end, touched),
                        housekeeper::wake);
        this.writer =
                new LocalTrackWriter(
                        this,
                        log,
                        indexer,
                        shapes,
                        sync,
                        retention,
                        settings.positionDelay().toNanos());
    }

    /** Reads what is there and makes ready for writing. */
    void start() {
        try {
            Files.createDirectories(directory);
            manifest.load();
            manifest.freed().forEach((table, commitEnd) -> tables.index(table).freed(commitEnd));
            Recovery recovery = new Recovery(directory, files, indexer, shapes, tables, manifest);
            recovery.run();
            recordedEnd = recovery.end();
            readableEnd = recordedEnd;
            watermark = durableEnd().value();
            log.start(recovery.nextSegment(), recordedEnd);
        } catch (IOException e) {
            throw JournalFailure.io("read", directory, e);
        }
        sync.start();
        housekeeper.start();
    }

    void onReadable(ReadableListener newListener) {
        listener = newListener;
    }

    Track track() {
        return track;
    }

    Space space() {
        return space;
    }

    Tables tables() {
        return tables;
    }

    Shapes shapes() {
        return shapes;
    }

    SegmentFiles files() {
        return files;
    }

    boolean isClosed() {
        return closed;
    }

    /** The highest commit or position that is synced as a record, unsigned. */
    long recordedEnd() {
        return recordedEnd;
    }

    /** The highest commit or position that stands in a file as a record, unsigned. */
    long readableEnd() {
        return readableEnd;
    }

    @Override
    public TrackWriter writer() {
        return writer;
    }

    @Override
    public Lsn durableEnd() {
        return Lsn.max(new Lsn(recordedEnd), startedAt());
    }

    @Override
    public Lsn startedAt() {
        return new Lsn(manifest.startedAt());
    }

    @Override
    public void startAt(Lsn position) {
        if (recordedEnd != 0) {
            throw new IllegalStateException(
                    "the %s track holds changes up to %s already, it cannot start at %s"
                            .formatted(track.label(), new Lsn(recordedEnd), position));
        }
        try {
            manifest.startAt(position.value());
        } catch (IOException e) {
            throw fail("write to", e);
        }
        watermark = position.value();
    }

    @Override
    public TransactionFeed feed(Set<TableId> wanted) {
        return new LocalFeed(this, wanted.stream().map(tables::index).toList());
    }

    @Override
    public void lacks(Set<TableId> wanted, Lsn upTo) {
        lack(wanted, upTo.value());
    }

    @Override
    public void lacksAll(Set<TableId> wanted) {
        retention.whileUnwanted(wanted, unwanted -> lack(unwanted, TableIndex.ALL));
    }

    private void lack(Set<TableId> wanted, long upTo) {
        try {
            manifest.lack(wanted, upTo);
        } catch (IOException e) {
            throw JournalFailure.io("write to", directory, e);
        }
        wanted.forEach(table -> tables.index(table).lacks(upTo));
    }

    @Override
    public boolean lacksAllOf(TableId table) {
        return tables.index(table).freed() == TableIndex.ALL;
    }

    @Override
    public Lsn lackingUpTo(TableId table) {
        return Lsn.max(startedAt(), new Lsn(tables.index(table).freed()));
    }

    @Override
    public Lsn freedUpTo() {
        Lsn highest = startedAt();
        for (long each : manifest.freed().values()) {
            highest = Lsn.max(highest, new Lsn(each));
        }
        return highest;
    }

    /** Up to where feeds have been able to show everything. */
    Lsn watermark() {
        return new Lsn(watermark);
    }

    void spaceMayBeFree() {
        housekeeper.wake();
    }

    /** Throws when something failed that only opening the journal anew can mend. */
    void check() {
        TidetableException known = failure;
        if (known != null) {
            throw known;
        }
        requireOpen();
    }

    /** Throws where the journal failed before that was synced: nobody knows what its file holds. */
    void requireIntact(Lsn commitEnd) {
        TidetableException known = failure;
        if (known != null && Long.compareUnsigned(commitEnd.value(), recordedEnd) > 0) {
            throw known;
        }
    }

    void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the journal is closed");
        }
    }

    /** From now on nothing is written or becomes durable any more. */
    TidetableException fail(String what, Throwable cause) {
        TidetableException failed = JournalFailure.io(what, directory, cause);
        synchronized (this) {
            TidetableException known = failure;
            if (known != null) {
                return known;
            }
            failure = failed;
        }
        LOG.error("journal_failed track={}", track, failed);
        return failed;
    }

    void close() {
        if (closed) {
            return;
        }
        housekeeper.stop();
        try {
            if (failure == null) {
                writer.close();
            }
        } catch (IOException e) {
            throw fail("write to", e);
        } finally {
            sync.stop();
            log.abandon();
            closed = true;
            for (SegmentFile file : files.all()) {
                file.close();
            }
        }
    }

    /** Gives everything back after a failed start. */
    void abandon() {
        closed = true;
        housekeeper.stop();
        sync.stop();
        log.abandon();
        for (SegmentFile file : files.all()) {
            file.close();
        }
    }

    private void synced(long end) {
        if (failure == null && Long.compareUnsigned(end, recordedEnd) > 0) {
            recordedEnd = end;
        }
    }

    /**
     * Everything written before can be read.
     *
     * @param end the highest commit or position in it
     * @param position up to which everything was received, not below the end
     */
    void readable(long end, long position, List<TableIndex> touched) {
        if (failure != null) {
            return;
        }
        if (Long.compareUnsigned(end, readableEnd) > 0) {
            readableEnd = end;
        }
        Lsn before = new Lsn(watermark);
        Lsn after = Lsn.max(before, new Lsn(position));
        watermark = after.value();
        ReadableListener told = listener;
        if (told != null && (!after.equals(before) || !touched.isEmpty())) {
            Set<TableId> changed =
                    touched.stream().map(TableIndex::id).collect(toUnmodifiableSet());
            try {
                told.readable(track, changed, after);
            } catch (RuntimeException e) {
                LOG.error("journal_listener_failed track={}", track, e);
            }
        }
    }
}
