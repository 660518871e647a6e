package io.tidetable.node.catalog;

import io.tidetable.node.types.PostgresType;
import io.tidetable.node.types.TypeCatalog;
import io.tidetable.node.types.TypeForm;
import io.tidetable.node.types.TypeMapping;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Adds to a destination's enums the labels that the source's have and theirs lack, at the same
 * place in the order. Labels are never renamed or removed. The change stream does not announce new
 * labels: to be called when a value is refused (SQL state 22P02), and now and then.
 */
public final class EnumSync {
    private static final Logger log = LoggerFactory.getLogger(EnumSync.class);

    private EnumSync() {}

    /**
     * Adds missing labels of the enums that the tables' columns are made of.
     *
     * @param destination in autocommit mode
     * @return the statements that were executed
     */
    public static List<String> addMissingLabels(
            Connection source, Connection destination, List<TableDefinition> tables)
            throws SQLException {
        TypeMapping mapping =
                TypeMapping.between(TypeCatalog.read(source), TypeCatalog.read(destination));
        Set<Integer> seen = new HashSet<>();
        List<String> statements = new ArrayList<>();
        for (TableDefinition table : tables) {
            for (ColumnDefinition column : table.columns()) {
                collect(mapping, column.typeOid(), seen, statements);
            }
        }
        for (String statement : statements) {
            Sql.execute(destination, statement);
            log.info("added at the destination: {}", statement);
        }
        return statements;
    }

    private static void collect(
            TypeMapping mapping, int oid, Set<Integer> seen, List<String> statements) {
        PostgresType type = mapping.source().find(oid).orElse(null);
        if (type == null || !seen.add(oid)) {
            return;
        }
        switch (type.form()) {
            case TypeForm.Enumeration enumeration ->
                    mapping.destination(oid)
                            .ifPresent(there -> addLabels(enumeration, there, statements));
            case TypeForm.Array array -> collect(mapping, array.elementOid(), seen, statements);
            case TypeForm.Domain domain -> collect(mapping, domain.baseOid(), seen, statements);
            case TypeForm.Range range -> collect(mapping, range.subtypeOid(), seen, statements);
            case TypeForm.Multirange multirange ->
                    collect(mapping, multirange.rangeOid(), seen, statements);
            case TypeForm.Composite composite ->
                    composite
                            .fields()
                            .forEach(field -> collect(mapping, field.typeOid(), seen, statements));
            case TypeForm.Scalar _, TypeForm.ObjectReference _, TypeForm.Pseudo _ -> {}
        }
    }

    private static void addLabels(
            TypeForm.Enumeration here, PostgresType there, List<String> statements) {
        if (!(there.form() instanceof TypeForm.Enumeration present)) {
            return;
        }
        Set<String> has = new HashSet<>(present.labels());
        String previous = null;
        String firstPresent = present.labels().isEmpty() ? null : present.labels().getFirst();
        for (String label : here.labels()) {
            if (has.add(label)) {
                String place = "";
                if (previous != null) {
                    place = " AFTER " + Sql.literal(previous);
                } else if (firstPresent != null) {
                    place = " BEFORE " + Sql.literal(firstPresent);
                }
                statements.add(
                        "ALTER TYPE %s ADD VALUE IF NOT EXISTS %s%s"
                                .formatted(there.name().quoted(), Sql.literal(label), place));
            }
            previous = label;
        }
    }
}
