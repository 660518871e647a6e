package io.tidetable.node.functional;

import io.tidetable.model.TableId;
import io.tidetable.node.functional.QueryNeeds.Names;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import net.sf.jsqlparser.expression.DateUnitExpression;
import net.sf.jsqlparser.expression.Expression;
import net.sf.jsqlparser.expression.ExpressionVisitorAdapter;
import net.sf.jsqlparser.expression.Function;
import net.sf.jsqlparser.expression.operators.conditional.AndExpression;
import net.sf.jsqlparser.expression.operators.relational.ParenthesedExpressionList;
import net.sf.jsqlparser.schema.Column;
import net.sf.jsqlparser.schema.Table;
import net.sf.jsqlparser.statement.select.AllColumns;
import net.sf.jsqlparser.statement.select.AllTableColumns;
import net.sf.jsqlparser.statement.select.Distinct;
import net.sf.jsqlparser.statement.select.FromItem;
import net.sf.jsqlparser.statement.select.Join;
import net.sf.jsqlparser.statement.select.OrderByElement;
import net.sf.jsqlparser.statement.select.ParenthesedFromItem;
import net.sf.jsqlparser.statement.select.ParenthesedSelect;
import net.sf.jsqlparser.statement.select.PlainSelect;
import net.sf.jsqlparser.statement.select.Select;
import net.sf.jsqlparser.statement.select.SelectItem;
import net.sf.jsqlparser.statement.select.TableFunction;
import net.sf.jsqlparser.statement.select.Values;
import org.jspecify.annotations.Nullable;

/** One SELECT with its FROM: which columns it reads of which table, and which rows. */
final class SelectBlock {
    private final QueryNeeds query;
    private final PlainSelect select;
    private final Names outer;
    private final Names names;
    private final Map<String, Source> sources = new HashMap<>();

    /** A table of this block, under one alias. */
    private static final class Source {
        private final TableId table;
        private final Set<String> columns = new TreeSet<>();
        private final boolean nullable;
        private boolean wholly;
        private RowCondition rows = RowCondition.always();

        Source(TableId table, boolean nullable) {
            this.table = table;
            this.nullable = nullable;
        }
    }

    SelectBlock(QueryNeeds query, PlainSelect select, Names outer) {
        this.query = query;
        this.select = select;
        this.outer = outer;
        names = new Names(outer, this);
    }

    void read() {
        List<Join> joins = select.getJoins() == null ? List.of() : select.getJoins();
        boolean anyRightOrFull = joins.stream().anyMatch(join -> join.isRight() || join.isFull());
        from(select.getFromItem(), anyRightOrFull);
        for (Join join : joins) {
            from(join.getFromItem(), anyRightOrFull || join.isLeft() || join.isOuter());
        }
        for (Join join : joins) {
            join(join);
        }
        expressions();
        for (Expression conjunct : conjuncts(select.getWhere())) {
            restrict(conjunct);
        }
        for (Source source : sources.values()) {
            query.need(
                    source.table,
                    new TableNeed(
                            source.wholly ? null : new TreeSet<>(source.columns), source.rows));
        }
    }

    private void from(@Nullable FromItem item, boolean nullable) {
        switch (item) {
            case null -> {}
            case Table table -> table(table, nullable);
            case ParenthesedSelect inner -> {
                query.select(inner, names);
                name(inner).ifPresent(names::addQuery);
            }
            case ParenthesedFromItem inner -> {
                // Conditions of joins within parentheses are read for their columns only.
                from(inner.getFromItem(), true);
                for (Join join : inner.getJoins() == null ? List.<Join>of() : inner.getJoins()) {
                    from(join.getFromItem(), true);
                    columnsOf(join);
                }
                name(inner).ifPresent(alias -> sources.values().forEach(it -> it.wholly = true));
            }
            case TableFunction function -> {
                for (Function call : function.getFunctions()) {
                    expression(call);
                }
                name(function).ifPresent(names::addQuery);
            }
            default -> name(item).ifPresent(names::addQuery);
        }
    }

    private static Optional<String> name(FromItem item) {
        return Optional.ofNullable(item.getAlias())
                .map(alias -> ConditionReader.name(alias.getName()));
    }

    private void table(Table table, boolean nullable) {
        String own = ConditionReader.name(table.getName());
        if (table.getSchemaName() == null && names.isQuery(own)) {
            names.addQuery(name(table).orElse(own));
            return;
        }
        Optional<TableId> found = query.resolve(table);
        String alias = name(table).orElse(own);
        if (found.isEmpty()) {
            names.addQuery(alias);
            return;
        }
        String view = query.known().views().get(found.get());
        if (view != null) {
            query.view(found.get(), view);
            names.addQuery(alias);
            return;
        }
        Source source = new Source(found.get(), nullable);
        // A list of aliases gives columns other names; which is which is not followed.
        source.wholly =
                table.getAlias() != null
                        && table.getAlias().getAliasColumns() != null
                        && !table.getAlias().getAliasColumns().isEmpty();
        Source twin = sources.put(alias, source);
        if (twin != null) {
            query.need(twin.table, TableNeed.EVERYTHING);
            source.wholly = true;
        }
        names.addTable(alias, found.get());
    }

    private void join(Join join) {
        columnsOf(join);
        boolean inner = !join.isLeft() && !join.isRight() && !join.isFull() && !join.isOuter();
        Collection<Expression> conditions =
                join.getOnExpressions() == null ? List.of() : join.getOnExpressions();
        Optional<String> right =
                join.getFromItem() instanceof Table table
                        ? Optional.of(name(table).orElse(ConditionReader.name(table.getName())))
                        : Optional.empty();
        for (Expression condition : conditions) {
            for (Expression conjunct : conjuncts(condition)) {
                if (inner) {
                    restrict(conjunct);
                } else if (join.isLeft()) {
                    right.ifPresent(name -> restrictOnly(conjunct, name));
                }
            }
        }
    }

    private void columnsOf(Join join) {
        if (join.isNatural()) {
            sources.values().forEach(source -> source.wholly = true);
        }
        if (join.getUsingColumns() != null) {
            for (Column column : join.getUsingColumns()) {
                unqualified(ConditionReader.name(column.getColumnName()));
            }
        }
        if (join.getOnExpressions() != null) {
            join.getOnExpressions().forEach(this::expression);
        }
    }

    private void expressions() {
        if (select.getSelectItems() != null) {
            for (SelectItem<?> item : select.getSelectItems()) {
                switch (item.getExpression()) {
                    case AllTableColumns all -> allOf(all.getTable());
                    case AllColumns _ -> sources.values().forEach(source -> source.wholly = true);
                    default -> expression(item.getExpression());
                }
            }
        }
        Distinct distinct = select.getDistinct();
        if (distinct != null && distinct.getOnSelectItems() != null) {
            distinct.getOnSelectItems().forEach(item -> expression(item.getExpression()));
        }
        expression(select.getWhere());
        expression(select.getHaving());
        expression(select.getQualify());
        if (select.getGroupBy() != null) {
            if (select.getGroupBy().getGroupByExpressionList() != null) {
                for (Object each : select.getGroupBy().getGroupByExpressionList()) {
                    expression((Expression) each);
                }
            }
            if (!select.getGroupBy().getGroupingSets().isEmpty()) {
                select.getGroupBy()
                        .getGroupingSets()
                        .forEach(set -> set.forEach(each -> expression(each)));
            }
        }
        if (select.getWindowDefinitions() != null || select.getLateralViews() != null) {
            // Windows by name may order by anything.
            sources.values().forEach(source -> source.wholly = true);
        }
        tail(select.getOrderByElements(), select);
    }

    private void tail(@Nullable List<OrderByElement> order, Select of) {
        if (order != null) {
            order.forEach(element -> expression(element.getExpression()));
        }
        if (of.getLimit() != null) {
            expression(of.getLimit().getRowCount());
        }
    }

    /** What stands behind a select in parentheses. */
    static void tail(QueryNeeds query, ParenthesedSelect inner, Names names) {
        if (inner.getOrderByElements() != null) {
            SelectBlock block = new SelectBlock(query, new PlainSelect(), names);
            inner.getOrderByElements()
                    .forEach(element -> block.expression(element.getExpression()));
        }
    }

    /** A list of rows may hold queries. */
    static void values(QueryNeeds query, Values values, Names names) {
        SelectBlock block = new SelectBlock(query, new PlainSelect(), names);
        values.getExpressions().forEach(each -> block.expression(each));
    }

    private void allOf(Table table) {
        Source source = sources.get(ConditionReader.name(table.getName()));
        if (source != null) {
            source.wholly = true;
        }
    }

    /** Notes every column that an expression reads, here or in the blocks around. */
    private void expression(@Nullable Expression expression) {
        if (expression == null) {
            return;
        }
        expression.accept(
                new ExpressionVisitorAdapter<Void>() {
                    @Override
                    public <S> @Nullable Void visit(Column column, S context) {
                        column(column);
                        return null;
                    }

                    @Override
                    public <S> @Nullable Void visit(ParenthesedSelect inner, S context) {
                        query.select(inner, names);
                        return null;
                    }

                    @Override
                    public <S> @Nullable Void visit(Select inner, S context) {
                        query.select(inner, names);
                        return null;
                    }

                    @Override
                    public <S> @Nullable Void visit(DateUnitExpression unit, S context) {
                        // A column that is called day or year is taken for a unit of time.
                        unqualified(unit.toString().toLowerCase(Locale.ROOT));
                        return null;
                    }

                    @Override
                    public <S> @Nullable Void visit(AllColumns all, S context) {
                        // count(*) needs rows, not columns.
                        return null;
                    }

                    @Override
                    public <S> @Nullable Void visit(AllTableColumns all, S context) {
                        allOf(all.getTable());
                        return null;
                    }
                },
                null);
    }

    private void column(Column column) {
        String name = ConditionReader.name(column.getColumnName());
        Table table = column.getTable();
        if (table == null || table.getName() == null) {
            unqualified(name);
            return;
        }
        String qualifier = ConditionReader.name(table.getName());
        if (!takes(qualifier, name)) {
            outer.columnFromWithin(qualifier, name);
        }
    }

    /** Notes a column that an expression here or in a block within reads; false if not of here. */
    boolean takes(@Nullable String qualifier, String column) {
        if (qualifier == null) {
            return takesUnqualified(column);
        }
        Source source = sources.get(qualifier);
        if (source != null) {
            note(source, column);
        }
        return source != null || names.has(qualifier);
    }

    private void note(Source source, String column) {
        if (has(source, column)) {
            source.columns.add(column);
        } else {
            // Of composite values, functions written like columns and system columns.
            source.wholly = true;
        }
    }

    private void unqualified(String name) {
        if (!takesUnqualified(name)) {
            outer.columnFromWithin(null, name);
        }
    }

    private boolean takesUnqualified(String name) {
        Source row = sources.get(name);
        if (row != null) {
            row.wholly = true;
        }
        boolean found = row != null;
        for (Source source : sources.values()) {
            if (has(source, name)) {
                source.columns.add(name);
                found = true;
            }
        }
        return found;
    }

    /** The parts that all have to hold. */
    private static List<Expression> conjuncts(@Nullable Expression expression) {
        List<Expression> parts = new ArrayList<>();
        switch (expression) {
            case null -> {}
            case ParenthesedExpressionList<?> list when list.size() == 1 ->
                    parts.addAll(conjuncts(list.getFirst()));
            case AndExpression and -> {
                parts.addAll(conjuncts(and.getLeftExpression()));
                parts.addAll(conjuncts(and.getRightExpression()));
            }
            default -> parts.add(expression);
        }
        return parts;
    }

    private void restrict(Expression conjunct) {
        owner(conjunct).ifPresent(name -> restrictBy(conjunct, name, false));
    }

    private void restrictOnly(Expression conjunct, String name) {
        if (owner(conjunct).filter(name::equals).isPresent()) {
            restrictBy(conjunct, name, true);
        }
    }

    /** Rows that do not meet a condition on one table alone do not reach the outcome. */
    private void restrictBy(Expression conjunct, String name, boolean inItsJoin) {
        Source source = Objects.requireNonNull(sources.get(name));
        Optional<RowCondition> condition = ConditionReader.condition(conjunct);
        if (condition.isEmpty()) {
            return;
        }
        if (source.nullable && !inItsJoin && asksForNull(condition.get())) {
            // A row that is left out would come back as one that was not found.
            return;
        }
        source.rows = source.rows.and(condition.get());
    }

    private static boolean asksForNull(RowCondition condition) {
        return switch (condition) {
            case RowCondition.All(List<RowCondition> parts) ->
                    parts.stream().anyMatch(SelectBlock::asksForNull);
            case RowCondition.Any(List<RowCondition> parts) ->
                    parts.stream().anyMatch(SelectBlock::asksForNull);
            case RowCondition.Compare _, RowCondition.Among _ -> false;
            case RowCondition.Missing(String _, boolean missing) -> missing;
        };
    }

    /** The one table of this block whose columns an expression reads; empty when not one alone. */
    private Optional<String> owner(Expression expression) {
        Set<String> owners = new HashSet<>();
        boolean[] foreign = {false};
        expression.accept(
                new ExpressionVisitorAdapter<Void>() {
                    @Override
                    public <S> @Nullable Void visit(Column column, S context) {
                        ownerOf(column).ifPresentOrElse(owners::add, () -> foreign[0] = true);
                        return null;
                    }

                    @Override
                    public <S> @Nullable Void visit(ParenthesedSelect inner, S context) {
                        foreign[0] = true;
                        return null;
                    }

                    @Override
                    public <S> @Nullable Void visit(Select inner, S context) {
                        foreign[0] = true;
                        return null;
                    }
                },
                null);
        return owners.size() == 1 && !foreign[0]
                ? Optional.of(owners.iterator().next())
                : Optional.empty();
    }

    private Optional<String> ownerOf(Column column) {
        String name = ConditionReader.name(column.getColumnName());
        Table table = column.getTable();
        if (table != null && table.getName() != null) {
            String qualifier = ConditionReader.name(table.getName());
            return Optional.ofNullable(sources.get(qualifier))
                    .filter(source -> has(source, name))
                    .map(_ -> qualifier);
        }
        if (names.hasQueries()) {
            // It might be of what a query returns.
            return Optional.empty();
        }
        List<String> having =
                sources.entrySet().stream()
                        .filter(entry -> has(entry.getValue(), name))
                        .map(Map.Entry::getKey)
                        .toList();
        return having.size() == 1 ? Optional.of(having.getFirst()) : Optional.empty();
    }

    private boolean has(Source source, String column) {
        return Objects.requireNonNull(query.known().columns().get(source.table)).contains(column);
    }
}
