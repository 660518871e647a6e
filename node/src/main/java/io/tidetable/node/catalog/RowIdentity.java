package io.tidetable.node.catalog;

import io.tidetable.model.ReplicaIdentity;
import java.util.List;

/**
 * What an update or delete of a relation says about the row it means.
 *
 * @param setting the relation's REPLICA IDENTITY
 * @param columns what the setting amounts to: the columns of the key, all columns for FULL, none
 *     where updates and deletes cannot be published
 */
public record RowIdentity(ReplicaIdentity setting, List<String> columns) {
    public RowIdentity {
        columns = List.copyOf(columns);
    }

    /** Whether updates and deletes can be published. */
    public boolean isUsable() {
        return setting == ReplicaIdentity.FULL || !columns.isEmpty();
    }

    static RowIdentity of(
            ReplicaIdentity setting, List<IndexDefinition> indexes, List<String> allColumns) {
        return switch (setting) {
            case NOTHING -> new RowIdentity(setting, List.of());
            case FULL -> new RowIdentity(setting, allColumns);
            case DEFAULT ->
                    new RowIdentity(
                            setting,
                            indexes.stream()
                                    .filter(index -> index.primary() && index.identifiesRows())
                                    .findFirst()
                                    .map(IndexDefinition::columns)
                                    .orElse(List.of()));
            case INDEX ->
                    new RowIdentity(
                            setting,
                            indexes.stream()
                                    .filter(index -> index.replicaIdentity() && index.valid())
                                    .findFirst()
                                    .map(IndexDefinition::columns)
                                    .orElse(List.of()));
        };
    }
}
