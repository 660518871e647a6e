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
    private static final int MOST_QUERIES = 1_000;
    private static final int LONGEST_QUERY = 100_000;
    private static final int LONGEST_CONDITION = 10_000;
    private static final int DEEPEST = 50;

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
        requireReadable();
        if (statements != null && statements.role() == null && statements.containing() == null) {
            throw new IllegalArgumentException(
                    "statements are told by a 'role' or by a text that they are 'containing'");
        }
        return this;
    }

    /** What no query of a person is like would keep a parser busy for long. */
    private void requireReadable() {
        if (queries != null) {
            if (queries.size() > MOST_QUERIES) {
                throw new IllegalArgumentException(
                        "a function has at most %d queries, got %d"
                                .formatted(MOST_QUERIES, queries.size()));
            }
            queries.forEach(query -> requireReadable("a query", query, LONGEST_QUERY));
        }
        if (tables != null) {
            tables.forEach((table, need) -> {
                if (need != null && need.rows() != null) {
                    requireReadable("the rows of " + table, need.rows(), LONGEST_CONDITION);
                }
            });
        }
    }

    private static void requireReadable(String what, String sql, int longest) {
        if (sql.length() > longest) {
            throw new IllegalArgumentException(
                    "%s takes at most %d characters, got %d"
                            .formatted(what, longest, sql.length()));
        }
        int depth = 0;
        for (int at = 0; at < sql.length(); at++) {
            depth += sql.charAt(at) == '(' ? 1 : sql.charAt(at) == ')' ? -1 : 0;
            if (depth > DEEPEST) {
                throw new IllegalArgumentException(
                        "%s has parentheses in more than %d others".formatted(what, DEEPEST));
            }
        }
    }
}
