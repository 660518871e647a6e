package io.tidetable.node.catalog;

import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.node.postgres.SourceSnapshot;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Remembers at the destination in which files the source's partitions lay and since when they are
 * partitions. One that was truncated by itself has another file, one that left and came back
 * another bond; nothing else tells, since a publication through the root says nothing of it.
 */
final class PartitionFiles {
    /** The bonds of a partition are the transactions that tied it, and what it is part of. */
    private static final String NOW =
            """
            WITH RECURSIVE tree AS (
                SELECT i.inhrelid AS oid, i.xmin::text AS bonds
                FROM pg_catalog.pg_inherits i WHERE i.inhparent = ?::bigint::oid
                UNION ALL
                SELECT i.inhrelid, tree.bonds || '/' || i.xmin
                FROM tree JOIN pg_catalog.pg_inherits i ON i.inhparent = tree.oid)
            SELECT n.nspname, c.relname, c.relfilenode::bigint AS file, tree.bonds
            FROM tree
                JOIN pg_catalog.pg_class c ON c.oid = tree.oid AND c.relkind <> 'p'
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            """;

    /** What was noted, or else the files that the first copy read. */
    private static final String KNOWN =
            """
            SELECT partition_namespace, partition_name, file, bonds FROM tidetable.partition_file
            WHERE pipeline = ? AND namespace = ? AND name = ?
            UNION ALL
            SELECT DISTINCT (parse_ident(c.relation))[1], (parse_ident(c.relation))[2],
                c.relation_file, ''
            FROM tidetable.chunk c
            WHERE c.pipeline = ? AND c.namespace = ? AND c.name = ? AND NOT EXISTS (
                SELECT FROM tidetable.partition_file f WHERE f.pipeline = c.pipeline
                AND f.namespace = c.namespace AND f.name = c.name)
            """;

    private static final String SNAPSHOT =
            """
            SELECT oldest_snapshot FROM tidetable.replicated_table
            WHERE pipeline = ? AND namespace = ? AND name = ? AND oldest_snapshot IS NOT NULL
            """;

    private static final String FORGET =
            """
            DELETE FROM tidetable.partition_file
            WHERE pipeline = ? AND namespace = ? AND name = ?
            """;

    private static final String NOTE =
            """
            INSERT INTO tidetable.partition_file
                (pipeline, namespace, name, partition_namespace, partition_name, file, bonds)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """;

    private static final String MERGE_NEEDED =
            """
            UPDATE tidetable.replicated_table SET needs_merge = true, changed_at = clock_timestamp()
            WHERE pipeline = ? AND namespace = ? AND name = ?
            """;

    private final Connection source;
    private final Connection destination;
    private final String pipeline;

    PartitionFiles(Connection source, Connection destination, String pipeline) {
        this.source = source;
        this.destination = destination;
        this.pipeline = pipeline;
    }

    /** Where a partition lies, and its bonds; empty where they are not known. */
    record Place(long file, String bonds) {
        boolean isOther(Place before, @Nullable SourceSnapshot copy) {
            return file != before.file
                    || (before.bonds.isEmpty()
                            ? copy != null && !isSeenBy(copy)
                            : !bonds.equals(before.bonds));
        }

        private boolean isSeenBy(SourceSnapshot copy) {
            return Arrays.stream(bonds.split("/", -1))
                    .allMatch(bond -> copy.seesXmin(Long.parseLong(bond)));
        }
    }

    /**
     * How the source's partitions that hold rows differ from those noted.
     *
     * @param rewritten those that lie elsewhere than before, or were away in between
     * @param appeared those that were not noted
     * @param vanished those that are no longer there
     */
    record Changes(
            Map<TableId, Place> places,
            boolean outdated,
            List<TableId> rewritten,
            List<TableId> appeared,
            List<TableId> vanished) {}

    /** Compares; writes nothing. */
    Changes look(TableDefinition table) throws SQLException {
        Map<TableId, Place> known = known(table.id());
        Map<TableId, Place> places = places(table);
        // One that came since the definition was read is left to the next look.
        places.keySet().retainAll(ids(table));
        SourceSnapshot copy = snapshot(table.id());
        List<TableId> rewritten = new ArrayList<>();
        List<TableId> appeared = new ArrayList<>();
        places.forEach((partition, place) -> {
            Place before = known.get(partition);
            if (before == null) {
                appeared.add(partition);
            } else if (place.isOther(before, copy)) {
                rewritten.add(partition);
            }
        });
        List<TableId> vanished =
                known.keySet().stream().filter(it -> !places.containsKey(it)).toList();
        return new Changes(places, !places.equals(known), rewritten, appeared, vanished);
    }

    private static Set<TableId> ids(TableDefinition table) {
        return table.partitions().stream().map(PartitionDefinition::id).collect(Collectors.toSet());
    }

    private Map<TableId, Place> places(TableDefinition table) throws SQLException {
        try (PreparedStatement statement = source.prepareStatement(NOW)) {
            statement.setLong(1, Integer.toUnsignedLong(table.oid()));
            return read(statement);
        }
    }

    private Map<TableId, Place> known(TableId table) throws SQLException {
        try (PreparedStatement statement = destination.prepareStatement(KNOWN)) {
            bind(statement, 1, table);
            bind(statement, 4, table);
            return read(statement);
        }
    }

    /** What the table's copy saw, or its last merge. */
    private @Nullable SourceSnapshot snapshot(TableId table) throws SQLException {
        try (PreparedStatement statement = destination.prepareStatement(SNAPSHOT)) {
            bind(statement, 1, table);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? SourceSnapshot.parse(row.getString(1), Lsn.ZERO) : null;
            }
        }
    }

    private static Map<TableId, Place> read(PreparedStatement statement) throws SQLException {
        Map<TableId, Place> places = new TreeMap<>();
        try (ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                places.put(
                        new TableId(row.getString(1), row.getString(2)),
                        new Place(row.getLong(3), row.getString(4)));
            }
        }
        return places;
    }

    /**
     * Notes where the partitions lie.
     *
     * @param merge whether to note with it that the table needs a merge
     */
    void note(TableId table, Changes changes, boolean merge) throws SQLException {
        destination.setAutoCommit(false);
        try (PreparedStatement forget = destination.prepareStatement(FORGET);
                PreparedStatement note = destination.prepareStatement(NOTE);
                PreparedStatement mark = destination.prepareStatement(MERGE_NEEDED)) {
            bind(forget, 1, table);
            forget.executeUpdate();
            for (Map.Entry<TableId, Place> each : changes.places().entrySet()) {
                bind(note, 1, table);
                note.setString(4, each.getKey().namespace());
                note.setString(5, each.getKey().name());
                note.setLong(6, each.getValue().file());
                note.setString(7, each.getValue().bonds());
                note.addBatch();
            }
            note.executeBatch();
            if (merge) {
                bind(mark, 1, table);
                mark.executeUpdate();
            }
            destination.commit();
        } catch (SQLException e) {
            if (!Sql.isConnectionLost(e)) {
                destination.rollback();
            }
            throw e;
        } finally {
            destination.setAutoCommit(true);
        }
    }

    private void bind(PreparedStatement statement, int first, TableId table) throws SQLException {
        statement.setString(first, pipeline);
        statement.setString(first + 1, table.namespace());
        statement.setString(first + 2, table.name());
    }
}
