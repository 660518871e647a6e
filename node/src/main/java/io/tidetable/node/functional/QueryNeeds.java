package io.tidetable.node.functional;

import io.tidetable.model.TableId;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import net.sf.jsqlparser.JSQLParserException;
import net.sf.jsqlparser.parser.CCJSqlParserUtil;
import net.sf.jsqlparser.schema.Table;
import net.sf.jsqlparser.statement.Statement;
import net.sf.jsqlparser.statement.insert.Insert;
import net.sf.jsqlparser.statement.select.ParenthesedSelect;
import net.sf.jsqlparser.statement.select.PlainSelect;
import net.sf.jsqlparser.statement.select.Select;
import net.sf.jsqlparser.statement.select.SetOperationList;
import net.sf.jsqlparser.statement.select.TableStatement;
import net.sf.jsqlparser.statement.select.Values;
import net.sf.jsqlparser.statement.select.WithItem;
import net.sf.jsqlparser.util.TablesNamesFinder;
import org.jspecify.annotations.Nullable;

/**
 * Finds out what a query needs of the tables it reads. Where it does not understand, it asks for
 * more: the outcome of the query over what is found is the same as over the whole tables.
 */
public final class QueryNeeds {
    private final KnownTables known;
    private final Map<TableId, TableNeed> needs = new TreeMap<>();
    private final Set<TableId> viewsSeen = new HashSet<>();

    private QueryNeeds(KnownTables known) {
        this.known = known;
    }

    /** What a query needs, by table; empty where it is not SQL that can be read. */
    public static Optional<Map<TableId, TableNeed>> of(String sql, KnownTables known) {
        Statement statement;
        try {
            statement = CCJSqlParserUtil.parse(sql);
        } catch (JSQLParserException | RuntimeException e) {
            return Optional.empty();
        }
        QueryNeeds finder = new QueryNeeds(known);
        finder.statement(statement);
        return Optional.of(finder.needs);
    }

    private void statement(Statement statement) {
        switch (statement) {
            case Select select -> select(select, new Names(null, null));
            case Insert insert
                    when insert.getSelect() != null
                            && insert.getReturningClause() == null
                            && insert.getWithItemsList() == null ->
                    select(insert.getSelect(), new Names(null, null));
            default -> everythingIn(statement);
        }
    }

    /** Anything that is not understood in detail needs the whole of every table it names. */
    private void everythingIn(Statement statement) {
        Set<String> names = new HashSet<>();
        try {
            names.addAll(new TablesNamesFinder<Void>().getTables(statement));
        } catch (RuntimeException e) {
            known.columns().keySet().forEach(table -> need(table, TableNeed.EVERYTHING));
            return;
        }
        for (String name : names) {
            int dot = name.lastIndexOf('.');
            known.resolve(
                            dot < 0 ? null : ConditionReader.name(name.substring(0, dot)),
                            ConditionReader.name(name.substring(dot + 1)))
                    .ifPresent(this::whole);
        }
    }

    private void whole(TableId table) {
        String view = known.views().get(table);
        if (view == null) {
            need(table, TableNeed.EVERYTHING);
        } else {
            view(table, view);
        }
    }

    void need(TableId table, TableNeed need) {
        needs.merge(table, need, TableNeed::with);
    }

    Optional<TableId> resolve(Table table) {
        String namespace = table.getSchemaName();
        return known.resolve(
                namespace == null ? null : ConditionReader.name(namespace),
                ConditionReader.name(table.getName()));
    }

    KnownTables known() {
        return known;
    }

    /** A view is read as its own query; which of its columns are read is not followed. */
    void view(TableId name, String query) {
        if (!viewsSeen.add(name)) {
            return;
        }
        of(query, known)
                .ifPresentOrElse(
                        inner -> inner.forEach(this::need),
                        () ->
                                known.columns()
                                        .keySet()
                                        .forEach(table -> need(table, TableNeed.EVERYTHING)));
    }

    /** Reads a select of any kind, with the names that it can see. */
    void select(Select select, Names outer) {
        Names names = outer;
        if (select.getWithItemsList() != null) {
            names = new Names(outer, null);
            for (WithItem<?> item : select.getWithItemsList()) {
                names.addQuery(ConditionReader.name(item.getAliasName()));
                if (item.getParenthesedStatement() instanceof ParenthesedSelect inner) {
                    select(inner, names);
                } else {
                    everythingIn((Statement) item.getParenthesedStatement());
                }
            }
        }
        switch (select) {
            case PlainSelect plain -> new SelectBlock(this, plain, names).read();
            case ParenthesedSelect inner -> {
                select(inner.getSelect(), names);
                SelectBlock.tail(this, inner, names);
            }
            case SetOperationList list -> {
                for (Select part : list.getSelects()) {
                    select(part, names);
                }
            }
            case Values values -> SelectBlock.values(this, values, names);
            case TableStatement table -> resolve(table.getTable()).ifPresent(this::whole);
            default -> everythingIn(select);
        }
    }

    /**
     * Names that stand for tables, or for what queries return, in one block and those around it.
     */
    static final class Names {
        private final @Nullable Names outer;
        private final @Nullable SelectBlock block;
        private final Map<String, Optional<TableId>> names = new HashMap<>();

        Names(@Nullable Names outer, @Nullable SelectBlock block) {
            this.outer = outer;
            this.block = block;
        }

        void addTable(String name, TableId table) {
            names.put(name, Optional.of(table));
        }

        void addQuery(String name) {
            names.put(name, Optional.empty());
        }

        boolean has(String name) {
            return names.containsKey(name);
        }

        boolean hasQueries() {
            return names.values().stream().anyMatch(Optional::isEmpty);
        }

        /** Notes a column that a block within reads of this one, or of one further around. */
        void columnFromWithin(@Nullable String qualifier, String column) {
            boolean taken = block != null && block.takes(qualifier, column);
            if (!taken && outer != null) {
                outer.columnFromWithin(qualifier, column);
            }
        }

        /** Whether the name stands for a query here or around. */
        boolean isQuery(String name) {
            Optional<TableId> here = names.get(name);
            if (here != null) {
                return here.isEmpty();
            }
            return outer != null && outer.isQuery(name);
        }
    }
}
