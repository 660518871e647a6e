package io.tidetable.node.catalog;

import io.tidetable.model.LaneId;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.model.status.TableState;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.types.TypeCatalog;
import io.tidetable.node.types.TypeMapping;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Creates at a destination the tables that are missing there, with what a copy and the change
 * stream need: types, columns, defaults, sequences, the key, partitions. Nothing that is there is
 * altered or dropped. A table and the record that it is ours ({@code
 * tidetable.replicated_table.created_here}) are one transaction.
 *
 * <p>Connections are those of {@link io.tidetable.node.postgres.Database#connect}, in autocommit
 * mode. Not thread-safe.
 */
public final class TableCreator {
    private static final Logger log = LoggerFactory.getLogger(TableCreator.class);

    private static final String COLLATIONS =
            """
            SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.collname)
            FROM pg_catalog.pg_collation c
                JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace
            WHERE c.collencoding IN (-1, pg_catalog.pg_char_to_encoding(
                pg_catalog.current_setting('server_encoding')))
            """;

    private static final String TAKEN =
            """
            SELECT EXISTS (SELECT FROM pg_catalog.pg_class c
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = ? AND c.relname = ANY (?))
            """;

    private static final String CREATED_HERE =
            """
            SELECT namespace, name FROM tidetable.replicated_table
            WHERE pipeline = ? AND created_here
            """;

    private static final String RECORD =
            """
            INSERT INTO tidetable.replicated_table
                (pipeline, namespace, name, lane, track, state, created_here)
            VALUES (?, ?, ?, ?, ?, ?, true)
            ON CONFLICT (pipeline, namespace, name)
                DO UPDATE SET created_here = true, changed_at = clock_timestamp()
            """;

    private final Connection source;
    private final Connection destination;
    private final String pipeline;
    private final Faults faults;

    public TableCreator(Connection source, Connection destination, String pipeline, Faults faults) {
        this.source = source;
        this.destination = destination;
        this.pipeline = pipeline;
        this.faults = faults;
    }

    /** Where a table's changes will go, for its first record at the destination. */
    public record Placement(LaneId lane, Track track) {}

    /**
     * Creates what is missing, each table by itself: one that is refused does not stop the others.
     *
     * @param tables of the source
     * @param sequences of the source that belong to the tables, and free-standing ones to create
     * @throws SQLException when a server cannot be reached
     */
    public Map<TableId, Creation> createMissing(
            List<TableDefinition> tables,
            List<SequenceDefinition> sequences,
            Function<TableId, Placement> placement)
            throws SQLException {
        Set<TableId> there = existing();
        Set<TableId> ours = createdHere();
        Map<TableId, Creation> outcomes = new TreeMap<>();
        List<TableDefinition> missing = new ArrayList<>();
        for (TableDefinition table : tables) {
            if (!there.contains(table.id())) {
                missing.add(table);
            } else {
                outcomes.put(
                        table.id(),
                        ours.contains(table.id()) ? new Creation.Ours() : new Creation.Found());
            }
        }
        Map<TableId, List<SequenceDefinition>> byTable =
                sequences.stream()
                        .filter(sequence -> sequence.owner() != null)
                        .collect(Collectors.groupingBy(TableCreator::ownerTable));
        List<SequenceDefinition> shared =
                sequences.stream().filter(sequence -> sequence.owner() == null).toList();
        if (!missing.isEmpty()) {
            Making making = new Making(typeMapping(), sequences, collations());
            createSequences(making, shared);
            for (TableDefinition table : missing) {
                outcomes.put(
                        table.id(),
                        create(
                                making,
                                table,
                                byTable.getOrDefault(table.id(), List.of()),
                                placement.apply(table.id())));
            }
        }
        return outcomes;
    }

    private static TableId ownerTable(SequenceDefinition sequence) {
        return java.util.Objects.requireNonNull(sequence.owner()).table();
    }

    /** What all tables of one call share; types are made once. */
    private final class Making {
        private final TypeCreator types;
        private final TableStatements statements;

        Making(TypeMapping mapping, List<SequenceDefinition> sequences, Set<String> collations)
                throws SQLException {
            types = new TypeCreator(source, destination, mapping);
            Map<SequenceDefinition.OwnerColumn, SequenceDefinition> identities = new HashMap<>();
            for (SequenceDefinition sequence : sequences) {
                SequenceDefinition.OwnerColumn owner = sequence.owner();
                if (sequence.identity() && owner != null) {
                    identities.put(owner, sequence);
                }
            }
            statements =
                    new TableStatements(
                            mapping,
                            identities,
                            collations,
                            destination.getMetaData().getDatabaseMajorVersion());
        }
    }

    private void createSequences(Making making, List<SequenceDefinition> sequences)
            throws SQLException {
        for (SequenceDefinition sequence : sequences) {
            destination.setAutoCommit(false);
            try {
                making.types.ensureNamespace(sequence.id().namespace());
                Sql.execute(destination, TableStatements.createSequence(sequence));
                destination.commit();
            } catch (SQLException | TidetableException e) {
                destination.rollback();
                log.warn(
                        "sequence not created: sequence={} reason={}",
                        sequence.id(),
                        e.getMessage());
            } finally {
                destination.setAutoCommit(true);
            }
        }
    }

    private Creation create(
            Making making,
            TableDefinition table,
            List<SequenceDefinition> sequences,
            Placement placement)
            throws SQLException {
        try {
            makeTypes(making, table, sequences);
        } catch (TidetableException e) {
            return refused(table.id(), e);
        }
        List<String> remarks = new ArrayList<>();
        destination.setAutoCommit(false);
        try {
            makeTable(making, table, sequences, remarks);
            faults.reach(FaultPoint.TABLE_CREATED);
            record(table.id(), placement);
            destination.commit();
        } catch (SQLException e) {
            if (Sql.isConnectionLost(e)) {
                throw e;
            }
            destination.rollback();
            return refused(
                    table.id(),
                    new TidetableException(
                            "TT-412",
                            ("table %s could not be created at the destination: %s. Create it there"
                                            + " yourself, or leave it out")
                                    .formatted(table.id(), Sql.words(e)),
                            e));
        } finally {
            destination.setAutoCommit(true);
        }
        log.info("table created: table={} partitions={}", table.id(), table.partitions().size());
        remarks.forEach(remark -> log.warn("created, not as at the source: {}", remark));
        return new Creation.Created(remarks);
    }

    private static Creation refused(TableId table, TidetableException reason) {
        log.warn("table not created: table={} reason={}", table, reason.line());
        return new Creation.Refused(reason);
    }

    /** Makes what the table is made of, statement by statement. */
    private static void makeTypes(
            Making making, TableDefinition table, List<SequenceDefinition> sequences)
            throws SQLException {
        making.types.ensureNamespace(table.id().namespace());
        for (PartitionDefinition partition : table.partitions()) {
            making.types.ensureNamespace(partition.id().namespace());
        }
        for (SequenceDefinition sequence : sequences) {
            making.types.ensureNamespace(sequence.id().namespace());
        }
        for (ColumnDefinition column : table.columns()) {
            making.types.ensureType(column.typeOid());
        }
    }

    private void makeTable(
            Making making,
            TableDefinition table,
            List<SequenceDefinition> sequences,
            List<String> remarks)
            throws SQLException {
        for (SequenceDefinition sequence : sequences) {
            if (!sequence.identity()) {
                Sql.execute(destination, TableStatements.createSequence(sequence));
            }
        }
        makeWithDefaults(making.statements, table, remarks);
        var identityIndex = TableStatements.createIdentityIndex(table);
        if (identityIndex.isPresent()) {
            Sql.execute(destination, identityIndex.get());
        }
        for (PartitionDefinition partition : table.partitions()) {
            Sql.execute(destination, TableStatements.createPartition(partition));
        }
        for (SequenceDefinition sequence : sequences) {
            SequenceDefinition.OwnerColumn owner = sequence.owner();
            if (!sequence.identity() && owner != null) {
                Sql.execute(destination, TableStatements.ownSequence(sequence, owner));
            }
        }
        for (ColumnDefinition column : making.statements.withoutCollation(table)) {
            remarks.add(
                    "column %s.%s has no collation %s, which the destination lacks: it may sort differently there"
                            .formatted(table.id(), column.name(), column.collation()));
        }
    }

    /** Whether something else has the name of an index that is made with the table. */
    private boolean isTaken(TableDefinition table) throws SQLException {
        try (PreparedStatement statement = destination.prepareStatement(TAKEN)) {
            statement.setString(1, table.id().namespace());
            statement.setArray(
                    2,
                    destination.createArrayOf(
                            "text",
                            table.indexes().stream()
                                    .filter(index -> index.constraint() != null)
                                    .map(IndexDefinition::name)
                                    .toArray()));
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getBoolean(1);
            }
        }
    }

    /** Tries all defaults at once; where one cannot be had, each by itself. */
    private void makeWithDefaults(
            TableStatements statements, TableDefinition table, List<String> remarks)
            throws SQLException {
        List<ColumnDefinition> defaults =
                table.columns().stream()
                        .filter(column -> !column.isGenerated() && column.expression() != null)
                        .toList();
        boolean named = !isTaken(table);
        if (!named) {
            remarks.add(
                    "the key of %s has another name, since its own is taken there"
                            .formatted(table.id()));
        }
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

    private void record(TableId table, Placement placement) throws SQLException {
        try (PreparedStatement statement = destination.prepareStatement(RECORD)) {
            statement.setString(1, pipeline);
            statement.setString(2, table.namespace());
            statement.setString(3, table.name());
            statement.setString(4, placement.lane().name());
            statement.setString(5, placement.track().label());
            statement.setString(6, TableState.WAITING.name());
            statement.executeUpdate();
        }
    }

    /** Every relation's name: a view in a table's place is not missing either. */
    private Set<TableId> existing() throws SQLException {
        return SourceCatalog.relations(destination).stream()
                .map(Relation::id)
                .collect(Collectors.toCollection(HashSet::new));
    }

    /** The tables that this pipeline created at the destination. */
    public Set<TableId> createdHere() throws SQLException {
        Set<TableId> tables = new HashSet<>();
        try (PreparedStatement statement = destination.prepareStatement(CREATED_HERE)) {
            statement.setString(1, pipeline);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    tables.add(new TableId(row.getString(1), row.getString(2)));
                }
            }
        }
        return tables;
    }

    private TypeMapping typeMapping() throws SQLException {
        return TypeMapping.between(TypeCatalog.read(source), TypeCatalog.read(destination));
    }

    private Set<String> collations() throws SQLException {
        Set<String> collations = new HashSet<>();
        try (PreparedStatement statement = destination.prepareStatement(COLLATIONS);
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                collations.add(row.getString(1));
            }
        }
        return collations;
    }
}
