package io.tidetable.control.document;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A function downstream, and by what it is known which data it needs; all of it counts.
 *
 * @param tables what it needs, by {@code namespace.name}
 * @param queries that it runs
 * @param statements of the destination that it consists of
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record FunctionDocument(
        @Nullable Map<String, Need> tables,
        @Nullable List<String> queries,
        @Nullable Statements statements) {
    /**
     * What it needs of a table.
     *
     * @param columns null for all
     * @param rows an SQL condition; null for all
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Need(@Nullable List<String> columns, @Nullable String rows) {}

    /** By whom they are run, or a text that marks them. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Statements(@Nullable String role, @Nullable String containing) {}

    /**
     * The same, checked for what can be seen by itself.
     *
     * @throws IllegalArgumentException when it says nothing, or a table has no namespace
     */
    public FunctionDocument checked() {
        if (tables == null && queries == null && statements == null) {
            throw new IllegalArgumentException(
                    "a function has 'tables', 'queries' or 'statements' by which its needs are known");
        }
        if (tables != null) {
            for (String table : tables.keySet()) {
                int dot = table.indexOf('.');
                if (dot < 1 || dot == table.length() - 1) {
                    throw new IllegalArgumentException(
                            "tables of a function are named namespace.name, got '" + table + "'");
                }
            }
        }
        if (statements != null && statements.role() == null && statements.containing() == null) {
            throw new IllegalArgumentException(
                    "statements are told by a 'role' or by a text that they are 'containing'");
        }
        return this;
    }
}
