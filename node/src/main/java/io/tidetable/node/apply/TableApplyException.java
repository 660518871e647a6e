package io.tidetable.node.apply;

import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import java.sql.SQLException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A table cannot be written as it is at the destination, whatever the rows: a right is missing, the
 * table or a type is. Nothing was written; its lane waits until somebody has acted.
 */
public class TableApplyException extends TidetableException {
    private final Set<TableId> tables;

    TableApplyException(
            String code, Set<TableId> tables, String sentence, @Nullable Throwable cause) {
        super(code, sentence, cause);
        this.tables = Set.copyOf(tables);
    }

    /** Whether an enum of the destination lacks a label, which the source must have. */
    public boolean isMissingLabel() {
        return getCause() instanceof SQLException error && SqlFault.isMissingLabel(error);
    }

    /** Whether a partition is missing at the destination, which the source may have. */
    public boolean isMissingPartition() {
        return getCause() instanceof SQLException error && SqlFault.isMissingPartition(error);
    }

    /** The table, or those of the batch where the destination did not say which. */
    public Set<TableId> tables() {
        return tables;
    }
}
