package io.tidetable.node.apply;

import io.tidetable.node.apply.RowStatement.Parameter;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The statements that write single rows of one plan; the same call gives the same object. */
final class RowStatements {
    private final TablePlan plan;
    private final Map<BitSet, RowStatement> updates = new HashMap<>();
    private final Map<BitSet, RowStatement> rekeys = new HashMap<>();
    private @Nullable RowStatement insert;
    private @Nullable RowStatement delete;
    private @Nullable RowStatement upsert;
    private @Nullable RowStatement deleteWhereTaken;
    private @Nullable RowStatement insertWhereFree;

    RowStatements(TablePlan plan) {
        this.plan = plan;
    }

    RowStatement insert() {
        RowStatement made = insert;
        if (made == null) {
            made =
                    plan.written().isEmpty()
                            ? new RowStatement(
                                    "INSERT INTO "
                                            + plan.target().id().quoted()
                                            + " DEFAULT VALUES",
                                    List.of())
                            : new RowStatement(
                                    into() + " VALUES (" + values(plan.written()) + ")",
                                    current(plan.written()));
            insert = made;
        }
        return made;
    }

    /** Inserts the row unless its key is taken. */
    RowStatement insertWhereFree() {
        RowStatement made = insertWhereFree;
        if (made == null) {
            List<Parameter> parameters = new ArrayList<>(current(plan.written()));
            parameters.addAll(current(plan.key()));
            made =
                    new RowStatement(
                            into()
                                    + " SELECT "
                                    + values(plan.written())
                                    + " WHERE NOT EXISTS (SELECT FROM "
                                    + plan.target().only()
                                    + " AS d WHERE "
                                    + keyCondition("d.")
                                    + ")",
                            parameters);
            insertWhereFree = made;
        }
        return made;
    }

    /** Sets all known columns but the key; null where there is nothing to set. */
    @Nullable RowStatement update(BitSet unknown) {
        List<PlannedColumn> set = settable(unknown, false);
        return set.isEmpty() ? null : updates.computeIfAbsent(unknown, _ -> update(set));
    }

    /** Sets all known columns, the key too. */
    RowStatement rekey(BitSet unknown) {
        return rekeys.computeIfAbsent(unknown, _ -> update(settable(unknown, true)));
    }

    private RowStatement update(List<PlannedColumn> set) {
        List<Parameter> parameters = new ArrayList<>(current(set));
        parameters.addAll(old(plan.key()));
        return new RowStatement(
                "UPDATE "
                        + plan.target().only()
                        + " AS d SET "
                        + assignments(set)
                        + " WHERE "
                        + keyCondition("d."),
                parameters);
    }

    RowStatement delete() {
        RowStatement made = delete;
        if (made == null) {
            made =
                    new RowStatement(
                            "DELETE FROM "
                                    + plan.target().only()
                                    + " AS d WHERE "
                                    + keyCondition("d."),
                            old(plan.key()));
            delete = made;
        }
        return made;
    }

    /** Deletes the row under the old key where the new key is taken already. */
    RowStatement deleteWhereTaken() {
        RowStatement made = deleteWhereTaken;
        if (made == null) {
            List<Parameter> parameters = new ArrayList<>(old(plan.key()));
            parameters.addAll(current(plan.key()));
            made =
                    new RowStatement(
                            delete().sql()
                                    + " AND EXISTS (SELECT FROM "
                                    + plan.target().only()
                                    + " AS e WHERE "
                                    + keyCondition("e.")
                                    + ")",
                            parameters);
            deleteWhereTaken = made;
        }
        return made;
    }

    /** Writes the row whether it is there or not. */
    RowStatement upsert() {
        RowStatement made = upsert;
        if (made == null) {
            List<PlannedColumn> set = settable(new BitSet(), false);
            if (set.isEmpty()) {
                made = insertWhereFree();
            } else {
                List<Parameter> parameters = new ArrayList<>(current(set));
                parameters.addAll(current(plan.key()));
                parameters.addAll(current(plan.written()));
                made =
                        new RowStatement(
                                "WITH there AS (UPDATE "
                                        + plan.target().only()
                                        + " AS d SET "
                                        + assignments(set)
                                        + " WHERE "
                                        + keyCondition("d.")
                                        + " RETURNING 1) "
                                        + into()
                                        + " SELECT "
                                        + values(plan.written())
                                        + " WHERE NOT EXISTS (SELECT FROM there)",
                                parameters);
            }
            upsert = made;
        }
        return made;
    }

    /**
     * Sets all known columns of exactly one row that equals the old one; null for nothing to set.
     */
    @Nullable RowStatement updateOne(RowImage before, BitSet unknown) {
        List<PlannedColumn> set = settable(unknown, true);
        if (set.isEmpty()) {
            return null;
        }
        List<Parameter> parameters = new ArrayList<>(current(set));
        String one = one(before, parameters);
        return new RowStatement(
                "UPDATE " + plan.target().only() + " AS d SET " + assignments(set) + one,
                parameters);
    }

    /** Deletes exactly one row that equals the old one. */
    RowStatement deleteOne(RowImage before) {
        List<Parameter> parameters = new ArrayList<>();
        String one = one(before, parameters);
        return new RowStatement("DELETE FROM " + plan.target().only() + " AS d" + one, parameters);
    }

    private String one(RowImage before, List<Parameter> parameters) {
        StringBuilder condition = new StringBuilder();
        for (PlannedColumn column : plan.written()) {
            if (!before.isKnown(column.index())) {
                continue;
            }
            condition.append(condition.isEmpty() ? "" : " AND ");
            if (before.isNull(column.index())) {
                condition.append("e.").append(column.name()).append(" IS NULL");
            } else {
                String place = column.converted("?");
                condition.append(sameValue("e." + column.name(), place, column));
                parameters.add(new Parameter(column, true));
            }
        }
        boolean partitioned = plan.target().partitioned();
        String row = partitioned ? "(d.tableoid, d.ctid)" : "d.ctid";
        String found = partitioned ? "e.tableoid, e.ctid" : "e.ctid";
        return " WHERE %s = (SELECT %s FROM %s AS e WHERE %s LIMIT 1)"
                .formatted(
                        row, found, plan.target().only(), condition.isEmpty() ? "true" : condition);
    }

    /** Equal in value and in form: a type's own equality may be wider, or not exist at all. */
    static String sameValue(String left, String right, PlannedColumn column) {
        return column.exact()
                ? left + " OPERATOR(pg_catalog.=) " + right
                : "CAST(%s AS text) COLLATE \"C\" = CAST(%s AS text) COLLATE \"C\""
                        .formatted(left, right);
    }

    private String into() {
        return "INSERT INTO "
                + plan.target().id().quoted()
                + " ("
                + plan.written().stream().map(PlannedColumn::name).collect(Collectors.joining(", "))
                + ") OVERRIDING SYSTEM VALUE";
    }

    private List<PlannedColumn> settable(BitSet unknown, boolean withKey) {
        return plan.written().stream()
                .filter(column -> !unknown.get(column.index()))
                .filter(column -> column.updatable() || (withKey && plan.isKey(column)))
                .filter(column -> withKey || !plan.isKey(column))
                .toList();
    }

    private String keyCondition(String alias) {
        StringBuilder condition = new StringBuilder();
        for (int i = 0; i < plan.key().size(); i++) {
            PlannedColumn column = plan.key().get(i);
            condition
                    .append(i == 0 ? "" : " AND ")
                    .append(alias)
                    .append(column.name())
                    .append(' ')
                    .append(plan.keyEquals().get(i))
                    .append(' ')
                    .append(column.converted("?"));
        }
        return condition.toString();
    }

    private static String assignments(List<PlannedColumn> columns) {
        return columns.stream()
                .map(column -> column.name() + " = " + column.converted("?"))
                .collect(Collectors.joining(", "));
    }

    private static String values(List<PlannedColumn> columns) {
        return columns.stream()
                .map(column -> column.converted("?"))
                .collect(Collectors.joining(", "));
    }

    private static List<Parameter> current(List<PlannedColumn> columns) {
        return columns.stream().map(column -> new Parameter(column, false)).toList();
    }

    private static List<Parameter> old(List<PlannedColumn> columns) {
        return columns.stream().map(column -> new Parameter(column, true)).toList();
    }
}
