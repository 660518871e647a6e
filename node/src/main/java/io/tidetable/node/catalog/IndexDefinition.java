package io.tidetable.node.catalog;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An index as its database's catalog has it.
 *
 * @param immediate false for the index of a deferrable constraint
 * @param valid false while it is being built and after that failed
 * @param columns key columns, without those that are only included; an expression has no name and
 *     is left out
 * @param constraint name of the constraint it serves, null for none
 * @param attached whether it is a partition's part of an index of the partitioned table
 * @param statement the CREATE INDEX as PostgreSQL writes it; empty where attached and where it
 *     serves a constraint
 */
public record IndexDefinition(
        String name,
        boolean unique,
        boolean primary,
        boolean exclusion,
        boolean immediate,
        boolean valid,
        boolean partial,
        boolean hasExpressions,
        boolean replicaIdentity,
        List<String> columns,
        @Nullable String constraint,
        boolean attached,
        String statement) {
    public IndexDefinition {
        columns = List.copyOf(columns);
    }

    /**
     * Whether it tells every row apart at any time: neither deferrable, partial nor of expressions.
     */
    public boolean identifiesRows() {
        return unique && immediate && valid && !partial && !hasExpressions;
    }
}
