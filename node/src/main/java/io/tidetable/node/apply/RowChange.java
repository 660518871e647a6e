package io.tidetable.node.apply;

import io.tidetable.model.Position;
import io.tidetable.node.journal.ChangeKind;
import io.tidetable.node.pgoutput.DamagedMessageException;
import io.tidetable.node.pgoutput.TupleReader;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One change, taken apart.
 *
 * @param position of its transaction
 * @param ordinal its place in its transaction part
 * @param before the old row, or its key with all other columns null; null where the stream did not
 *     carry it
 * @param after the new row; null for a delete and a truncate
 */
record RowChange(
        TablePlan plan,
        ChangeKind kind,
        Position position,
        long ordinal,
        ByteBuffer payload,
        @Nullable RowImage before,
        @Nullable RowImage after) {

    static RowChange read(
            TupleReader reader,
            TablePlan plan,
            ChangeKind kind,
            Position position,
            long ordinal,
            ByteBuffer payload) {
        if (kind == ChangeKind.TRUNCATE) {
            return new RowChange(plan, kind, position, ordinal, payload, null, null);
        }
        RowImage before = null;
        RowImage after = null;
        boolean onlyKey = false;
        reader.reset(payload);
        while (reader.nextTuple()) {
            char tuple = reader.tuple();
            RowImage image = RowImage.read(reader, payload);
            if (image.columns() != plan.width()) {
                throw new DamagedMessageException(
                        "a row of %s has %d columns, its table %d"
                                .formatted(plan.table(), image.columns(), plan.width()));
            }
            image = plan.receivable(image);
            if (tuple == TupleReader.NEW) {
                after = image;
            } else {
                before = image;
                onlyKey = tuple == TupleReader.KEY;
            }
        }
        if ((kind == ChangeKind.DELETE ? before : after) == null) {
            throw new DamagedMessageException(kind + " of " + plan.table() + " without its row");
        }
        if (after != null && before != null && !after.isComplete()) {
            after = after.filledFrom(before, onlyKey ? identity(plan) : null);
        }
        return new RowChange(plan, kind, position, ordinal, payload, before, after);
    }

    private static BitSet identity(TablePlan plan) {
        BitSet columns = new BitSet();
        for (int i = 0; i < plan.width(); i++) {
            columns.set(i, plan.shape().columns().get(i).inIdentity());
        }
        return columns;
    }

    /** The image by whose key the destination's row is found. */
    RowImage keyed() {
        RowImage old = before;
        return old != null ? old : row();
    }

    /** The new row, or the old one of a delete. */
    RowImage row() {
        RowImage image = after != null ? after : before;
        if (image == null) {
            throw new IllegalStateException("a truncate has no row");
        }
        return image;
    }

    /** Whether it gives its row another key. */
    boolean changesKey() {
        RowImage old = before;
        RowImage row = after;
        if (kind != ChangeKind.UPDATE || old == null || row == null) {
            return false;
        }
        List<PlannedColumn> key = plan.key();
        for (int i = 0; i < key.size(); i++) {
            if (!row.sameValue(key.get(i).index(), old)) {
                return true;
            }
        }
        return false;
    }
}
