package io.tidetable.node.strategy;

import io.tidetable.model.TableShape;
import io.tidetable.node.journal.ChangeKind;
import io.tidetable.node.pgoutput.TupleReader;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Changes of the columns and rows that are needed. A row that no longer meets the condition is
 * deleted by its key, whether or not it is there; one that meets it comes as a whole. Columns that
 * the source does not send come without a value, so that the destination fills nothing in.
 */
final class NeededChange implements ScopedChange, RowFilter.Row {
    private final TableShape shape;
    private final @Nullable RowFilter rows;
    private final Tuples tuples;
    private final TableShape whole;

    /** Where the columns of the whole are in the announced shape; nowhere for those left out. */
    private final int[] places;

    private final boolean asItIs;

    NeededChange(TableShape shape, TableScope.Needed needed) {
        this.shape = shape;
        rows = needed.rows();
        tuples = new Tuples(shape);
        whole = WholeShape.of(shape, needed);
        places = new int[whole.columns().size()];
        boolean nothingBlank = true;
        for (int i = 0; i < places.length; i++) {
            String column = whole.columns().get(i).name();
            places[i] = needed.isBlank(column) ? Tuples.NOWHERE : ScopedCursor.place(shape, column);
            nothingBlank &= places[i] >= 0;
        }
        asItIs = nothingBlank;
        for (String column : needed.key()) {
            requireColumn(column);
        }
        if (rows != null) {
            rows.condition().columns().forEach(this::requireColumn);
        }
    }

    private void requireColumn(String column) {
        if (ScopedCursor.place(shape, column) < 0) {
            throw ScopedCursor.outdated(shape, column);
        }
    }

    @Override
    public TableShape shape(TableShape announced) {
        return whole;
    }

    @Override
    public boolean within(ChangeKind kind, ByteBuffer payload, Outcome outcome) {
        RowFilter filter = rows;
        if (filter == null && asItIs) {
            outcome.pass(kind, payload);
            return true;
        }
        tuples.read(payload);
        RowFilter.Verdict verdict =
                filter == null || kind == ChangeKind.DELETE
                        ? RowFilter.Verdict.YES
                        : filter.verdict(this);
        if (filter != null
                && verdict == RowFilter.Verdict.UNKNOWN
                && !filter.unknownMeansUnchanged()) {
            throw ScopedCursor.outdated(shape, filter.condition().columns().toString());
        }
        if (verdict != RowFilter.Verdict.NO) {
            outcome.pass(kind, asItIs ? payload : tuples.placed(places));
            return true;
        }
        if (kind == ChangeKind.INSERT) {
            return false;
        }
        outcome.pass(
                ChangeKind.DELETE,
                tuples.hasOld() ? tuples.oldAlone(places) : tuples.deletion(places));
        return true;
    }

    @Override
    public boolean isKnown(String column) {
        int place = ScopedCursor.place(shape, column);
        return tuples.kind(false, place) != TupleReader.UNCHANGED || tuples.hasWholeOld();
    }

    @Override
    public @Nullable ByteBuffer value(String column) {
        int place = ScopedCursor.place(shape, column);
        boolean before = tuples.kind(false, place) == TupleReader.UNCHANGED;
        return switch (tuples.kind(before, place)) {
            case TupleReader.NULL -> null;
            case TupleReader.BINARY -> tuples.value(before, place);
            default -> throw ScopedCursor.outdated(shape, column);
        };
    }
}
