package io.tidetable.node.catalog;

import io.tidetable.model.TableId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A partition, at any depth, of a partitioned table.
 *
 * @param parent the table it is attached to
 * @param bound as SQL: {@code FOR VALUES FROM (..) TO (..)} or {@code DEFAULT}
 * @param partitionKey how it is itself partitioned, as SQL; null for one that holds rows
 * @param identity of updates and deletes of its rows: the root's setting does not count for them
 * @param indexes those of its own, not part of an index of the parent
 * @param constraints those of its own
 */
public record PartitionDefinition(
        TableId id,
        int oid,
        RelationKind kind,
        TableId parent,
        String bound,
        @Nullable String partitionKey,
        RowIdentity identity,
        List<IndexDefinition> indexes,
        List<ConstraintDefinition> constraints,
        StorageEstimate storage) {
    public PartitionDefinition {
        indexes = List.copyOf(indexes);
        constraints = List.copyOf(constraints);
    }

    /** Whether it holds rows itself. */
    public boolean isLeaf() {
        return partitionKey == null;
    }
}
