package io.tidetable.node.catalog;

import io.tidetable.model.TableId;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A table as its database's catalog has it; a partitioned one with all its partitions.
 *
 * @param columns in order, without dropped ones
 * @param constraints without inherited ones
 * @param partitionKey as SQL: {@code RANGE (paid_at)}; null for an ordinary table
 * @param partitions parents before their children
 * @param inheritsFrom tables it inherits from, other than as a partition
 * @param hasHeirs whether tables inherit from it, other than as partitions
 * @param extension the extension it belongs to, null for none
 * @param storage of the table itself, without partitions
 */
public record TableDefinition(
        TableId id,
        int oid,
        Persistence persistence,
        String owner,
        RowIdentity identity,
        List<ColumnDefinition> columns,
        List<IndexDefinition> indexes,
        List<ConstraintDefinition> constraints,
        @Nullable String partitionKey,
        List<PartitionDefinition> partitions,
        List<TableId> inheritsFrom,
        boolean hasHeirs,
        boolean rowSecurity,
        boolean rowSecurityForced,
        @Nullable String extension,
        StorageEstimate storage) {
    public TableDefinition {
        columns = List.copyOf(columns);
        indexes = List.copyOf(indexes);
        constraints = List.copyOf(constraints);
        partitions = List.copyOf(partitions);
        inheritsFrom = List.copyOf(inheritsFrom);
    }

    /** How durable a table is; only permanent ones are in the change stream. */
    public enum Persistence {
        PERMANENT,
        UNLOGGED,
        TEMPORARY
    }

    /** A relation that holds rows: an ordinary table itself, or a partition. */
    public record Leaf(TableId id, int oid, StorageEstimate storage) {}

    public boolean isPartitioned() {
        return partitionKey != null;
    }

    /** The relations that hold its rows. */
    public List<Leaf> leaves() {
        if (!isPartitioned()) {
            return List.of(new Leaf(id, oid, storage));
        }
        return partitions.stream()
                .filter(PartitionDefinition::isLeaf)
                .map(leaf -> new Leaf(leaf.id(), leaf.oid(), leaf.storage()))
                .toList();
    }

    /** Estimated bytes of all its rows. */
    public long estimatedBytes() {
        return leaves().stream().mapToLong(leaf -> leaf.storage().bytes()).sum();
    }

    /** Estimated number of its rows, 0 where PostgreSQL never counted. */
    public long estimatedRows() {
        return leaves().stream().mapToLong(leaf -> Math.max(0, leaf.storage().rows())).sum();
    }

    public Optional<ColumnDefinition> column(String name) {
        return columns.stream().filter(column -> column.name().equals(name)).findFirst();
    }

    public Optional<IndexDefinition> primaryKey() {
        return indexes.stream().filter(IndexDefinition::primary).findFirst();
    }

    /** Columns whose values travel: all but the generated ones. */
    public List<ColumnDefinition> storedColumns() {
        return columns.stream().filter(column -> !column.isGenerated()).toList();
    }
}
