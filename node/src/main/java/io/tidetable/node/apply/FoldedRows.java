package io.tidetable.node.apply;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A segment's rows, sorted into the kinds of statements that write them. They are to be written in
 * the order of the fields.
 *
 * @param deletes rows that go, also to make room for others with their keys
 * @param updates by the columns that are not known
 * @param partials rows that should be inserted but are not fully known, likewise
 * @param upserts rows that are written whether they are there or not
 * @param inserts rows that come
 */
record FoldedRows(
        List<Row> deletes,
        Map<BitSet, List<Row>> updates,
        Map<BitSet, List<Row>> partials,
        List<Row> upserts,
        List<Row> inserts) {

    /**
     * A row.
     *
     * @param key null among rows that are only inserted, and stay in the order in which they came
     */
    record Row(@Nullable RowKey key, RowImage image) {}

    static FoldedRows of(FoldSegment segment, ApplyMode mode) {
        FoldedRows rows =
                new FoldedRows(
                        new ArrayList<>(),
                        new LinkedHashMap<>(),
                        new LinkedHashMap<>(),
                        new ArrayList<>(),
                        new ArrayList<>());
        boolean unsettable = segment.plan().hasUnsettable();
        segment.forEach((key, fate) -> {
            Row row = new Row(key, fate.image());
            switch (mode) {
                case NORMAL -> rows.normal(fate.effect(), row);
                case MEND -> rows.mend(fate.effect(), row, unsettable);
            }
        });
        return rows;
    }

    private void normal(FoldSegment.Effect effect, Row row) {
        boolean complete = row.image().isComplete();
        switch (effect) {
            case INSERT -> {
                if (complete) {
                    inserts.add(row);
                } else {
                    put(partials, row);
                }
            }
            case UPDATE -> put(updates, row);
            case DELETE -> deletes.add(row);
            case REPLACE -> {
                if (complete) {
                    deletes.add(row);
                    inserts.add(row);
                } else {
                    put(partials, row);
                }
            }
            case GONE -> {}
        }
    }

    private void mend(FoldSegment.Effect effect, Row row, boolean unsettable) {
        switch (effect) {
            case DELETE, GONE -> deletes.add(row);
            case INSERT, UPDATE, REPLACE -> {
                if (!row.image().isComplete()) {
                    put(partials, row);
                } else if (unsettable) {
                    deletes.add(row);
                    inserts.add(row);
                } else {
                    upserts.add(row);
                }
            }
        }
    }

    private static void put(Map<BitSet, List<Row>> groups, Row row) {
        groups.computeIfAbsent(row.image().unknown(), _ -> new ArrayList<>()).add(row);
    }

    /** The rows by key, so that the index is walked along; rows without keys as they came. */
    static List<Row> sorted(List<Row> rows) {
        if (rows.isEmpty() || rows.getFirst().key() == null) {
            return rows;
        }
        return Arrays.asList(KeyOrder.of(rows));
    }

    long size() {
        return deletes.size()
                + upserts.size()
                + inserts.size()
                + updates.values().stream().mapToLong(List::size).sum()
                + partials.values().stream().mapToLong(List::size).sum();
    }
}
