package io.tidetable.node.journal.local;

import io.tidetable.model.TableId;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.fault.Faults;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes what everybody released, moves indexes out of memory and compacts what slow lanes hold,
 * on a thread of its own.
 */
final class Housekeeper {
    private static final Logger LOG = LoggerFactory.getLogger(Housekeeper.class);

    private static final long PAUSE_MILLIS = 20;
    private static final long LONGEST_WAIT_MILLIS = 1_000;

    private final LocalTrackJournal journal;
    private final Path directory;
    private final Retention retention;
    private final Tables tables;
    private final SegmentFiles files;
    private final Manifest manifest;
    private final Space space;
    private final Faults faults;
    private final CompactionChoice choice;
    private final Thread thread;
    private boolean awake;
    private boolean stopping;

    Housekeeper(
            LocalTrackJournal journal,
            Path directory,
            LocalJournalSettings settings,
            Retention retention,
            Tables tables,
            SegmentFiles files,
            Manifest manifest,
            Space space,
            Faults faults) {
        this.journal = journal;
        this.directory = directory;
        this.retention = retention;
        this.tables = tables;
        this.files = files;
        this.manifest = manifest;
        this.space = space;
        this.faults = faults;
        this.choice = new CompactionChoice(settings, tables);
        this.thread =
                Thread.ofPlatform()
                        .daemon()
                        .name("journal-housekeeper-" + journal.track().label())
                        .unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** There may be something to do. */
    synchronized void wake() {
        awake = true;
        notifyAll();
    }

    void stop() {
        synchronized (this) {
            stopping = true;
            notifyAll();
        }
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            while (await()) {
                try {
                    round();
                } catch (IOException | RuntimeException e) {
                    // Nothing is lost by not freeing; the next round tries again.
                    LOG.warn("journal_housekeeping_failed track={}", journal.track(), e);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized boolean await() throws InterruptedException {
        long begin = System.nanoTime();
        while (!stopping) {
            long waited = (System.nanoTime() - begin) / 1_000_000;
            long left = (awake ? PAUSE_MILLIS : LONGEST_WAIT_MILLIS) - waited;
            if (left <= 0) {
                break;
            }
            wait(left);
        }
        awake = false;
        return !stopping;
    }

    private void round() throws IOException {
        if (retention.isComplete()) {
            free();
        }
        spill();
        if (retention.isComplete()) {
            compact();
        }
        look();
    }

    private void free() throws IOException {
        long durable = journal.recordedEnd();
        List<SegmentFile> released = new ArrayList<>();
        Map<TableId, Long> freed = new HashMap<>();
        for (SegmentFile file : files.all()) {
            if (file.index() != null && !file.isPinned() && !isHeld(file, durable)) {
                released.add(file);
                file.holds()
                        .forEach((table, highest, bytes) ->
                                freed.merge(
                                        tables.get(table).id(),
                                        highest,
                                        (a, b) -> Long.compareUnsigned(a, b) >= 0 ? a : b));
            }
        }
        if (released.isEmpty()) {
            return;
        }
        manifest.free(freed, released.stream().map(SegmentFile::name).toList());
        freed.forEach((table, commitEnd) -> tables.index(table).freed(commitEnd));
        files.replace(released, null);
        delete(released);
    }

    /** Whether something committed in it is still wanted by somebody, or not yet durable. */
    private boolean isHeld(SegmentFile file, long durable) {
        int known = file.holder();
        if (known >= 0 && isWanted(known, file.holds().highest(known), durable)) {
            return true;
        }
        int found =
                file.holds().findAny((table, highest, bytes) -> isWanted(table, highest, durable));
        file.holder(found);
        return found >= 0;
    }

    private boolean isWanted(int table, long highest, long durable) {
        return Long.compareUnsigned(highest, durable) > 0
                || !tables.get(table).retention().isReleased(highest);
    }

    private void spill() throws IOException {
        for (SegmentFile file : files.all()) {
            SegmentIndex index = file.index();
            if (index != null && !index.isSpilled()) {
                index.spill(directory.resolve(file.name().indexFile()), tables);
            }
        }
    }

    private void compact() throws IOException {
        List<SegmentFile> group = choice.choose(files, journal.recordedEnd());
        if (group.isEmpty()) {
            return;
        }
        Compaction compaction = new Compaction(directory, group, files, tables, journal.shapes());
        SegmentFile compacted = compaction.write(manifest);
        faults.reach(FaultPoint.SEGMENT_COMPACTED);
        compaction.dropped().forEach((table, commitEnd) -> tables.index(table).freed(commitEnd));
        files.replace(group, compacted);
        LOG.debug(
                "journal_compacted track={} files={} into={} bytes={}",
                journal.track(),
                group.size(),
                compacted.path(),
                compacted.length());
        delete(group);
        wake();
    }

    private void delete(List<SegmentFile> gone) throws IOException {
        for (SegmentFile file : gone) {
            SegmentIndex index = file.index();
            if (index != null) {
                index.forEach(block -> tables.get(block.table()).dropTail(block));
            }
            file.delete();
            faults.reach(FaultPoint.SEGMENT_DELETED);
        }
    }

    /** Finds out for {@link Space} who holds the files. */
    private void look() {
        long durable = journal.recordedEnd();
        long openOnly = 0;
        boolean committedHeld = false;
        for (SegmentFile file : files.all()) {
            if (file.index() == null) {
                continue;
            }
            if (isHeld(file, durable)) {
                committedHeld = true;
            } else if (file.isPinned()) {
                openOnly += file.bytesOnDisk();
            }
        }
        space.found(openOnly, committedHeld);
    }
}
