package io.tidetable.node.apply;

import io.tidetable.model.TableShape;
import io.tidetable.node.journal.ChangeCursor;
import io.tidetable.node.journal.TransactionPart;
import io.tidetable.node.pgoutput.TupleReader;
import java.sql.SQLException;
import java.util.IdentityHashMap;
import org.jspecify.annotations.Nullable;

/** The changes of one transaction part, taken apart one by one. */
final class ChangeStream {
    private final TablePlanner planner;
    private final TransactionPart part;
    private final ChangeCursor cursor;
    private final TupleReader reader = new TupleReader();
    private final IdentityHashMap<TableShape, TablePlan> plans = new IdentityHashMap<>();
    private @Nullable TableShape lastShape;
    private @Nullable TablePlan lastPlan;
    private long ordinal;

    ChangeStream(TablePlanner planner, TransactionPart part) {
        this.planner = planner;
        this.part = part;
        this.cursor = part.changes();
    }

    /** The next change, or null at the end. */
    @Nullable RowChange next() throws SQLException {
        if (!cursor.next()) {
            return null;
        }
        return RowChange.read(
                reader,
                plan(cursor.shape()),
                cursor.kind(),
                part.position(),
                ordinal++,
                cursor.payload());
    }

    @SuppressWarnings("ReferenceEquality") // The same version of a shape is the same object.
    private TablePlan plan(TableShape shape) throws SQLException {
        TablePlan plan = lastPlan;
        if (plan == null || shape != lastShape) {
            plan = plans.get(shape);
            if (plan == null) {
                plan = planner.plan(shape);
                plans.put(shape, plan);
            }
            lastShape = shape;
            lastPlan = plan;
        }
        return plan;
    }
}
