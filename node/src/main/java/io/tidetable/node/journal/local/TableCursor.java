package io.tidetable.node.journal.local;

import io.tidetable.model.Lsn;
import io.tidetable.node.journal.JournalGapException;
import java.util.List;

/** A feed's place among the commits of one table. */
final class TableCursor {
    private final LocalTrackJournal journal;
    private final TableIndex table;
    private final EntryReader entry = new EntryReader();
    private long segment;
    private long consumed;
    private boolean loaded;

    /** Of the table's bytes, those before the next commit: for whoever looks from outside. */
    private volatile long bytesBefore;

    TableCursor(LocalTrackJournal journal, TableIndex table) {
        this.journal = journal;
        this.table = table;
        this.consumed = table.freed();
    }

    TableIndex table() {
        return table;
    }

    /** The commit that {@link #load} found. */
    EntryReader entry() {
        return entry;
    }

    /** The next commit is the first above the position. */
    void seek(long position) {
        consumed = position;
        loaded = false;
        forgetBlock();
        requireNotFreed();
    }

    /**
     * Looks for the next commit.
     *
     * @return whether there is one at or below the position
     */
    boolean load(long upTo) {
        if (!loaded) {
            long bytes = table.bytes();
            loaded = Long.compareUnsigned(table.lastCommitEnd(), consumed) > 0 && findNext();
            bytesBefore = loaded ? entry.bytesBefore() : bytes;
        }
        requireNotFreed();
        return loaded && Long.compareUnsigned(entry.commitEnd(), upTo) <= 0;
    }

    /** The ranges of the loaded commit. */
    byte[] ranges() {
        while (true) {
            try {
                return entry.ranges();
            } catch (IllegalStateException e) {
                // As in findNext: the commit is listed elsewhere now, or was freed.
                if (journal.isClosed()) {
                    throw e;
                }
                forgetBlock();
                loaded = findNext();
                requireNotFreed();
                if (!loaded) {
                    throw new IllegalStateException(
                            "a commit of %s is not listed any more".formatted(table.id()), e);
                }
            }
        }
    }

    /** The segment of the block that lists the loaded commit. */
    long segment() {
        return segment;
    }

    /** Moves past the commit that was loaded. */
    void consume() {
        consumed = entry.commitEnd();
        bytesBefore = entry.bytesBefore() + entry.bytes();
        loaded = false;
    }

    /**
     * Bytes of all changes behind the consumed ones, as far as is known without moving: this alone
     * may be asked for by other threads than the one that reads.
     */
    long backlogBytes() {
        return Math.max(0, table.bytes() - bytesBefore);
    }

    private boolean findNext() {
        while (true) {
            try {
                while (true) {
                    while (entry.next()) {
                        if (Long.compareUnsigned(entry.commitEnd(), consumed) > 0) {
                            return true;
                        }
                    }
                    if (!nextBlock()) {
                        return false;
                    }
                }
            } catch (IllegalStateException e) {
                // Its file was deleted or compacted while it was read: look where it is now.
                if (journal.isClosed()) {
                    throw e;
                }
                forgetBlock();
            }
        }
    }

    private boolean nextBlock() {
        // The tail first: every segment before its own is in the list when it exists.
        Block tail = table.tail();
        List<SegmentFile> files = journal.files().all();
        for (int i = SegmentFiles.firstEndingAtOrAfter(files, segment + 1); i < files.size(); i++) {
            SegmentFile file = files.get(i);
            SegmentIndex index = file.index();
            if (index == null || (tail != null && file.name().last() >= tail.segment())) {
                break;
            }
            if (Long.compareUnsigned(file.lastCommitEnd(), consumed) > 0) {
                Block block = index.block(table.ordinal());
                if (block != null && Long.compareUnsigned(block.lastCommitEnd(), consumed) > 0) {
                    begin(block);
                    return true;
                }
            }
        }
        if (tail != null && tail.segment() > segment) {
            begin(tail);
            return true;
        }
        return false;
    }

    private void begin(Block block) {
        entry.start(block);
        segment = block.segment();
    }

    private void forgetBlock() {
        entry.stop();
        segment = 0;
    }

    /** Whatever was read before this call: if it was incomplete because of freeing, it throws. */
    private void requireNotFreed() {
        long freed = table.freed();
        if (Long.compareUnsigned(freed, consumed) > 0) {
            throw gap(table, new Lsn(consumed));
        }
    }

    static JournalGapException gap(TableIndex table, Lsn after) {
        return new JournalGapException(
                "Changes of table %s above %s are no longer in the journal: they were freed up to %s. The table must be compared with its source and repaired before its lane goes on."
                        .formatted(table.id(), after, new Lsn(table.freed())));
    }
}
