package io.tidetable.node.check;

import io.tidetable.model.Consistency;
import io.tidetable.model.ReplicaIdentity;
import io.tidetable.node.catalog.ColumnDefinition;
import io.tidetable.node.catalog.IndexDefinition;
import io.tidetable.node.catalog.PartitionDefinition;
import io.tidetable.node.catalog.RelationKind;
import io.tidetable.node.catalog.RowIdentity;
import io.tidetable.node.catalog.SpreadableKeys;
import io.tidetable.node.catalog.TableDefinition;
import java.util.List;
import java.util.stream.Collectors;

/** Finds what is wrong with the selected tables of a source, by their definitions. */
final class SourceTableChecks {
    private final CheckRequest request;
    private final ServerFacts server;
    private final SpreadableKeys keys;
    private final Findings findings;

    SourceTableChecks(
            CheckRequest request, ServerFacts server, SpreadableKeys keys, Findings findings) {
        this.request = request;
        this.server = server;
        this.keys = keys;
        this.findings = findings;
    }

    void run(List<TableDefinition> tables) {
        for (TableDefinition table : tables) {
            if (table.persistence() != TableDefinition.Persistence.PERMANENT) {
                findings.error(
                        Check.UNLOGGED_TABLE,
                        table.id().toString(),
                        "the table is unlogged, so its changes are in no log; ALTER TABLE %s SET LOGGED, or leave it out with \"!%s\""
                                .formatted(table.id().quoted(), table.id()));
                continue;
            }
            checkIdentity(table);
            checkGenerated(table);
            checkInheritance(table);
            checkKeyConsistency(table);
        }
    }

    private void checkIdentity(TableDefinition table) {
        if (!table.isPartitioned()) {
            checkIdentity(table.id().quoted(), table, table.identity(), table.indexes());
            return;
        }
        for (PartitionDefinition partition : table.partitions()) {
            if (partition.kind() == RelationKind.FOREIGN_TABLE) {
                findings.warning(
                        Check.FOREIGN_PARTITION,
                        partition.id().toString(),
                        "the partition is a foreign table: its rows are in no change stream and will be missing at the destination");
            } else if (partition.isLeaf()) {
                checkIdentity(partition.id().quoted(), table, partition.identity(), List.of());
            }
        }
        if (table.partitions().stream().noneMatch(PartitionDefinition::isLeaf)) {
            checkIdentity(table.id().quoted(), table, table.identity(), table.indexes());
        }
    }

    private void checkIdentity(
            String relation,
            TableDefinition table,
            RowIdentity identity,
            List<IndexDefinition> indexes) {
        if (identity.isUsable()) {
            return;
        }
        boolean deferrable =
                identity.setting() == ReplicaIdentity.DEFAULT
                        && indexes.stream().anyMatch(i -> i.primary() && !i.immediate());
        String why;
        if (deferrable) {
            why = "its primary key is deferrable, which PostgreSQL does not take as an identity";
        } else if (identity.setting() == ReplicaIdentity.NOTHING) {
            why = "its REPLICA IDENTITY is NOTHING";
        } else if (identity.setting() == ReplicaIdentity.INDEX) {
            why = "the index of its REPLICA IDENTITY is gone or not valid";
        } else {
            why = "it has no primary key";
        }
        findings.error(
                Check.REPLICA_IDENTITY,
                table.id().toString(),
                "%s: once published, PostgreSQL would refuse the application's own updates and deletes of %s. Add a primary key, or ALTER TABLE %s REPLICA IDENTITY USING INDEX a_unique_index_without_nulls, or ALTER TABLE %s REPLICA IDENTITY FULL (more log, slower); or leave the table out with \"!%s\""
                        .formatted(why, relation, relation, relation, table.id()));
    }

    private void checkGenerated(TableDefinition table) {
        List<ColumnDefinition> generated =
                table.columns().stream().filter(ColumnDefinition::isGenerated).toList();
        if (generated.isEmpty()) {
            return;
        }
        String names =
                generated.stream().map(ColumnDefinition::name).collect(Collectors.joining(", "));
        boolean full =
                table.identity().setting() == ReplicaIdentity.FULL
                        || table.partitions().stream()
                                .anyMatch(p -> p.identity().setting() == ReplicaIdentity.FULL);
        if (server.major() >= 18 && full) {
            findings.error(
                    Check.GENERATED_IN_IDENTITY,
                    table.id().toString(),
                    "REPLICA IDENTITY FULL takes in the generated column(s) %s, which are not published: PostgreSQL 18 would refuse the application's own updates. Give the table a primary key and ALTER TABLE %s REPLICA IDENTITY DEFAULT, or leave it out"
                            .formatted(names, table.id().quoted()));
            return;
        }
        findings.info(
                Check.GENERATED_COLUMNS,
                table.id().toString(),
                "the generated column(s) %s are not copied but computed at the destination, by the same expression where Tidetable creates the table"
                        .formatted(names));
    }

    private void checkInheritance(TableDefinition table) {
        if (!table.inheritsFrom().isEmpty() || table.hasHeirs()) {
            findings.warning(
                    Check.INHERITANCE,
                    table.id().toString(),
                    "the table %s; at the destination each table stands by itself, so a query of the parent there does not show its heirs' rows"
                            .formatted(
                                    table.hasHeirs()
                                            ? "is inherited from"
                                            : "inherits from "
                                                    + table.inheritsFrom().stream()
                                                            .map(Object::toString)
                                                            .collect(Collectors.joining(", "))));
        }
    }

    private void checkKeyConsistency(TableDefinition table) {
        if (request.wishes().apply(table.id()).consistency() instanceof Consistency.Key) {
            for (String obstacle : keys.obstacles(table)) {
                findings.error(Check.KEY_CONSISTENCY, table.id().toString(), obstacle);
            }
        }
    }
}
