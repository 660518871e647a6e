package io.tidetable.node.catalog;

import io.tidetable.model.TableId;
import io.tidetable.model.status.TableState;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.postgres.TextArrays;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Makes tables at a destination, each with the record that it is ours: one in a transaction, which
 * does what can be done, or many in one, which does all or nothing.
 */
final class TableMaker {
    private static final String TAKEN =
            """
            SELECT w.namespace, w.name
            FROM unnest(?::text[], ?::text[]) AS w (namespace, name)
                JOIN pg_catalog.pg_namespace n ON n.nspname = w.namespace
                JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.name
            """;

    /** One that had rows of ours before it was dropped there has to be brought anew. */
    private static final String RECORD =
            """
            INSERT INTO tidetable.replicated_table AS known
                (pipeline, namespace, name, lane, track, state, created_here)
            SELECT ?, w.namespace, w.name, w.lane, w.track, ?, true
            FROM unnest(?::text[], ?::text[], ?::text[], ?::text[])
                AS w (namespace, name, lane, track)
            ON CONFLICT (pipeline, namespace, name)
                DO UPDATE SET created_here = true, changed_at = clock_timestamp(), message = NULL,
                    state = CASE WHEN lower(known.state) IN ('waiting', 'left_out')
                        THEN known.state ELSE 'merging' END
            """;

    private final Connection destination;
    private final String pipeline;
    private final TableStatements statements;
    private final Faults faults;

    /**
     * @param destination in autocommit mode
     */
    TableMaker(Connection destination, String pipeline, TableStatements statements, Faults faults) {
        this.destination = destination;
        this.pipeline = pipeline;
        this.statements = statements;
        this.faults = faults;
    }

    /**
     * Makes a table; a default that cannot be had is left out.
     *
     * @return what is not as at the source, each a sentence
     */
    List<String> make(MissingTable table) throws SQLException {
        return inTransaction(
                List.of(table),
                () -> {
                    boolean named = !isTaken(table.definition(), taken(List.of(table)));
                    List<String> remarks = remarks(table.definition(), named);
                    for (String sql : before(table)) {
                        Sql.execute(destination, sql);
                    }
                    makeWithDefaults(table.definition(), named, remarks);
                    for (String sql : after(table)) {
                        Sql.execute(destination, sql);
                    }
                    return remarks;
                });
    }

    /**
     * Makes tables in few round trips. Where one of them cannot be made as the source has it, none
     * is.
     *
     * @return of each, what is not as at the source
     */
    Map<TableId, List<String>> makeAll(List<MissingTable> tables) throws SQLException {
        return inTransaction(
                tables,
                () -> {
                    Set<TableId> taken = taken(tables);
                    Map<TableId, List<String>> remarks = new TreeMap<>();
                    try (Statement all = destination.createStatement()) {
                        all.setEscapeProcessing(false);
                        for (MissingTable table : tables) {
                            boolean named = !isTaken(table.definition(), taken);
                            remarks.put(table.id(), remarks(table.definition(), named));
                            for (String sql : before(table)) {
                                all.addBatch(sql);
                            }
                            all.addBatch(statements.createTable(table.definition(), true, named));
                            for (String sql : after(table)) {
                                all.addBatch(sql);
                            }
                        }
                        all.executeBatch();
                    } catch (BatchUpdateException e) {
                        throw Objects.requireNonNullElse(e.getNextException(), e);
                    }
                    return remarks;
                });
    }

    private interface Making<T> {
        T make() throws SQLException;
    }

    private <T> T inTransaction(List<MissingTable> tables, Making<T> making) throws SQLException {
        destination.setAutoCommit(false);
        try {
            T made = making.make();
            tables.forEach(_ -> faults.reach(FaultPoint.TABLE_CREATED));
            record(tables);
            destination.commit();
            return made;
        } catch (SQLException e) {
            if (!Sql.isConnectionLost(e)) {
                destination.rollback();
            }
            throw e;
        } finally {
            destination.setAutoCommit(true);
        }
    }

    private List<String> remarks(TableDefinition table, boolean named) {
        List<String> remarks = new ArrayList<>();
        if (!named) {
            remarks.add(
                    "the key of %s has another name, since its own is taken there"
                            .formatted(table.id()));
        }
        for (ColumnDefinition column : statements.withoutCollation(table)) {
            remarks.add(
                    "column %s.%s has no collation %s, which the destination lacks: it may sort differently there"
                            .formatted(table.id(), column.name(), column.collation()));
        }
        return remarks;
    }

    private static List<String> before(MissingTable table) {
        return table.sequences().stream()
                .filter(sequence -> !sequence.identity())
                .map(TableStatements::createSequence)
                .toList();
    }

    private static List<String> after(MissingTable table) {
        List<String> after = new ArrayList<>();
        TableStatements.createIdentityIndex(table.definition()).ifPresent(after::add);
        for (PartitionDefinition partition : table.definition().partitions()) {
            after.add(TableStatements.createPartition(partition));
        }
        for (SequenceDefinition sequence : table.sequences()) {
            SequenceDefinition.OwnerColumn owner = sequence.owner();
            if (!sequence.identity() && owner != null) {
                after.add(TableStatements.ownSequence(sequence, owner));
            }
        }
        return after;
    }

    /** Tries all defaults at once; where one cannot be had, each by itself. */
    private void makeWithDefaults(TableDefinition table, boolean named, List<String> remarks)
            throws SQLException {
        List<ColumnDefinition> defaults =
                table.columns().stream()
                        .filter(column -> !column.isGenerated() && column.expression() != null)
                        .toList();
        try {
            Sql.attempt(destination, statements.createTable(table, true, named));
            return;
        } catch (SQLException e) {
            if (defaults.isEmpty() || Sql.isConnectionLost(e)) {
                throw e;
            }
        }
        Sql.execute(destination, statements.createTable(table, false, named));
        for (ColumnDefinition column : defaults) {
            try {
                Sql.attempt(destination, TableStatements.setDefault(table.id(), column));
            } catch (SQLException e) {
                if (Sql.isConnectionLost(e)) {
                    throw e;
                }
                remarks.add(
                        "column %s.%s has no default %s: %s"
                                .formatted(
                                        table.id(),
                                        column.name(),
                                        column.expression(),
                                        Sql.words(e)));
            }
        }
    }

    /** Whether something else has the name of an index that is made with the table. */
    private static boolean isTaken(TableDefinition table, Set<TableId> taken) {
        return constraintIndexes(table).anyMatch(taken::contains);
    }

    private static Stream<TableId> constraintIndexes(TableDefinition table) {
        return table.indexes().stream()
                .filter(index -> index.constraint() != null)
                .map(index -> new TableId(table.id().namespace(), index.name()));
    }

    /** Of the names that indexes of the tables are to have, those that are taken. */
    private Set<TableId> taken(List<MissingTable> tables) throws SQLException {
        List<TableId> names =
                tables.stream().flatMap(table -> constraintIndexes(table.definition())).toList();
        Set<TableId> taken = new HashSet<>();
        try (PreparedStatement statement = destination.prepareStatement(TAKEN)) {
            TextArrays.setNames(statement, 1, names);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    taken.add(new TableId(row.getString(1), row.getString(2)));
                }
            }
        }
        return taken;
    }

    private void record(List<MissingTable> tables) throws SQLException {
        try (PreparedStatement statement = destination.prepareStatement(RECORD)) {
            statement.setString(1, pipeline);
            statement.setString(2, TableState.WAITING.name());
            TextArrays.set(statement, 3, tables, it -> it.id().namespace());
            TextArrays.set(statement, 4, tables, it -> it.id().name());
            TextArrays.set(statement, 5, tables, it -> it.placement().lane().name());
            TextArrays.set(statement, 6, tables, it -> it.placement().track().label());
            statement.executeUpdate();
        }
    }
}
