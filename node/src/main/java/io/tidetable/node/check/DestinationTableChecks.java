package io.tidetable.node.check;

import io.tidetable.model.Consistency;
import io.tidetable.model.DestinationId;
import io.tidetable.model.ReplicaIdentity;
import io.tidetable.model.TableId;
import io.tidetable.node.catalog.ColumnMisfit;
import io.tidetable.node.catalog.IndexDefinition;
import io.tidetable.node.catalog.Relation;
import io.tidetable.node.catalog.SpreadableKeys;
import io.tidetable.node.catalog.TableDefinition;
import io.tidetable.node.types.TypeCatalog;
import io.tidetable.node.types.TypeMapping;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Finds where the tables that a destination has already do not go with the source's. */
final class DestinationTableChecks {
    private final DestinationId id;
    private final DestinationFacts facts;
    private final CheckRequest request;
    private final Findings findings;

    DestinationTableChecks(
            DestinationId id, DestinationFacts facts, CheckRequest request, Findings findings) {
        this.id = id;
        this.facts = facts;
        this.request = request;
        this.findings = findings;
    }

    void run(Connection source, Connection destination, List<TableDefinition> tables)
            throws SQLException {
        TypeMapping mapping =
                TypeMapping.between(TypeCatalog.read(source), TypeCatalog.read(destination));
        new CreationChecks(id, facts, findings).run(destination, mapping, facts.missing(tables));
        List<TableDefinition> there = new ArrayList<>();
        for (TableDefinition table : tables) {
            TableDefinition present = facts.tables().get(table.id());
            Relation relation = facts.relations().get(table.id());
            if (present != null) {
                there.add(present);
                checkColumns(table, present, mapping);
                checkKey(table, present);
            } else if (relation != null) {
                findings.error(
                        Check.CLASHING_OBJECT,
                        subject(table.id()),
                        "%s stands in the table's place at the destination; rename or drop it there, or leave the table out"
                                .formatted(relation.kind().words()));
            }
        }
        Set<TableId> readable =
                new DestinationRightsChecks(id, facts, request, findings).run(destination, there);
        checkRows(destination, readable);
    }

    private String subject(TableId table) {
        return id.name() + "/" + table;
    }

    private void checkColumns(TableDefinition here, TableDefinition there, TypeMapping mapping) {
        String name = here.id().quoted();
        for (ColumnMisfit misfit : ColumnMisfit.between(here, there, mapping)) {
            String column = TableId.quote(misfit.column());
            switch (misfit.kind()) {
                case MISSING ->
                        findings.error(
                                Check.COLUMN_TYPES,
                                subject(here.id()),
                                "the destination's table has no column %s; there: ALTER TABLE %s ADD COLUMN %s %s"
                                        .formatted(
                                                misfit.column(),
                                                name,
                                                column,
                                                misfit.sourceType()));
                case OTHER_TYPE ->
                        findings.error(
                                Check.COLUMN_TYPES,
                                subject(here.id()),
                                "column %s is %s at the source and %s at the destination, which does not hold every value; there: ALTER TABLE %s ALTER COLUMN %s TYPE %s"
                                        .formatted(
                                                misfit.column(),
                                                misfit.sourceType(),
                                                misfit.destinationType(),
                                                name,
                                                column,
                                                misfit.sourceType()));
                case REQUIRED ->
                        findings.error(
                                Check.EXTRA_COLUMNS,
                                subject(here.id()),
                                "column %s exists only at the destination and takes neither NULL nor a default, so no row can be inserted; there: ALTER TABLE %s ALTER COLUMN %s DROP NOT NULL"
                                        .formatted(misfit.column(), name, column));
                case GENERATED ->
                        findings.error(
                                Check.UNWRITABLE_COLUMN,
                                subject(here.id()),
                                "column %s is generated at the destination, so the source's values cannot be written; there: ALTER TABLE %s ALTER COLUMN %s DROP EXPRESSION"
                                        .formatted(misfit.column(), name, column));
                case ALWAYS_IDENTITY ->
                        findings.warning(
                                Check.UNWRITABLE_COLUMN,
                                subject(here.id()),
                                "column %s is GENERATED ALWAYS AS IDENTITY at the destination, so an update of its value at the source cannot be followed; there: ALTER TABLE %s ALTER COLUMN %s SET GENERATED BY DEFAULT"
                                        .formatted(misfit.column(), name, column));
            }
        }
    }

    private void checkKey(TableDefinition here, TableDefinition there) {
        List<String> identity = here.identity().columns();
        boolean keyed = here.identity().setting() != ReplicaIdentity.FULL && !identity.isEmpty();
        Set<String> wanted = new HashSet<>(identity);
        boolean has =
                there.indexes().stream()
                        .filter(IndexDefinition::identifiesRows)
                        .anyMatch(index -> wanted.equals(new HashSet<>(index.columns())));
        if (keyed && !has) {
            findings.warning(
                    Check.DESTINATION_KEY,
                    subject(here.id()),
                    "the destination's table has no unique index on the source's key (%s), so every update and delete searches the whole table; there: CREATE UNIQUE INDEX ON %s (%s)"
                            .formatted(
                                    String.join(", ", identity),
                                    here.id().quoted(),
                                    identity.stream()
                                            .map(TableId::quote)
                                            .collect(Collectors.joining(", "))));
        }
        if (request.wishes().apply(here.id()).consistency() instanceof Consistency.Key) {
            List<String> further =
                    SpreadableKeys.furtherUniques(there, identity).stream()
                            .map(IndexDefinition::name)
                            .toList();
            if (!further.isEmpty()) {
                findings.error(
                        Check.KEY_CONSISTENCY,
                        subject(here.id()),
                        "consistency 'key' gives up the order between rows, which the further unique or exclusion constraint(s) %s of the destination depend on; drop them there or use consistency 'table'"
                                .formatted(String.join(", ", further)));
            }
        }
    }

    private void checkRows(Connection destination, Set<TableId> readable) throws SQLException {
        for (TableId table : readable) {
            if (!facts.managed().contains(table) && holdsRows(destination, table)) {
                findings.error(
                        Check.FOREIGN_ROWS,
                        subject(table),
                        "the destination's table holds rows that did not come from this pipeline, and its first copy needs an empty table; there: TRUNCATE %s, or leave the table out with \"!%s\""
                                .formatted(table.quoted(), table));
            }
        }
    }

    private static boolean holdsRows(Connection destination, TableId table) throws SQLException {
        try (var statement = destination.createStatement();
                var row = statement.executeQuery("SELECT FROM " + table.quoted() + " LIMIT 1")) {
            return row.next();
        }
    }
}
