package io.tidetable.node.strategy;

import io.tidetable.model.TidetableException;
import io.tidetable.node.functional.RowCondition;
import io.tidetable.node.functional.RowCondition.Literal;
import io.tidetable.node.functional.RowCondition.Operator;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A condition on rows, evaluated on changes exactly as the source evaluates it by SQL.
 *
 * @param kinds of the columns that the condition looks at
 */
public record RowFilter(RowCondition condition, Map<String, ValueKind> kinds) {
    public RowFilter {
        kinds = Map.copyOf(kinds);
        require(condition, kinds);
    }

    /** Whether a row meets the condition. */
    enum Verdict {
        YES,
        NO,
        /** A value that the change does not carry would decide. */
        UNKNOWN
    }

    /** Where the columns of a row are. */
    interface Row {
        /** Whether the change carries the column's value. */
        boolean isKnown(String column);

        /** The column's binary form; null for NULL. */
        @Nullable ByteBuffer value(String column);
    }

    private static void require(RowCondition condition, Map<String, ValueKind> kinds) {
        switch (condition) {
            case RowCondition.All(List<RowCondition> parts) ->
                    parts.forEach(part -> require(part, kinds));
            case RowCondition.Any(List<RowCondition> parts) ->
                    parts.forEach(part -> require(part, kinds));
            case RowCondition.Compare(String column, Operator operator, Literal value) -> {
                ValueKind kind = kind(column, kinds);
                if (!kind.takes(operator)) {
                    throw refused(
                            column,
                            "its values can only be compared by = and <> outside the database");
                }
                requireLiteral(column, kind, value);
            }
            case RowCondition.Among(String column, boolean _, List<Literal> values) -> {
                ValueKind kind = kind(column, kinds);
                values.forEach(value -> requireLiteral(column, kind, value));
            }
            case RowCondition.Missing(String _, boolean _) -> {}
        }
    }

    private static ValueKind kind(String column, Map<String, ValueKind> kinds) {
        ValueKind kind = kinds.get(column);
        if (kind == null) {
            throw refused(
                    column,
                    "values of its type cannot be compared outside the database, or it is not there");
        }
        return kind;
    }

    private static void requireLiteral(String column, ValueKind kind, Literal value) {
        if (kind.literal(value).isEmpty()) {
            throw refused(
                    column,
                    "the value %s is not written as one of its type; dates are written 2026-01-31, times 2026-01-31 12:00:00, with +00 where the column has a time zone"
                            .formatted(value.sql()));
        }
    }

    private static TidetableException refused(String column, String why) {
        return new TidetableException(
                "TT-551",
                "the condition on column %s cannot be used: %s; write it otherwise, or leave it out"
                        .formatted(column, why));
    }

    Verdict verdict(Row row) {
        return verdict(condition, row);
    }

    private Verdict verdict(RowCondition part, Row row) {
        return switch (part) {
            case RowCondition.All(List<RowCondition> parts) -> {
                Verdict all = Verdict.YES;
                for (RowCondition each : parts) {
                    all = worse(all, verdict(each, row));
                }
                yield all;
            }
            case RowCondition.Any(List<RowCondition> parts) -> {
                Verdict any = Verdict.NO;
                for (RowCondition each : parts) {
                    any = better(any, verdict(each, row));
                }
                yield any;
            }
            case RowCondition.Compare(String column, Operator operator, Literal value) ->
                    !row.isKnown(column)
                            ? Verdict.UNKNOWN
                            : told(compares(row.value(column), column, operator, value));
            case RowCondition.Among(String column, boolean included, List<Literal> values) ->
                    !row.isKnown(column)
                            ? Verdict.UNKNOWN
                            : told(among(row.value(column), column, included, values));
            case RowCondition.Missing(String column, boolean missing) ->
                    // A value that is stored aside and did not change is a value.
                    told(!row.isKnown(column) ? !missing : (row.value(column) == null) == missing);
        };
    }

    private boolean among(
            @Nullable ByteBuffer value, String column, boolean included, List<Literal> values) {
        return value != null
                && included
                        == values.stream()
                                .anyMatch(each -> compares(value, column, Operator.EQUAL, each));
    }

    private boolean compares(
            @Nullable ByteBuffer value, String column, Operator operator, Literal literal) {
        if (value == null) {
            return false;
        }
        ValueKind kind = Objects.requireNonNull(kinds.get(column));
        return operator.holds(compare(kind.read(value), kind.literal(literal).orElseThrow()));
    }

    /** Values of one kind are of one class. */
    @SuppressWarnings("unchecked")
    private static int compare(Comparable<?> one, Comparable<?> other) {
        return ((Comparable<Object>) one).compareTo(other);
    }

    private static Verdict told(boolean holds) {
        return holds ? Verdict.YES : Verdict.NO;
    }

    private static Verdict worse(Verdict a, Verdict b) {
        if (a == Verdict.NO || b == Verdict.NO) {
            return Verdict.NO;
        }
        return a == Verdict.UNKNOWN ? a : b;
    }

    private static Verdict better(Verdict a, Verdict b) {
        if (a == Verdict.YES || b == Verdict.YES) {
            return Verdict.YES;
        }
        return a == Verdict.UNKNOWN ? a : b;
    }

    /**
     * Whether a row whose verdict is unknown, and which is at the destination, still belongs there:
     * where all parts have to hold, those that are unknown held before and did not change.
     */
    boolean unknownMeansUnchanged() {
        return !hasAlternatives(condition);
    }

    private static boolean hasAlternatives(RowCondition part) {
        return switch (part) {
            case RowCondition.All(List<RowCondition> parts) ->
                    parts.stream().anyMatch(RowFilter::hasAlternatives);
            case RowCondition.Any _ -> true;
            case RowCondition.Compare _, RowCondition.Among _, RowCondition.Missing _ -> false;
        };
    }

    /** Kinds by column as text, for writing down. */
    Map<String, String> kindNames() {
        Map<String, String> names = new HashMap<>();
        kinds.forEach((column, kind) -> names.put(column, kind.name()));
        return names;
    }
}
