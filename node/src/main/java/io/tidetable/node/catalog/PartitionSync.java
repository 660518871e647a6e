package io.tidetable.node.catalog;

import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Creates at the destination the partitions that were created or attached at the source after the
 * copy. To be called when an insert finds no partition, and now and then. Partitions are never
 * detached or dropped.
 *
 * <p>Connections are those of {@link io.tidetable.node.postgres.Database#connect}, in autocommit
 * mode.
 */
public final class PartitionSync {
    private static final Logger log = LoggerFactory.getLogger(PartitionSync.class);

    private static final String DUPLICATE_TABLE = "42P07";

    private static final String MERGE_NEEDED =
            """
            UPDATE tidetable.replicated_table SET needs_merge = true, changed_at = clock_timestamp()
            WHERE pipeline = ? AND namespace = ? AND name = ?
            """;

    /** The row of a table's system column is never changed: its xmin made the table. */
    private static final String CAME_WITH_ROWS =
            """
            WITH RECURSIVE path AS (
                SELECT inhrelid, inhparent, xmin AS linked
                FROM pg_catalog.pg_inherits WHERE inhrelid = ?::bigint::oid
                UNION ALL
                SELECT i.inhrelid, i.inhparent, i.xmin
                FROM path JOIN pg_catalog.pg_inherits i ON i.inhrelid = path.inhparent)
            SELECT pg_catalog.pg_relation_size(?::bigint::oid) > 0
                AND (EXISTS (SELECT FROM path
                        JOIN pg_catalog.pg_attribute a ON a.attrelid = path.inhrelid
                            AND a.attname = 'ctid' AND a.attnum < 0
                        WHERE a.xmin <> path.linked)
                    OR EXISTS (SELECT FROM ONLY RELATION r WHERE r.xmin IN (SELECT linked FROM path)))
            """;

    private final Connection source;
    private final Connection destination;
    private final String pipeline;
    private final Duration lockTimeout;

    /**
     * @param pipeline whose record of the table is told in the same transaction that it needs a
     *     merge
     * @param lockTimeout how long a statement waits for readers of the destination's table
     */
    public PartitionSync(
            Connection source, Connection destination, String pipeline, Duration lockTimeout) {
        this.source = source;
        this.destination = destination;
        this.pipeline = pipeline;
        this.lockTimeout = lockTimeout;
    }

    /**
     * What was found and done.
     *
     * @param created partitions made at the destination
     * @param heldRows those of them that held rows at the source already: rows that came with an
     *     attached table are in no change stream, so these need a diff-merge
     * @param gone partitions of the destination that the source no longer has and that still hold
     *     rows: rows that left with a detached or dropped one are in no change stream either
     * @param rewritten partitions of the source with other files than before: a TRUNCATE of a
     *     single partition is in no change stream, and cannot be told from a VACUUM FULL; also
     *     those that were detached and are back
     */
    public record Outcome(
            List<TableId> created,
            List<TableId> heldRows,
            List<TableId> gone,
            List<TableId> rewritten) {
        public Outcome {
            created = List.copyOf(created);
            heldRows = List.copyOf(heldRows);
            gone = List.copyOf(gone);
            rewritten = List.copyOf(rewritten);
        }

        /** Whether rows may differ that the change stream does not carry. */
        public boolean needsMerge() {
            return !heldRows.isEmpty() || !gone.isEmpty() || !rewritten.isEmpty();
        }
    }

    /**
     * Makes the destination's table have the source's partitions, where it is partitioned on both
     * sides, and looks for what the change stream does not tell. To be called for tables whose
     * first copy is over.
     *
     * @throws TidetableException TT-413 when a partition cannot be created
     * @throws SQLException when a server cannot be reached
     */
    public Outcome ensurePartitions(TableId table) throws SQLException {
        TableDefinition there = DestinationTables.read(destination, List.of(table)).get(table);
        List<TableDefinition> here = SourceCatalog.named(source, List.of(table));
        if (there == null || here.isEmpty()) {
            return new Outcome(List.of(), List.of(), List.of(), List.of());
        }
        TableDefinition now = here.getFirst();
        PartitionFiles files = new PartitionFiles(source, destination, pipeline);
        PartitionFiles.Changes changes = files.look(now);
        Outcome outcome =
                isPartitionedAlike(now, there)
                        ? followed(now, there, changes)
                        : unfollowed(now, changes);
        if (changes.outdated()) {
            files.note(table, changes, outcome.needsMerge());
        }
        return outcome;
    }

    /** Whether partitions of the one can be partitions of the other, by RANGE, LIST or HASH. */
    private static boolean isPartitionedAlike(TableDefinition here, TableDefinition there) {
        return strategy(here).equals(strategy(there)) && there.isPartitioned();
    }

    private static String strategy(TableDefinition table) {
        String key = table.partitionKey();
        return key == null ? "" : key.substring(0, Math.max(0, key.indexOf(' ')));
    }

    /** What follows for a table that has partitions there too. */
    private Outcome followed(
            TableDefinition here, TableDefinition there, PartitionFiles.Changes changes)
            throws SQLException {
        Set<TableId> has = ids(there);
        List<TableId> created = new ArrayList<>();
        List<TableId> heldRows = new ArrayList<>();
        for (PartitionDefinition partition : here.partitions()) {
            if (!has.contains(partition.id())) {
                boolean held = partition.isLeaf() && heldRowsAtSource(partition);
                create(here.id(), partition, held);
                created.add(partition.id());
                if (held) {
                    heldRows.add(partition.id());
                }
            } else if (changes.appeared().contains(partition.id()) && heldRowsAtSource(partition)) {
                heldRows.add(partition.id());
            }
        }
        return new Outcome(created, heldRows, gone(there, ids(here)), changes.rewritten());
    }

    /** What follows for a table that has none there, or others of its own. */
    private Outcome unfollowed(TableDefinition here, PartitionFiles.Changes changes)
            throws SQLException {
        List<TableId> heldRows = new ArrayList<>();
        for (PartitionDefinition partition : here.partitions()) {
            if (changes.appeared().contains(partition.id()) && heldRowsAtSource(partition)) {
                heldRows.add(partition.id());
            }
        }
        return new Outcome(List.of(), heldRows, changes.vanished(), changes.rewritten());
    }

    private List<TableId> gone(TableDefinition there, Set<TableId> here) throws SQLException {
        List<TableId> gone = new ArrayList<>();
        for (PartitionDefinition partition : there.partitions()) {
            if (partition.isLeaf() && !here.contains(partition.id()) && holdsRows(partition.id())) {
                gone.add(partition.id());
            }
        }
        if (!gone.isEmpty()) {
            markForMerge(there.id());
        }
        return gone;
    }

    private void markForMerge(TableId table) throws SQLException {
        try (PreparedStatement statement = destination.prepareStatement(MERGE_NEEDED)) {
            statement.setString(1, pipeline);
            statement.setString(2, table.namespace());
            statement.setString(3, table.name());
            statement.executeUpdate();
        }
    }

    private boolean holdsRows(TableId partition) throws SQLException {
        try (PreparedStatement statement =
                        destination.prepareStatement(
                                "SELECT FROM " + partition.quoted() + " LIMIT 1");
                ResultSet row = statement.executeQuery()) {
            return row.next();
        }
    }

    private static Set<TableId> ids(TableDefinition table) {
        return table.partitions().stream()
                .map(PartitionDefinition::id)
                .collect(Collectors.toCollection(HashSet::new));
    }

    /**
     * Whether rows came with it: it holds some, and it, or what it is part of, was attached rather
     * than created as a partition, or some were written by the transaction that did so.
     */
    private boolean heldRowsAtSource(PartitionDefinition partition) throws SQLException {
        if (partition.kind() == RelationKind.FOREIGN_TABLE) {
            return false;
        }
        try (PreparedStatement statement =
                source.prepareStatement(
                        CAME_WITH_ROWS.replace("RELATION", partition.id().quoted()))) {
            statement.setLong(1, Integer.toUnsignedLong(partition.oid()));
            statement.setLong(2, Integer.toUnsignedLong(partition.oid()));
            try (ResultSet row = statement.executeQuery()) {
                return row.next() && row.getBoolean(1);
            }
        }
    }

    /** Asks first: even IF NOT EXISTS needs the right to create one. */
    private void ensureNamespace(String namespace) throws SQLException {
        try (PreparedStatement statement =
                destination.prepareStatement("SELECT pg_catalog.to_regnamespace(?) IS NULL")) {
            statement.setString(1, TableId.quote(namespace));
            try (ResultSet row = statement.executeQuery()) {
                if (row.next() && row.getBoolean(1)) {
                    Sql.execute(destination, "CREATE SCHEMA " + TableId.quote(namespace));
                }
            }
        }
    }

    /** Whether the table has the partition by now; another session may have been as quick. */
    private boolean isPartitionThere(TableId root, PartitionDefinition partition)
            throws SQLException {
        TableDefinition there = DestinationTables.read(destination, List.of(root)).get(root);
        return there != null && ids(there).contains(partition.id());
    }

    private void create(TableId root, PartitionDefinition partition, boolean heldRows)
            throws SQLException {
        destination.setAutoCommit(false);
        try {
            Sql.execute(destination, "SET LOCAL lock_timeout = " + lockTimeout.toMillis());
            ensureNamespace(partition.id().namespace());
            Sql.execute(destination, TableStatements.createPartition(partition));
            if (heldRows) {
                markForMerge(root);
            }
            destination.commit();
            log.info(
                    "partition created: partition={} of={} bound={}",
                    partition.id(),
                    partition.parent(),
                    partition.bound());
        } catch (SQLException e) {
            if (Sql.isConnectionLost(e)) {
                throw e;
            }
            destination.rollback();
            if (DUPLICATE_TABLE.equals(e.getSQLState()) && isPartitionThere(root, partition)) {
                log.debug("partition {} was created by somebody else", partition.id());
                return;
            }
            throw new TidetableException(
                    "TT-413",
                    ("partition %s of %s exists at the source and could not be created at the"
                                    + " destination: %s. Rows for it wait until it can")
                            .formatted(partition.id(), partition.parent(), Sql.words(e)),
                    e);
        } finally {
            destination.setAutoCommit(true);
        }
    }
}
