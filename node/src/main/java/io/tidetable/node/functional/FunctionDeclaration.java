package io.tidetable.node.functional;

import io.tidetable.model.TableId;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A function downstream, and by what it is known which data it needs; all of it counts.
 *
 * @param tables what it needs, said outright
 * @param queries that it runs
 * @param statements whose queries at the destination it consists of; null for none
 */
public record FunctionDeclaration(
        String name,
        Map<TableId, TableNeed> tables,
        List<String> queries,
        @Nullable Statements statements) {
    public FunctionDeclaration {
        tables = Map.copyOf(tables);
        queries = List.copyOf(queries);
    }

    /**
     * Queries that were run at the destination.
     *
     * @param role by whom; null for everybody
     * @param containing a text that marks them; null for all
     */
    public record Statements(@Nullable String role, @Nullable String containing) {
        public Statements {
            if (role == null && containing == null) {
                throw new IllegalArgumentException(
                        "a function's statements are told by a role or by a text that they contain");
            }
        }
    }
}
