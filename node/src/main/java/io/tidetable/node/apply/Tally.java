package io.tidetable.node.apply;

import io.tidetable.model.TableId;
import io.tidetable.node.journal.ChangeKind;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** What a batch has done so far. Not thread-safe. */
final class Tally {
    private final Map<TableId, Long> conflicts = new HashMap<>();
    private final Map<TableId, Long> quarantined = new HashMap<>();
    private final Set<TableId> needsMerge = new HashSet<>();
    private long inserts;
    private long updates;
    private long deletes;
    private long truncates;
    private long bytes;
    private long folded;

    void count(RowChange change) {
        count(change.kind(), change.payload().remaining());
    }

    /** Counts a change of so many bytes. */
    void count(ChangeKind kind, long size) {
        bytes += size;
        switch (kind) {
            case INSERT -> inserts++;
            case UPDATE -> updates++;
            case DELETE -> deletes++;
            case TRUNCATE -> truncates++;
        }
    }

    /** Takes over what another one counted while it staged. */
    void countLike(Tally other) {
        inserts += other.inserts;
        updates += other.updates;
        deletes += other.deletes;
        truncates += other.truncates;
        bytes += other.bytes;
        folded += other.folded;
        needsMerge.addAll(other.needsMerge);
    }

    void folded(long changes) {
        folded += changes;
    }

    void conflicts(TableId table, long changes) {
        if (changes > 0) {
            conflicts.merge(table, changes, Long::sum);
        }
    }

    long conflictsOf(TableId table) {
        return conflicts.getOrDefault(table, 0L);
    }

    void quarantined(TableId table, long changes) {
        if (changes > 0) {
            quarantined.merge(table, changes, Long::sum);
        }
    }

    void needsMerge(TableId table) {
        needsMerge.add(table);
    }

    Set<TableId> needsMerge() {
        return needsMerge;
    }

    /** What this one holds beyond the counts of changes is taken back to that of an earlier one. */
    void resetOutcome(Tally earlier) {
        conflicts.clear();
        conflicts.putAll(earlier.conflicts);
        quarantined.clear();
        quarantined.putAll(earlier.quarantined);
        needsMerge.clear();
        needsMerge.addAll(earlier.needsMerge);
    }

    Tally outcome() {
        Tally copy = new Tally();
        copy.resetOutcome(this);
        return copy;
    }

    Applied applied(Progress progress, boolean replayed) {
        return new Applied(
                progress,
                inserts,
                updates,
                deletes,
                truncates,
                bytes,
                folded,
                quarantined,
                conflicts,
                needsMerge,
                replayed);
    }
}
