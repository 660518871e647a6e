package io.tidetable.node.functional;

import io.tidetable.model.TableId;
import io.tidetable.node.verify.SqlText;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * A condition on a table's rows that the source evaluates by SQL and we evaluate on changes, with
 * the same outcome. It knows no negation of a whole: so a comparison with NULL, which is neither
 * true nor false, may count as false from the beginning.
 */
public sealed interface RowCondition {
    /** Every part has to hold; none: all rows. */
    record All(List<RowCondition> parts) implements RowCondition {
        public All {
            parts = List.copyOf(parts);
        }
    }

    /** One of the parts has to hold. */
    record Any(List<RowCondition> parts) implements RowCondition {
        public Any {
            parts = List.copyOf(parts);
            if (parts.isEmpty()) {
                throw new IllegalArgumentException("one of nothing never holds");
            }
        }
    }

    /** A column's value against one that is fixed. */
    record Compare(String column, Operator operator, Literal value) implements RowCondition {}

    /** A column's value among some, or among none of them. */
    record Among(String column, boolean included, List<Literal> values) implements RowCondition {
        public Among {
            values = List.copyOf(values);
            if (values.isEmpty()) {
                throw new IllegalArgumentException("a list of values is not empty");
            }
        }
    }

    /** Whether a column has no value. */
    record Missing(String column, boolean missing) implements RowCondition {}

    /** How a value is compared. */
    enum Operator {
        EQUAL("="),
        DIFFERENT("<>"),
        LESS("<"),
        AT_MOST("<="),
        MORE(">"),
        AT_LEAST(">=");

        private final String sql;

        Operator(String sql) {
            this.sql = sql;
        }

        /** Whether it holds for a value that compares so. */
        public boolean holds(int comparison) {
            return switch (this) {
                case EQUAL -> comparison == 0;
                case DIFFERENT -> comparison != 0;
                case LESS -> comparison < 0;
                case AT_MOST -> comparison <= 0;
                case MORE -> comparison > 0;
                case AT_LEAST -> comparison >= 0;
            };
        }

        /** Whether it needs no more than to tell equal from different. */
        public boolean onlyEquality() {
            return this == EQUAL || this == DIFFERENT;
        }

        /** The same with its sides exchanged. */
        Operator mirrored() {
            return switch (this) {
                case EQUAL, DIFFERENT -> this;
                case LESS -> MORE;
                case AT_MOST -> AT_LEAST;
                case MORE -> LESS;
                case AT_LEAST -> AT_MOST;
            };
        }
    }

    /** A value as it was written. */
    sealed interface Literal {
        /** As SQL takes it. */
        String sql();

        /** Digits, with a sign and a point where there are such. */
        record Digits(String digits) implements Literal {
            @Override
            public String sql() {
                return digits.startsWith("-") ? "(" + digits + ")" : digits;
            }
        }

        /** What stood between quotes. */
        record Text(String text) implements Literal {
            @Override
            public String sql() {
                return SqlText.literal(text);
            }
        }

        /** True or false. */
        record Truth(boolean value) implements Literal {
            @Override
            public String sql() {
                return Boolean.toString(value);
            }
        }
    }

    /** Holds for all rows. */
    static RowCondition always() {
        return new All(List.of());
    }

    /** Whether it holds for all rows. */
    default boolean isAlways() {
        return this instanceof All(List<RowCondition> parts) && parts.isEmpty();
    }

    /** The columns it looks at. */
    default Set<String> columns() {
        Set<String> columns = new TreeSet<>();
        switch (this) {
            case All(List<RowCondition> parts) ->
                    parts.forEach(part -> columns.addAll(part.columns()));
            case Any(List<RowCondition> parts) ->
                    parts.forEach(part -> columns.addAll(part.columns()));
            case Compare compare -> columns.add(compare.column());
            case Among among -> columns.add(among.column());
            case Missing missing -> columns.add(missing.column());
        }
        return columns;
    }

    /** As SQL takes it. */
    default String sql() {
        return switch (this) {
            case All(List<RowCondition> parts) ->
                    parts.isEmpty()
                            ? "true"
                            : parts.stream()
                                    .map(part -> wrapped(part))
                                    .collect(Collectors.joining(" AND "));
            case Any(List<RowCondition> parts) ->
                    parts.stream().map(part -> wrapped(part)).collect(Collectors.joining(" OR "));
            case Compare(String column, Operator operator, Literal value) ->
                    "%s %s %s".formatted(TableId.quote(column), operator.sql, value.sql());
            case Among(String column, boolean included, List<Literal> values) ->
                    "%s %sIN (%s)"
                            .formatted(
                                    TableId.quote(column),
                                    included ? "" : "NOT ",
                                    values.stream()
                                            .map(Literal::sql)
                                            .collect(Collectors.joining(", ")));
            case Missing(String column, boolean missing) ->
                    TableId.quote(column) + (missing ? " IS NULL" : " IS NOT NULL");
        };
    }

    private static String wrapped(RowCondition part) {
        return part instanceof All || part instanceof Any ? "(" + part.sql() + ")" : part.sql();
    }

    /** Both have to hold. */
    default RowCondition and(RowCondition other) {
        List<RowCondition> parts = new ArrayList<>(conjuncts());
        other.conjuncts().stream().filter(part -> !parts.contains(part)).forEach(parts::add);
        return parts.size() == 1 ? parts.getFirst() : new All(parts);
    }

    /** One of them has to hold; what holds for all rows swallows the other. */
    default RowCondition or(RowCondition other) {
        if (isAlways() || equals(other)) {
            return this;
        }
        if (other.isAlways()) {
            return other;
        }
        List<RowCondition> parts = new ArrayList<>(alternatives());
        other.alternatives().stream().filter(part -> !parts.contains(part)).forEach(parts::add);
        return parts.size() == 1 ? parts.getFirst() : new Any(parts);
    }

    /** The same in comparisons of one value each. */
    default RowCondition plain() {
        return switch (this) {
            case All(List<RowCondition> parts) ->
                    parts.stream().map(RowCondition::plain).reduce(always(), RowCondition::and);
            case Any(List<RowCondition> parts) ->
                    parts.stream().map(RowCondition::plain).reduce(RowCondition::or).orElseThrow();
            case Among(String column, boolean included, List<Literal> values) -> {
                Operator operator = included ? Operator.EQUAL : Operator.DIFFERENT;
                yield values.stream()
                        .map(value -> (RowCondition) new Compare(column, operator, value))
                        .reduce((a, b) -> included ? a.or(b) : a.and(b))
                        .orElseThrow();
            }
            case Compare _, Missing _ -> this;
        };
    }

    /**
     * A condition that holds wherever this one does, and looks at nothing but what is allowed; the
     * narrowest that is found.
     */
    default RowCondition weakened(Predicate<String> allowedColumns) {
        return switch (this) {
            case All(List<RowCondition> parts) ->
                    parts.stream()
                            .map(part -> part.weakened(allowedColumns))
                            .reduce(always(), RowCondition::and);
            case Any(List<RowCondition> parts) ->
                    parts.stream()
                            .map(part -> part.weakened(allowedColumns))
                            .reduce(RowCondition::or)
                            .orElseThrow();
            case Compare _, Among _, Missing _ ->
                    columns().stream().allMatch(allowedColumns) ? this : always();
        };
    }

    /**
     * Whether it holds wherever the other does, as far as their forms tell; false where that is not
     * plain to see.
     */
    default boolean followsFrom(RowCondition other) {
        if (isAlways() || equals(other)) {
            return true;
        }
        if (other instanceof Any(List<RowCondition> parts)) {
            return parts.stream().allMatch(this::followsFrom);
        }
        if (this instanceof All(List<RowCondition> parts)) {
            return parts.stream().allMatch(part -> part.followsFrom(other));
        }
        if (other instanceof All(List<RowCondition> parts)
                && parts.stream().anyMatch(this::followsFrom)) {
            return true;
        }
        return this instanceof Any(List<RowCondition> parts)
                && parts.stream().anyMatch(part -> part.followsFrom(other));
    }

    private List<RowCondition> conjuncts() {
        return this instanceof All(List<RowCondition> parts) ? parts : List.of(this);
    }

    private List<RowCondition> alternatives() {
        return this instanceof Any(List<RowCondition> parts) ? parts : List.of(this);
    }
}
