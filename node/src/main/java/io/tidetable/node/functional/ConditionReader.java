package io.tidetable.node.functional;

import io.tidetable.model.TidetableException;
import io.tidetable.node.functional.RowCondition.Among;
import io.tidetable.node.functional.RowCondition.Compare;
import io.tidetable.node.functional.RowCondition.Literal;
import io.tidetable.node.functional.RowCondition.Missing;
import io.tidetable.node.functional.RowCondition.Operator;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import net.sf.jsqlparser.JSQLParserException;
import net.sf.jsqlparser.expression.BinaryExpression;
import net.sf.jsqlparser.expression.BooleanValue;
import net.sf.jsqlparser.expression.DoubleValue;
import net.sf.jsqlparser.expression.Expression;
import net.sf.jsqlparser.expression.LongValue;
import net.sf.jsqlparser.expression.NotExpression;
import net.sf.jsqlparser.expression.SignedExpression;
import net.sf.jsqlparser.expression.StringValue;
import net.sf.jsqlparser.expression.operators.conditional.AndExpression;
import net.sf.jsqlparser.expression.operators.conditional.OrExpression;
import net.sf.jsqlparser.expression.operators.relational.Between;
import net.sf.jsqlparser.expression.operators.relational.EqualsTo;
import net.sf.jsqlparser.expression.operators.relational.ExpressionList;
import net.sf.jsqlparser.expression.operators.relational.GreaterThan;
import net.sf.jsqlparser.expression.operators.relational.GreaterThanEquals;
import net.sf.jsqlparser.expression.operators.relational.InExpression;
import net.sf.jsqlparser.expression.operators.relational.IsBooleanExpression;
import net.sf.jsqlparser.expression.operators.relational.IsNullExpression;
import net.sf.jsqlparser.expression.operators.relational.MinorThan;
import net.sf.jsqlparser.expression.operators.relational.MinorThanEquals;
import net.sf.jsqlparser.expression.operators.relational.NotEqualsTo;
import net.sf.jsqlparser.expression.operators.relational.ParenthesedExpressionList;
import net.sf.jsqlparser.parser.CCJSqlParserUtil;
import net.sf.jsqlparser.parser.TokenMgrException;
import net.sf.jsqlparser.schema.Column;
import org.jspecify.annotations.Nullable;

/** Reads conditions out of SQL, as far as they can be evaluated exactly outside the database. */
public final class ConditionReader {
    private ConditionReader() {}

    /**
     * The condition that a text says.
     *
     * @throws TidetableException TT-551 when it is no SQL, or more than can be evaluated
     */
    public static RowCondition read(String sql) {
        Expression expression;
        if (!isClosed(sql)) {
            throw refused(sql, "a quote is left open in it, or it holds more than one statement");
        }
        try {
            expression = CCJSqlParserUtil.parseCondExpression(sql, false);
        } catch (JSQLParserException | TokenMgrException e) {
            throw refused(sql, "it is no SQL condition");
        }
        return condition(expression)
                .orElseThrow(() ->
                        refused(
                                sql,
                                "only comparisons of a column with a value, IN, BETWEEN, IS NULL, AND and OR can be evaluated on changes"));
    }

    /** The parser takes some texts with an open quote for what stands before it. */
    private static boolean isClosed(String sql) {
        char open = 0;
        boolean escapes = false;
        for (int at = 0; at < sql.length(); at++) {
            char character = sql.charAt(at);
            if (open != 0) {
                if (escapes && character == '\\') {
                    at++;
                } else if (character == open) {
                    open = 0;
                }
            } else if (character == '\'' || character == '"') {
                open = character;
                escapes = character == '\'' && at > 0 && (sql.charAt(at - 1) | ' ') == 'e';
            } else if (character == ';') {
                return false;
            }
        }
        return open == 0;
    }

    private static TidetableException refused(String sql, String why) {
        return new TidetableException(
                "TT-551",
                "the condition on rows \"%s\" cannot be used: %s; write it so, or leave it out"
                        .formatted(sql, why));
    }

    /** The same condition; empty where it cannot be evaluated. */
    static Optional<RowCondition> condition(Expression expression) {
        return switch (expression) {
            case ParenthesedExpressionList<?> list when list.size() == 1 ->
                    condition(list.getFirst());
            case AndExpression and -> both(and).map(pair -> pair.getFirst().and(pair.getLast()));
            case OrExpression or -> both(or).map(pair -> pair.getFirst().or(pair.getLast()));
            case BinaryExpression binary -> comparison(binary);
            case Between between -> between(between);
            case InExpression in -> among(in);
            case IsNullExpression isNull ->
                    column(isNull.getLeftExpression())
                            .map(column -> new Missing(column, !isNull.isNot()));
            case IsBooleanExpression is when !is.isNot() ->
                    column(is.getLeftExpression()).map(column -> truth(column, is.isTrue()));
            case NotExpression not ->
                    column(not.getExpression()).map(column -> truth(column, false));
            case Column column -> column(column).map(name -> truth(name, true));
            case null, default -> Optional.empty();
        };
    }

    private static RowCondition truth(String column, boolean value) {
        return new Compare(column, Operator.EQUAL, new Literal.Truth(value));
    }

    private static Optional<List<RowCondition>> both(BinaryExpression expression) {
        Optional<RowCondition> left = condition(expression.getLeftExpression());
        Optional<RowCondition> right = condition(expression.getRightExpression());
        return left.flatMap(first -> right.map(second -> List.of(first, second)));
    }

    private static Optional<RowCondition> comparison(BinaryExpression expression) {
        Optional<Operator> operator = operator(expression);
        if (operator.isEmpty()) {
            return Optional.empty();
        }
        Optional<String> left = column(expression.getLeftExpression());
        Optional<Literal> right = literal(expression.getRightExpression());
        if (left.isPresent() && right.isPresent()) {
            return Optional.of(new Compare(left.get(), operator.get(), right.get()));
        }
        Optional<Literal> first = literal(expression.getLeftExpression());
        Optional<String> second = column(expression.getRightExpression());
        if (first.isPresent() && second.isPresent()) {
            return Optional.of(new Compare(second.get(), operator.get().mirrored(), first.get()));
        }
        return Optional.empty();
    }

    private static Optional<Operator> operator(BinaryExpression expression) {
        return Optional.ofNullable(
                switch (expression) {
                    case EqualsTo _ -> Operator.EQUAL;
                    case NotEqualsTo _ -> Operator.DIFFERENT;
                    case MinorThan _ -> Operator.LESS;
                    case MinorThanEquals _ -> Operator.AT_MOST;
                    case GreaterThan _ -> Operator.MORE;
                    case GreaterThanEquals _ -> Operator.AT_LEAST;
                    default -> null;
                });
    }

    private static Optional<RowCondition> between(Between between) {
        Optional<String> column = column(between.getLeftExpression());
        Optional<Literal> from = literal(between.getBetweenExpressionStart());
        Optional<Literal> to = literal(between.getBetweenExpressionEnd());
        if (between.isNot()
                || between.isUsingSymmetric()
                || column.isEmpty()
                || from.isEmpty()
                || to.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                new Compare(column.get(), Operator.AT_LEAST, from.get())
                        .and(new Compare(column.get(), Operator.AT_MOST, to.get())));
    }

    private static Optional<RowCondition> among(InExpression in) {
        Optional<String> column = column(in.getLeftExpression());
        if (column.isEmpty() || !(in.getRightExpression() instanceof ExpressionList<?> list)) {
            return Optional.empty();
        }
        List<Literal> values = new ArrayList<>();
        for (Expression value : list) {
            Optional<Literal> literal = literal(value);
            if (literal.isEmpty()) {
                return Optional.empty();
            }
            values.add(literal.get());
        }
        return values.isEmpty()
                ? Optional.empty()
                : Optional.of(new Among(column.get(), !in.isNot(), values));
    }

    private static Optional<String> column(Expression expression) {
        if (expression instanceof ParenthesedExpressionList<?> list && list.size() == 1) {
            return column(list.getFirst());
        }
        return expression instanceof Column column && column.getArrayConstructor() == null
                ? Optional.of(name(column.getColumnName()))
                : Optional.empty();
    }

    private static Optional<Literal> literal(Expression expression) {
        return Optional.ofNullable(
                switch (expression) {
                    case LongValue number -> new Literal.Digits(number.getStringValue());
                    case DoubleValue number -> number(number.toString());
                    case SignedExpression signed ->
                            literal(signed.getExpression())
                                    .filter(Literal.Digits.class::isInstance)
                                    .map(Literal.Digits.class::cast)
                                    .filter(number -> !number.digits().startsWith("-"))
                                    .map(number -> signed(signed.getSign(), number))
                                    .orElse(null);
                    case StringValue text -> text(text).orElse(null);
                    case BooleanValue truth -> new Literal.Truth(truth.getValue());
                    case ParenthesedExpressionList<?> list when list.size() == 1 ->
                            literal(list.getFirst()).orElse(null);
                    case null, default -> null;
                });
    }

    /** A plain text, or one in which nothing but backslashes is escaped. */
    private static Optional<Literal> text(StringValue text) {
        String value = text.getNotExcapedValue();
        if (text.getPrefix() == null) {
            return Optional.of(new Literal.Text(value));
        }
        String unescaped = value.replace("\\\\", "\\");
        boolean plain = unescaped.replace("\\", "\\\\").equals(value);
        return text.getPrefix().equalsIgnoreCase("E") && plain
                ? Optional.of(new Literal.Text(unescaped))
                : Optional.empty();
    }

    private static @Nullable Literal number(String digits) {
        return digits.matches("\\d*\\.?\\d+|\\d+\\.") ? new Literal.Digits(digits) : null;
    }

    private static Literal.@Nullable Digits signed(char sign, Literal.Digits number) {
        return switch (sign) {
            case '-' -> new Literal.Digits("-" + number.digits());
            case '+' -> number;
            default -> null;
        };
    }

    /** A name as PostgreSQL takes it: lower case unless it is quoted. */
    static String name(String written) {
        return written.length() > 1 && written.startsWith("\"") && written.endsWith("\"")
                ? written.substring(1, written.length() - 1).replace("\"\"", "\"")
                : written.toLowerCase(Locale.ROOT);
    }
}
