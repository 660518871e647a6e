package io.tidetable.node.apply;

import io.tidetable.model.TableId;
import io.tidetable.model.TableShape;
import io.tidetable.node.pgoutput.TupleReader;
import io.tidetable.node.types.EmptyQuery;
import java.util.BitSet;
import java.util.List;
import java.util.Set;

/**
 * How rows of one shape are written to one destination's table. Two plans are equal only where they
 * are the same object: they are made once per shape.
 */
final class TablePlan {
    private final TableShape shape;
    private final TargetTable target;
    private final List<PlannedColumn> written;
    private final List<PlannedColumn> key;
    private final List<String> keyEquals;
    private final boolean foldable;
    private final boolean unsettable;
    private final int[] queries;
    private final RowStatements statements;

    /**
     * A plan.
     *
     * @param written the columns that are written, in the stream's order
     * @param key the columns by which a row is found; empty where only its whole content names it
     * @param keyEquals the equality operator for each, as SQL takes it
     */
    TablePlan(
            TableShape shape,
            TargetTable target,
            List<PlannedColumn> written,
            List<PlannedColumn> key,
            List<String> keyEquals) {
        this.shape = shape;
        this.target = target;
        this.written = List.copyOf(written);
        this.key = List.copyOf(key);
        this.keyEquals = List.copyOf(keyEquals);
        this.foldable = !key.isEmpty() && key.stream().allMatch(PlannedColumn::exact);
        this.unsettable =
                written.stream().anyMatch(column -> !column.updatable() && !key.contains(column));
        this.queries =
                written.stream()
                        .filter(column -> column.wireOid() == EmptyQuery.TSQUERY)
                        .mapToInt(PlannedColumn::index)
                        .toArray();
        this.statements = new RowStatements(this);
    }

    /** The image with what the destination does not take in binary form as text. */
    RowImage receivable(RowImage image) {
        RowImage receivable = image;
        for (int column : queries) {
            if (image.kind(column) == TupleReader.BINARY
                    && image.length(column) == EmptyQuery.LENGTH) {
                receivable = receivable.withEmptyText(column);
            }
        }
        return receivable;
    }

    TableShape shape() {
        return shape;
    }

    TableId table() {
        return shape.table();
    }

    TargetTable target() {
        return target;
    }

    List<PlannedColumn> written() {
        return written;
    }

    List<PlannedColumn> key() {
        return key;
    }

    List<String> keyEquals() {
        return keyEquals;
    }

    RowStatements statements() {
        return statements;
    }

    /** Columns of a tuple in the stream. */
    int width() {
        return shape.columns().size();
    }

    boolean hasKey() {
        return !key.isEmpty();
    }

    /** Whether rows are the same exactly when the bytes of their keys are. */
    boolean foldable() {
        return foldable;
    }

    /** Whether its rows can be packed: found by their keys' bytes, and sent as they came. */
    boolean isPackable() {
        return foldable && queries.length == 0 && Set.copyOf(key).size() == key.size();
    }

    /** Whether rows whose columns came in these as text can be copied into the table itself. */
    boolean takesRowsStraight(BitSet text) {
        return text.isEmpty() && written.stream().noneMatch(PlannedColumn::isConverted);
    }

    /** Whether rows are written by the other one as they are by this. */
    boolean matches(TablePlan other) {
        return this == other
                || (shape.equals(other.shape)
                        && target.equals(other.target)
                        && written.equals(other.written)
                        && key.equals(other.key)
                        && keyEquals.equals(other.keyEquals));
    }

    boolean isKey(PlannedColumn column) {
        return key.contains(column);
    }

    /** Whether there are columns of identity ALWAYS that no UPDATE can set and no key names. */
    boolean hasUnsettable() {
        return unsettable;
    }
}
