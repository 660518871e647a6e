package io.tidetable.node.catalog;

import io.tidetable.model.ReplicaIdentity;
import io.tidetable.node.types.ExactTypes;
import io.tidetable.node.types.PostgresType;
import io.tidetable.node.types.TypeCatalog;
import io.tidetable.node.types.TypeForm;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Which tables of a source can be spread over several lanes by the bytes of their keys: those where
 * equal keys have equal bytes and no order between rows matters.
 */
public final class SpreadableKeys {
    private static final String LOOSE_COLLATIONS =
            """
            SELECT a.attrelid::bigint AS relation, a.attname
            FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_collation c ON c.oid = a.attcollation
            WHERE NOT c.collisdeterministic AND a.attnum > 0 AND NOT a.attisdropped
            """;

    private final TypeCatalog types;
    private final Set<Place> loose;

    /** A column. */
    private record Place(int relation, String column) {}

    private SpreadableKeys(TypeCatalog types, Set<Place> loose) {
        this.types = types;
        this.loose = Set.copyOf(loose);
    }

    /** Reads what the answer depends on beside the tables. */
    public static SpreadableKeys read(Connection source) throws SQLException {
        Set<Place> loose = new HashSet<>();
        try (Statement statement = source.createStatement();
                ResultSet row = statement.executeQuery(LOOSE_COLLATIONS)) {
            while (row.next()) {
                loose.add(new Place((int) row.getLong("relation"), row.getString("attname")));
            }
        }
        return new SpreadableKeys(TypeCatalog.read(source), loose);
    }

    /** Why the table cannot be spread, one sentence each; empty where it can. */
    public List<String> obstacles(TableDefinition table) {
        List<String> obstacles = new ArrayList<>();
        List<String> key = table.identity().columns();
        if (table.identity().setting() == ReplicaIdentity.FULL || key.isEmpty()) {
            obstacles.add(
                    "consistency 'key' spreads a table by its key, and this one's changes do not carry one; use consistency 'table', or give it a primary key as its REPLICA IDENTITY");
        } else {
            List<String> inexact =
                    table.columns().stream()
                            .filter(column -> key.contains(column.name()))
                            .filter(column -> !isExact(table, column))
                            .map(column -> "%s (%s)".formatted(column.name(), column.type()))
                            .toList();
            if (!inexact.isEmpty()) {
                obstacles.add(
                        "consistency 'key' spreads a table by the bytes of its key, and equal values of %s can differ in theirs, as 1.0 and 1.00 do; use consistency 'table'"
                                .formatted(String.join(", ", inexact)));
            }
        }
        List<String> further =
                furtherUniques(table, key).stream().map(IndexDefinition::name).toList();
        if (!further.isEmpty()) {
            obstacles.add(
                    "consistency 'key' gives up the order between rows, which the further unique or exclusion constraint(s) %s depend on; use consistency 'table'"
                            .formatted(String.join(", ", further)));
        }
        return obstacles;
    }

    private boolean isExact(TableDefinition table, ColumnDefinition column) {
        if (loose.contains(new Place(table.oid(), column.name()))) {
            return false;
        }
        int base = column.typeOid();
        TypeForm form = form(base);
        while (form instanceof TypeForm.Domain(int of)) {
            base = of;
            form = form(base);
        }
        return form instanceof TypeForm.Enumeration
                || ExactTypes.contains(base, column.typeModifier());
    }

    private TypeForm form(int oid) {
        return types.find(oid).map(PostgresType::form).orElse(new TypeForm.Scalar());
    }

    /** Unique and exclusion indexes of a table or its partitions other than the identity's. */
    public static List<IndexDefinition> furtherUniques(
            TableDefinition table, List<String> identity) {
        return Stream.concat(
                        table.indexes().stream(),
                        table.partitions().stream()
                                .flatMap(partition -> partition.indexes().stream()))
                .filter(index -> index.unique() || index.exclusion())
                .filter(index -> !isIdentity(index, identity))
                .toList();
    }

    private static boolean isIdentity(IndexDefinition index, List<String> identity) {
        return index.identifiesRows() && !index.exclusion() && index.columns().equals(identity);
    }
}
