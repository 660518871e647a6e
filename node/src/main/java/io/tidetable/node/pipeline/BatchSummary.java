package io.tidetable.node.pipeline;

import io.tidetable.model.TableId;
import io.tidetable.model.TableShape;
import io.tidetable.node.apply.PackedBatch;
import io.tidetable.node.journal.ChangeCursor;
import io.tidetable.node.journal.TransactionPart;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a batch is about, learnt in one walk over its changes.
 *
 * @param shapes of its changes, in the order of their first
 * @param changes how many each source transaction made, by table
 */
record BatchSummary(Set<TableShape> shapes, Map<TableId, List<Count>> changes) {
    /** So many row changes of one transaction, committed at the source then. */
    record Count(long changes, Instant committedAt) {}

    @SuppressWarnings("ReferenceEquality") // Most changes have the very shape of the one before.
    static BatchSummary of(List<TransactionPart> parts) {
        Set<TableShape> shapes = new LinkedHashSet<>();
        Map<TableId, List<Count>> changes = new HashMap<>();
        Map<TableId, Long> counts = new HashMap<>();
        TableShape current = null;
        long run = 0;
        for (TransactionPart part : parts) {
            ChangeCursor walk = part.changes();
            while (walk.next()) {
                TableShape shape = walk.shape();
                if (shape != current && !shape.equals(current)) {
                    add(counts, current, run);
                    run = 0;
                    current = shape;
                    shapes.add(shape);
                }
                run++;
            }
            add(counts, current, run);
            run = 0;
            counts.forEach((table, count) ->
                    changes.computeIfAbsent(table, key -> new ArrayList<>())
                            .add(new Count(count, part.committedAt())));
            counts.clear();
        }
        return new BatchSummary(shapes, changes);
    }

    /** What it is about, where that was learnt before. */
    static BatchSummary of(PackedBatch packed) {
        Set<TableShape> shapes = new LinkedHashSet<>();
        Map<TableId, List<Count>> changes = new HashMap<>();
        for (PackedBatch.Changed changed : packed.changed()) {
            shapes.add(changed.shape());
            changes.computeIfAbsent(changed.shape().table(), key -> new ArrayList<>())
                    .add(new Count(changed.changes(), changed.committedAt()));
        }
        return new BatchSummary(shapes, changes);
    }

    private static void add(Map<TableId, Long> counts, @Nullable TableShape shape, long run) {
        if (shape != null && run > 0) {
            counts.merge(shape.table(), run, Long::sum);
        }
    }
}
