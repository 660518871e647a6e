package io.tidetable.node.journal.local;

import io.tidetable.model.TableId;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** Who still wants what, over both tracks. */
final class Retention {
    private final ConcurrentMap<TableId, TableRetention> tables = new ConcurrentHashMap<>();
    private volatile boolean complete;

    TableRetention of(TableId table) {
        return tables.computeIfAbsent(table, wanted -> new TableRetention());
    }

    /** From now on what nobody subscribes to is wanted by nobody. */
    void complete() {
        complete = true;
    }

    boolean isComplete() {
        return complete;
    }
}
