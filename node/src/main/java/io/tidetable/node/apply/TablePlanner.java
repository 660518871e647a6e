package io.tidetable.node.apply;

import io.tidetable.model.Column;
import io.tidetable.model.ReplicaIdentity;
import io.tidetable.model.TableId;
import io.tidetable.model.TableShape;
import io.tidetable.node.types.ExactTypes;
import io.tidetable.node.types.ObjectReferences;
import io.tidetable.node.types.PostgresType;
import io.tidetable.node.types.TypeForm;
import io.tidetable.node.types.TypeMapping;
import io.tidetable.node.types.UnknownTypeException;
import io.tidetable.node.types.ValueTranslator;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Fits shapes of the stream to the tables of one destination, and remembers the outcome. */
final class TablePlanner {
    private static final int FIRST_VARYING_OID = 10_000;

    private static final Set<Integer> EXACT_INTEGERS = Set.of(20, 21, 23);

    private static final Set<Integer> VARIABLE_TEXTS = Set.of(25, 1043);

    /** text, varchar and bpchar take the bytes of any label or text. */
    private static final Set<Integer> TEXTS = Set.of(25, 1042, 1043);

    private static final ValueTranslator AS_IT_IS =
            new ValueTranslator() {
                @Override
                public boolean isIdentity() {
                    return true;
                }

                @Override
                public void rewrite(byte[] bytes, int offset, int length) {}
            };

    private static final String CONVERSION =
            """
            SELECT format_type(w.oid, -1),
                CASE WHEN n.nspname = 'pg_catalog' THEN w.typname::text
                    ELSE quote_ident(n.nspname) || '.' || quote_ident(w.typname) END,
                EXISTS (SELECT FROM pg_cast c WHERE c.castsource = w.oid AND c.casttarget = t.oid)
                    OR w.typcategory = 'S' OR t.typcategory = 'S'
            FROM pg_type w JOIN pg_namespace n ON n.oid = w.typnamespace, pg_type t
            WHERE w.oid = ?::bigint::oid AND t.oid = ?::bigint::oid
            """;

    private final Connection connection;
    private final TargetCatalog catalog;
    private final SourceTypes types;
    private final ApplySettings settings;
    private final Map<TableShape, TablePlan> plans = new HashMap<>();

    TablePlanner(
            Connection connection,
            TargetCatalog catalog,
            SourceTypes types,
            ApplySettings settings) {
        this.connection = connection;
        this.catalog = catalog;
        this.types = types;
        this.settings = settings;
    }

    void forget(TableId table) {
        catalog.forget(table);
        plans.keySet().removeIf(shape -> shape.table().equals(table));
    }

    void forgetAll() {
        catalog.forgetAll();
        plans.clear();
    }

    /**
     * The plan for a shape.
     *
     * @throws ShapeMismatchException when the destination's table does not fit
     */
    TablePlan plan(TableShape shape) throws SQLException {
        TablePlan plan = plans.get(shape);
        if (plan != null) {
            return plan;
        }
        boolean remembered = catalog.knows(shape.table());
        try {
            plan = make(shape);
        } catch (ShapeMismatchException e) {
            forget(shape.table());
            if (!remembered) {
                throw e;
            }
            plan = make(shape);
        }
        plans.put(shape, plan);
        return plan;
    }

    /** The plan for a shape as it was made before; null where it would have to be made. */
    @Nullable TablePlan remembered(TableShape shape) {
        return plans.get(shape);
    }

    private TablePlan make(TableShape shape) throws SQLException {
        TargetTable target = catalog.find(shape.table());
        if (target == null) {
            throw new ShapeMismatchException(new ShapeMismatch(shape, true, List.of(), List.of()));
        }
        List<PlannedColumn> written = new ArrayList<>();
        List<Column> missing = new ArrayList<>();
        List<Column> incompatible = new ArrayList<>();
        for (int i = 0; i < shape.columns().size(); i++) {
            Column column = shape.columns().get(i);
            TargetColumn at = target.column(column.name());
            if (at == null) {
                if (!column.isWithoutValue()) {
                    missing.add(column);
                }
            } else if (!at.generated()) {
                PlannedColumn planned = column(i, column, at);
                if (planned == null) {
                    incompatible.add(column);
                } else {
                    written.add(planned);
                }
            }
        }
        boolean ignore = settings.missingColumns() == ApplySettings.MissingColumns.IGNORE;
        if (!incompatible.isEmpty() || (!missing.isEmpty() && !ignore)) {
            throw new ShapeMismatchException(
                    new ShapeMismatch(shape, false, missing, incompatible));
        }
        List<String> names = keyNames(shape, target);
        List<PlannedColumn> key = new ArrayList<>();
        for (String name : names) {
            written.stream()
                    .filter(column -> column.name().equals(TableId.quote(name)))
                    .forEach(key::add);
        }
        if (key.size() < names.size()) {
            throw new ShapeMismatchException(
                    new ShapeMismatch(
                            shape,
                            false,
                            shape.columns().stream()
                                    .filter(column -> names.contains(column.name()))
                                    .filter(column -> target.column(column.name()) == null)
                                    .toList(),
                            List.of()));
        }
        return new TablePlan(shape, target, written, key, operators(target, names));
    }

    private static List<String> keyNames(TableShape shape, TargetTable target) {
        if (shape.identity() == ReplicaIdentity.FULL) {
            return target.keys().stream()
                    .filter(TargetKey::wholeTable)
                    .filter(key -> key.columns().stream().allMatch(name -> names(shape, name)))
                    .filter(key ->
                            key.primary()
                                    || key.columns().stream()
                                            .map(target::column)
                                            .noneMatch(c -> c == null || !c.notNull()))
                    .sorted((a, b) -> Boolean.compare(b.primary(), a.primary()))
                    .findFirst()
                    .map(TargetKey::columns)
                    .orElse(List.of());
        }
        return shape.columns().stream().filter(Column::inIdentity).map(Column::name).toList();
    }

    private static boolean names(TableShape shape, String name) {
        return shape.columns().stream().anyMatch(column -> column.name().equals(name));
    }

    private static List<String> operators(TargetTable target, List<String> names) {
        Optional<TargetKey> index = target.keyOver(names);
        return IntStream.range(0, names.size())
                .mapToObj(i ->
                        index.map(key -> key.equals().get(key.columns().indexOf(names.get(i))))
                                .orElse("pg_catalog.="))
                .map(operator -> "OPERATOR(" + operator + ")")
                .toList();
    }

    private @Nullable PlannedColumn column(int index, Column column, TargetColumn at)
            throws SQLException {
        int wire;
        ValueTranslator translator = AS_IT_IS;
        if (column.isWithoutValue()) {
            wire = at.baseOid();
        } else if (Integer.compareUnsigned(column.typeOid(), FIRST_VARYING_OID) < 0
                && !ObjectReferences.isType(column.typeOid())) {
            wire = column.typeOid();
        } else {
            TypeMapping mapping;
            try {
                mapping = types.mappingWith(column.typeOid());
            } catch (UnknownTypeException e) {
                return null;
            }
            int base = withoutDomains(mapping, column.typeOid());
            Optional<PostgresType> type = mapping.destination(base);
            if (type.isPresent()) {
                wire = type.get().oid();
                translator = mapping.translator(base);
            } else if (TEXTS.contains(at.baseOid())) {
                wire = at.baseOid();
            } else {
                return null;
            }
        }
        return planned(index, column, at, wire, translator);
    }

    private static int withoutDomains(TypeMapping mapping, int sourceOid) {
        int current = sourceOid;
        while (mapping.source().find(current).map(PostgresType::form).orElse(null)
                instanceof TypeForm.Domain domain) {
            current = domain.baseOid();
        }
        return current;
    }

    private @Nullable PlannedColumn planned(
            int index, Column column, TargetColumn at, int wire, ValueTranslator translator)
            throws SQLException {
        String wireType = at.baseType();
        String wireName = at.baseName();
        String conversion = "%s";
        if (wire != at.baseOid()) {
            try (PreparedStatement statement = connection.prepareStatement(CONVERSION)) {
                statement.setLong(1, Integer.toUnsignedLong(wire));
                statement.setLong(2, Integer.toUnsignedLong(at.baseOid()));
                try (ResultSet row = statement.executeQuery()) {
                    if (!row.next()) {
                        return null;
                    }
                    wireType = row.getString(1);
                    wireName = row.getString(2);
                    conversion =
                            row.getBoolean(3)
                                    ? "CAST(%s AS " + at.baseType() + ")"
                                    : "CAST(CAST(%s AS text) AS " + at.baseType() + ")";
                }
            }
        }
        return new PlannedColumn(
                index,
                TableId.quote(at.name()),
                at.baseType(),
                wireType,
                wireName,
                wire,
                conversion,
                translator,
                !at.identityAlways(),
                exact(column, at, wire));
    }

    private static boolean exact(Column column, TargetColumn at, int wire) {
        if (EXACT_INTEGERS.contains(wire) && EXACT_INTEGERS.contains(at.baseOid())) {
            return true;
        }
        boolean sameForm =
                wire == at.baseOid() || (VARIABLE_TEXTS.contains(wire) && at.baseOid() == 25);
        return sameForm
                && at.deterministic()
                && (at.enumeration() || ExactTypes.contains(wire, column.typeModifier()));
    }
}
