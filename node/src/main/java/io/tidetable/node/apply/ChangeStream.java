package io.tidetable.node.apply;

import io.tidetable.model.TableShape;
import io.tidetable.node.journal.ChangeCursor;
import io.tidetable.node.journal.ChangeKind;
import io.tidetable.node.journal.TransactionPart;
import io.tidetable.node.pgoutput.TupleReader;
import java.nio.ByteBuffer;
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
    private long ordinal = -1;

    ChangeStream(TablePlanner planner, TransactionPart part) {
        this.planner = planner;
        this.part = part;
        this.cursor = part.changes();
    }

    /** The next change, or null at the end. */
    @Nullable RowChange next() throws SQLException {
        return advance() ? change() : null;
    }

    /** Moves to the next change; false at the end. */
    boolean advance() {
        ordinal++;
        return cursor.next();
    }

    /** The change that it stands on, taken apart. */
    RowChange change() throws SQLException {
        return RowChange.read(reader, plan(), kind(), part.position(), ordinal, payload());
    }

    /** By which the change that it stands on is written. */
    TablePlan plan() throws SQLException {
        return plan(cursor.shape());
    }

    ChangeKind kind() {
        return cursor.kind();
    }

    ByteBuffer payload() {
        return cursor.payload();
    }

    /** The place of the change among those of its transaction part. */
    long ordinal() {
        return ordinal;
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
