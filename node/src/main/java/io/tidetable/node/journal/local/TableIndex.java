package io.tidetable.node.journal.local;

import io.tidetable.model.TableId;
import org.jspecify.annotations.Nullable;

/** One table on one track: where its newest commits are listed, and what of it was freed. */
final class TableIndex {
    /** Everything is missing: the highest position, unsigned. */
    static final long ALL = -1;

    private final TableId id;
    private final int ordinal;
    private final TableRetention retention;
    private volatile @Nullable Block tail;
    private volatile long lastCommitEnd;
    private volatile long freed;
    private volatile long bytes;
    private boolean touched;

    TableIndex(TableId id, int ordinal, TableRetention retention) {
        this.id = id;
        this.ordinal = ordinal;
        this.retention = retention;
    }

    TableId id() {
        return id;
    }

    int ordinal() {
        return ordinal;
    }

    TableRetention retention() {
        return retention;
    }

    /** The newest block, while it is not spilled; older ones are found by their segment. */
    @Nullable Block tail() {
        return tail;
    }

    synchronized void tail(Block block) {
        tail = block;
    }

    /** The block can be found by its segment now. */
    synchronized void dropTail(Block block) {
        if (tail == block) {
            tail = null;
        }
    }

    /** The end of the last commit that changed the table, synced or not. */
    long lastCommitEnd() {
        return lastCommitEnd;
    }

    /** Bytes of all changes of the table since this process opened the journal. */
    long bytes() {
        return bytes;
    }

    /** Called by the writer alone, after the commit was listed. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // one writer
    void committed(long commitEnd, long more) {
        bytes += more;
        lastCommitEnd = commitEnd;
    }

    /** The highest commit some of whose changes of this table were freed, 0 for none. */
    long freed() {
        return freed;
    }

    /** Commits up to there are missing, and no more than these, if it was all of them. */
    synchronized void lacks(long upTo) {
        if (freed == ALL || Long.compareUnsigned(upTo, freed) > 0) {
            freed = upTo;
        }
    }

    synchronized void freed(long commitEnd) {
        if (Long.compareUnsigned(commitEnd, freed) > 0) {
            freed = commitEnd;
        }
    }

    /** Marks it as touched since the last sync point; false if it was. The writer's. */
    boolean touch() {
        boolean first = !touched;
        touched = true;
        return first;
    }

    void untouch() {
        touched = false;
    }
}
