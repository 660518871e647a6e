package io.tidetable.node.catalog;

import io.tidetable.model.TableId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives a table that we created what is better made once its rows are there: further indexes,
 * unique, exclusion and check constraints, and foreign keys where asked for. Each is a transaction
 * of its own; what is there by that name is left alone, so it may be run again. What cannot be made
 * is a remark: the rows are right without it.
 */
public final class TableFinisher {
    private static final Logger log = LoggerFactory.getLogger(TableFinisher.class);

    private static final String CONSTRAINTS =
            """
            SELECT con.conname FROM pg_catalog.pg_constraint con
                JOIN pg_catalog.pg_class c ON c.oid = con.conrelid
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = ? AND c.relname = ?
            """;

    private final Connection destination;

    /**
     * @param destination of {@link io.tidetable.node.postgres.Database#connect}, in autocommit mode
     */
    public TableFinisher(Connection destination) {
        this.destination = destination;
    }

    /**
     * Makes indexes and constraints, foreign keys aside, of the table and its partitions.
     *
     * @param table as the source has it
     * @return what could not be made, each a sentence
     * @throws SQLException when the connection is lost
     */
    public List<String> finish(TableDefinition table) throws SQLException {
        List<String> remarks = new ArrayList<>();
        for (IndexDefinition index : TableStatements.laterIndexes(table)) {
            attempt(
                    TableStatements.createIndex(table.id(), index),
                    "index %s of %s".formatted(index.name(), table.id()),
                    remarks);
        }
        addMissing(table.id(), TableStatements.laterConstraints(table), remarks);
        for (PartitionDefinition partition : table.partitions()) {
            for (IndexDefinition index : partition.indexes()) {
                if (index.constraint() == null && index.valid()) {
                    attempt(
                            TableStatements.createIndex(partition.id(), index),
                            "index %s of %s".formatted(index.name(), partition.id()),
                            remarks);
                }
            }
            addMissing(
                    partition.id(),
                    partition.constraints().stream()
                            .filter(c -> c.kind() != ConstraintDefinition.Kind.FOREIGN_KEY)
                            .toList(),
                    remarks);
        }
        return remarks;
    }

    /**
     * Makes the tables' foreign keys. Only for destinations where applying can switch their
     * triggers off, or whose lanes keep the order between the tables.
     *
     * @return what could not be made, each a sentence
     */
    public List<String> createForeignKeys(List<TableDefinition> tables) throws SQLException {
        List<String> remarks = new ArrayList<>();
        for (TableDefinition table : tables) {
            addMissing(
                    table.id(),
                    table.constraints().stream()
                            .filter(c -> c.kind() == ConstraintDefinition.Kind.FOREIGN_KEY)
                            .toList(),
                    remarks);
        }
        return remarks;
    }

    private void addMissing(
            TableId table, List<ConstraintDefinition> constraints, List<String> remarks)
            throws SQLException {
        if (constraints.isEmpty()) {
            return;
        }
        Set<String> there = constraintNames(table);
        for (ConstraintDefinition constraint : constraints) {
            if (!there.contains(constraint.name())) {
                attempt(
                        TableStatements.addConstraint(table, constraint),
                        "constraint %s of %s".formatted(constraint.name(), table),
                        remarks);
            }
        }
    }

    private Set<String> constraintNames(TableId table) throws SQLException {
        Set<String> names = new HashSet<>();
        try (PreparedStatement statement = destination.prepareStatement(CONSTRAINTS)) {
            statement.setString(1, table.namespace());
            statement.setString(2, table.name());
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    names.add(row.getString(1));
                }
            }
        }
        return names;
    }

    private void attempt(String sql, String what, List<String> remarks) throws SQLException {
        try {
            Sql.execute(destination, sql);
            log.info("created at the destination: {}", sql);
        } catch (SQLException e) {
            if (Sql.isConnectionLost(e)) {
                throw e;
            }
            String remark = "%s was not created: %s".formatted(what, Sql.words(e));
            log.warn("created, not as at the source: {}", remark);
            remarks.add(remark);
        }
    }
}
