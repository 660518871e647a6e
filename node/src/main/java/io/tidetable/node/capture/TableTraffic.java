package io.tidetable.node.capture;

import io.tidetable.model.TableId;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;

/**
 * What a track has received of each table so far, in transactions that are still open too. Counted
 * by the track's thread, read by any.
 */
public final class TableTraffic {
    private final Map<TableId, Count> counts = new ConcurrentHashMap<>();

    /** Changes of one table. */
    public static final class Count {
        private final AtomicLong changes = new AtomicLong();
        private final AtomicLong bytes = new AtomicLong();

        /** One more change; by one thread alone. */
        void add(int moreBytes) {
            changes.setOpaque(changes.getPlain() + 1);
            bytes.setOpaque(bytes.getPlain() + moreBytes);
        }

        public long changes() {
            return changes.getOpaque();
        }

        public long bytes() {
            return bytes.getOpaque();
        }
    }

    Count of(TableId table) {
        return counts.computeIfAbsent(table, _ -> new Count());
    }

    /** Changes of one table so far. */
    public long changesOf(TableId table) {
        Count count = counts.get(table);
        return count == null ? 0 : count.changes();
    }

    /** Shows each table's count. */
    public void forEach(BiConsumer<TableId, Count> visitor) {
        counts.forEach(visitor);
    }
}
