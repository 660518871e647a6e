package io.tidetable.node.catalog;

import io.tidetable.model.Column;
import io.tidetable.model.TableId;
import io.tidetable.model.TableShape;
import io.tidetable.node.types.TypeMapping;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds what a destination's table lacks to take rows of a shape. */
final class ShapeComparison {
    private final TypeMapping mapping;
    private final TypeTexts typeTexts;

    private final List<String> alterations = new ArrayList<>();
    private final List<String> added = new ArrayList<>();
    private final List<Integer> neededTypes = new ArrayList<>();
    private final List<String> defaults = new ArrayList<>();
    private boolean needsMerge;
    private @Nullable String obstacle;

    /** The source's SQL text of a column's type; empty when the type is gone. */
    @FunctionalInterface
    interface TypeTexts {
        Optional<String> of(Column column) throws SQLException;
    }

    ShapeComparison(TypeMapping mapping, TypeTexts typeTexts) {
        this.mapping = mapping;
        this.typeTexts = typeTexts;
    }

    /**
     * Compares; to be called once.
     *
     * @param before the shape until now, null when not known
     * @param here the source's table by now, null when it is gone
     */
    ShapeEvolution.Plan compare(
            @Nullable TableShape before,
            TableShape now,
            @Nullable TableDefinition here,
            TableDefinition there)
            throws SQLException {
        for (Column column : now.columns()) {
            if (column.isWithoutValue()) {
                continue;
            }
            ColumnDefinition present = there.column(column.name()).orElse(null);
            if (present == null) {
                add(column, here);
                // It may be missing for longer than the source has had it.
                needsMerge |= before == null || find(before, column.name()) != null;
            } else {
                alterType(before, column, here, present);
            }
        }
        Set<String> dropped = dropped(now, here, there);
        needsMerge |= !added.isEmpty() && wasRenamed(before, now, dropped);
        needsMerge |= before != null && isReordered(before, now);
        return new ShapeEvolution.Plan(
                now.table(), alterations, added, neededTypes, defaults, needsMerge, obstacle);
    }

    private void add(Column column, @Nullable TableDefinition here) throws SQLException {
        added.add(column.name());
        String type = text(column).orElse(null);
        if (type == null) {
            obstacle =
                    "column %s was added with a type that the source has dropped since; add the column at the destination yourself and resume"
                            .formatted(column.name());
            return;
        }
        ColumnDefinition current = here == null ? null : here.column(column.name()).orElse(null);
        StringBuilder action =
                new StringBuilder("ADD COLUMN %s %s".formatted(TableId.quote(column.name()), type));
        neededTypes.add(column.typeOid());
        if (current != null) {
            if (current.collation() != null) {
                action.append(" COLLATE ").append(current.collation());
            }
            if (current.expression() != null && !current.isGenerated()) {
                if (current.filledIn()) {
                    action.append(" DEFAULT ").append(current.expression());
                } else {
                    defaults.add(
                            "ALTER COLUMN %s SET DEFAULT %s"
                                    .formatted(TableId.quote(column.name()), current.expression()));
                }
            }
            needsMerge |=
                    current.filledIn()
                            || current.expression() != null
                            || current.isIdentity()
                            || current.notNull();
        }
        alterations.add(action.toString());
    }

    private void alterType(
            @Nullable TableShape before,
            Column column,
            @Nullable TableDefinition here,
            ColumnDefinition present)
            throws SQLException {
        Column earlier = before == null ? null : find(before, column.name());
        if (earlier != null && earlier.isWithoutValue()) {
            // Whether it has the same type since then, the destination's tells.
            earlier = null;
        }
        boolean changed = earlier != null && !hasSameType(earlier, column);
        if (earlier != null && !changed) {
            return;
        }
        String type = text(column).orElse(null);
        if (type == null) {
            return;
        }
        needsMerge |= changed;
        if (TypeWidening.holds(present, type, column.typeOid(), mapping)) {
            return;
        }
        if (present.isGenerated()) {
            obstacle =
                    "column %s is generated at the destination and has another type there (%s, at the source %s)"
                            .formatted(column.name(), present.type(), type);
            return;
        }
        needsMerge = true;
        neededTypes.add(column.typeOid());
        String name = TableId.quote(column.name());
        String collation =
                here == null
                        ? null
                        : here.column(column.name()).map(ColumnDefinition::collation).orElse(null);
        String as = type + (collation == null ? "" : " COLLATE " + collation);
        if (TypeWidening.holds(type, present.type())) {
            alterations.add("ALTER COLUMN %s TYPE %s".formatted(name, as));
        } else {
            if (present.expression() != null) {
                alterations.add("ALTER COLUMN %s DROP DEFAULT".formatted(name));
            }
            alterations.add("ALTER COLUMN %s TYPE %s USING %s::%s".formatted(name, as, name, type));
        }
    }

    private static boolean hasSameType(Column one, Column other) {
        return one.typeOid() == other.typeOid() && one.typeModifier() == other.typeModifier();
    }

    private static @Nullable Column find(TableShape shape, String name) {
        return shape.columns().stream()
                .filter(column -> column.name().equals(name))
                .findFirst()
                .orElse(null);
    }

    private Optional<String> text(Column column) throws SQLException {
        return typeTexts
                .of(column)
                .map(text -> TypeText.atDestination(text, column.typeOid(), mapping));
    }

    /** Columns of the destination that the source's catalog does not have; made nullable. */
    private Set<String> dropped(
            TableShape now, @Nullable TableDefinition here, TableDefinition there) {
        Set<String> dropped = new HashSet<>();
        if (here == null) {
            return dropped;
        }
        for (ColumnDefinition column : there.columns()) {
            if (column.isGenerated()
                    || find(now, column.name()) != null
                    || here.column(column.name()).isPresent()) {
                continue;
            }
            dropped.add(column.name());
            if (column.notNull() && column.expression() == null && !column.isIdentity()) {
                makeNullable(column.name(), there);
            }
        }
        return dropped;
    }

    private void makeNullable(String column, TableDefinition there) {
        boolean inKey = there.primaryKey().map(key -> key.columns().contains(column)).orElse(false);
        if (inKey) {
            obstacle =
                    "column %s of the destination's primary key was dropped at the source; give the destination's table the source's key and resume"
                            .formatted(column);
        } else {
            alterations.add("ALTER COLUMN %s DROP NOT NULL".formatted(TableId.quote(column)));
        }
    }

    private static boolean wasRenamed(
            @Nullable TableShape before, TableShape now, Set<String> dropped) {
        return before == null
                ? !dropped.isEmpty()
                : before.columns().stream().anyMatch(c -> find(now, c.name()) == null);
    }

    /** Columns never change their order, so names that do stand for other columns than before. */
    private static boolean isReordered(TableShape before, TableShape now) {
        List<String> earlier = names(before);
        List<String> later = names(now);
        earlier.retainAll(later);
        later.retainAll(earlier);
        return !earlier.equals(later);
    }

    private static List<String> names(TableShape shape) {
        List<String> names = new ArrayList<>();
        shape.columns().forEach(column -> names.add(column.name()));
        return names;
    }
}
