package io.tidetable.node.functional;

import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.schema.Strategy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** What the functions of a pipeline need, from all that is said about them now. */
public final class FunctionCatalog {
    private final List<FunctionDeclaration> declared;

    /** Functions that are declared, besides those in the source's comments. */
    public FunctionCatalog(List<FunctionDeclaration> declared) {
        this.declared = List.copyOf(declared);
    }

    /**
     * Everything that is known.
     *
     * @throws TidetableException TT-552 when a function's queries cannot be read
     */
    public FunctionNeeds needs(Connection source, Connection destination) throws SQLException {
        FunctionNeeds all = new FunctionNeeds(FunctionTags.read(source));
        KnownTables known = null;
        for (FunctionDeclaration function : declared) {
            Map<String, Map<TableId, TableNeed>> outright = new TreeMap<>();
            outright.put(function.name(), function.tables());
            all = all.with(new FunctionNeeds(outright));
            List<String> queries = new ArrayList<>(function.queries());
            if (function.statements() != null) {
                queries.addAll(run(function, destination));
            }
            if (!queries.isEmpty()) {
                known = known == null ? KnownTables.read(source) : known;
                all = all.with(FunctionNeeds.ofQueries(function.name(), queries, known));
            }
        }
        return all;
    }

    private static List<String> run(FunctionDeclaration function, Connection destination)
            throws SQLException {
        FunctionDeclaration.Statements statements =
                java.util.Objects.requireNonNull(function.statements());
        List<String> queries =
                DestinationQueries.read(destination, statements.role(), statements.containing())
                        .orElseThrow(() ->
                                new TidetableException(
                                        "TT-556",
                                        "function %s is to be known by the statements that run at the destination, which does not count them; CREATE EXTENSION pg_stat_statements there, or name its queries"
                                                .formatted(function.name())));
        // Anything else a session does reads no table, or all of it, which its own words tell.
        return queries.stream().filter(FunctionCatalog::mayRead).toList();
    }

    private static boolean mayRead(String query) {
        String begin = query.strip().toLowerCase(java.util.Locale.ROOT);
        while (begin.startsWith("/*")) {
            int end = begin.indexOf("*/");
            begin = end < 0 ? "" : begin.substring(end + 2).strip();
        }
        return begin.matches(
                "(?s)(select|with|table|insert|update|delete|merge|\\(|values)\\b.*|\\(.*");
    }

    /**
     * The strategy with the columns and rows that its functions need, where it names functions
     * only.
     *
     * @throws TidetableException TT-553 when none of them is known to need the table
     */
    public Strategy complete(
            TableId table, Strategy strategy, Connection source, Connection destination)
            throws SQLException {
        if (!(strategy
                        instanceof
                        Strategy.Functional(
                                List<String> functions,
                                List<String> columns,
                                String rows))
                || !columns.isEmpty()
                || rows != null) {
            return strategy;
        }
        return needs(source, destination).strategyFor(table, new TreeSet<>(functions));
    }
}
