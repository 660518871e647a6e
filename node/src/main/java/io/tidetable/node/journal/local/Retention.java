package io.tidetable.node.journal.local;

import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;

/** Who still wants what of one track. */
final class Retention {
    private final ConcurrentMap<TableId, TableRetention> tables = new ConcurrentHashMap<>();
    private volatile boolean complete;

    TableRetention of(TableId table) {
        return tables.computeIfAbsent(table, wanted -> new TableRetention());
    }

    /** Not while {@link #whileUnwanted} does something. */
    synchronized void subscribe(DestinationId destination, TableId table) {
        of(table).subscribe(destination);
    }

    /** Does something with those of the tables that nobody subscribes to. */
    synchronized void whileUnwanted(Set<TableId> those, Consumer<Set<TableId>> something) {
        Set<TableId> unwanted = new HashSet<>(those);
        unwanted.removeIf(table -> of(table).releasedByAll() != TableRetention.NOBODY);
        something.accept(unwanted);
    }

    /** From now on what nobody subscribes to is wanted by nobody. */
    void complete() {
        complete = true;
    }

    boolean isComplete() {
        return complete;
    }
}
