package io.tidetable.node.catalog;

import io.tidetable.model.LaneId;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
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

    /**
     * Made in one transaction: each takes some four entries of the destination's table of locks,
     * which by default has room for some six thousand.
     */
    private static final int BATCH_RELATIONS = 250;

    private static final String COLLATIONS =
            """
            SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.collname)
            FROM pg_catalog.pg_collation c
                JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace
            WHERE c.collencoding IN (-1, pg_catalog.pg_char_to_encoding(
                pg_catalog.current_setting('server_encoding')))
            """;

    private static final String CREATED_HERE =
            """
            SELECT namespace, name FROM tidetable.replicated_table
            WHERE pipeline = ? AND created_here
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
     * @throws SQLException when a server cannot be reached, or has a trouble of its own that may
     *     pass
     */
    public Map<TableId, Creation> createMissing(
            List<TableDefinition> tables,
            List<SequenceDefinition> sequences,
            Function<TableId, Placement> placement)
            throws SQLException {
        Map<TableId, RelationKind> there = existing(tables);
        Set<TableId> ours = createdHere();
        Map<TableId, Creation> outcomes = new TreeMap<>();
        List<TableDefinition> missing = new ArrayList<>();
        for (TableDefinition table : tables) {
            RelationKind kind = there.get(table.id());
            if (kind == null) {
                missing.add(table);
            } else if (!kind.isTable()) {
                outcomes.put(table.id(), new Creation.Refused(inTheWay(table.id(), kind)));
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
            List<MissingTable> possible = new ArrayList<>();
            for (TableDefinition table : missing) {
                List<SequenceDefinition> own = byTable.getOrDefault(table.id(), List.of());
                try {
                    makeTypes(making, table, own);
                    possible.add(new MissingTable(table, own, placement.apply(table.id())));
                } catch (TidetableException e) {
                    outcomes.put(table.id(), new Creation.Refused(e));
                }
            }
            TableMaker maker = new TableMaker(destination, pipeline, making.statements, faults);
            for (List<MissingTable> batch : batches(possible)) {
                outcomes.putAll(create(maker, batch));
            }
        }
        return outcomes;
    }

    /** Tables with the relations that each transaction may make. */
    private static List<List<MissingTable>> batches(List<MissingTable> tables) {
        List<List<MissingTable>> batches = new ArrayList<>();
        int relations = 0;
        for (MissingTable table : tables) {
            int own = 1 + table.definition().partitions().size();
            if (batches.isEmpty() || relations + own > BATCH_RELATIONS) {
                batches.add(new ArrayList<>());
                relations = 0;
            }
            batches.getLast().add(table);
            relations += own;
        }
        return batches;
    }

    /** All of them in one transaction; where that fails, each in its own. */
    private static Map<TableId, Creation> create(TableMaker maker, List<MissingTable> batch)
            throws SQLException {
        if (batch.size() > 1) {
            try {
                Map<TableId, List<String>> remarks = maker.makeAll(batch);
                Map<TableId, Creation> created = new TreeMap<>();
                remarks.forEach((table, each) -> created.put(table, created(table, each)));
                return created;
            } catch (SQLException e) {
                if (Sql.isTroubleOfServer(e)) {
                    throw e;
                }
                log.info(
                        "{} tables are created one by one, since one of them cannot be: {}",
                        batch.size(),
                        Sql.words(e));
            }
        }
        Map<TableId, Creation> outcomes = new TreeMap<>();
        for (MissingTable table : batch) {
            outcomes.put(table.id(), create(maker, table));
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

    private static Creation create(TableMaker maker, MissingTable table) throws SQLException {
        try {
            return created(table.id(), maker.make(table));
        } catch (SQLException e) {
            if (Sql.isTroubleOfServer(e)) {
                throw e;
            }
            return new Creation.Refused(
                    new TidetableException(
                            "TT-412",
                            ("table %s could not be created at the destination: %s. Create it there"
                                            + " yourself, or leave it out")
                                    .formatted(table.id(), Sql.words(e)),
                            e));
        }
    }

    private static Creation created(TableId table, List<String> remarks) {
        log.debug("table created: table={}", table);
        remarks.forEach(remark -> log.warn("created, not as at the source: {}", remark));
        return new Creation.Created(remarks);
    }

    private static TidetableException inTheWay(TableId table, RelationKind kind) {
        return new TidetableException(
                "TT-415",
                "table %s could not be created at the destination: %s stands in its place. Rename or drop that there, or leave the table out"
                        .formatted(table, kind.words()));
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

    /** Whatever has their names: where a view stands, no table can be made. */
    private Map<TableId, RelationKind> existing(List<TableDefinition> tables) throws SQLException {
        List<TableId> names = tables.stream().map(TableDefinition::id).toList();
        return new CatalogReader(destination)
                .relations(names).stream().collect(Collectors.toMap(Relation::id, Relation::kind));
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
