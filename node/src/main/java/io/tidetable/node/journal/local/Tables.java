package io.tidetable.node.journal.local;

import io.tidetable.model.TableId;
import java.util.Arrays;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/** The tables one track has heard of, numbered from 0 in this process. */
final class Tables {
    private final Retention retention;
    private final ConcurrentMap<TableId, TableIndex> byId = new ConcurrentHashMap<>();
    private volatile @Nullable TableIndex[] byOrdinal = new TableIndex[64];
    private int size;

    Tables(Retention retention) {
        this.retention = retention;
    }

    TableIndex index(TableId table) {
        TableIndex known = byId.get(table);
        return known != null ? known : add(table);
    }

    TableIndex get(int ordinal) {
        TableIndex found = byOrdinal[ordinal];
        if (found == null) {
            throw new IllegalArgumentException("no table has the ordinal " + ordinal);
        }
        return found;
    }

    synchronized int size() {
        return size;
    }

    private synchronized TableIndex add(TableId table) {
        TableIndex known = byId.get(table);
        if (known != null) {
            return known;
        }
        TableIndex added = new TableIndex(table, size, retention.of(table));
        @Nullable TableIndex[] all = byOrdinal;
        if (size == all.length) {
            all = Arrays.copyOf(all, size * 2);
        }
        all[size++] = added;
        byOrdinal = all;
        byId.put(table, added);
        return added;
    }
}
