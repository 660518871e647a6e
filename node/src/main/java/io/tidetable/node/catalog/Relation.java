package io.tidetable.node.catalog;

import io.tidetable.model.TableId;
import org.jspecify.annotations.Nullable;

/**
 * Name and kind of anything that can be read like a table.
 *
 * @param partition whether it is a partition of another table
 */
public record Relation(
        TableId id,
        int oid,
        RelationKind kind,
        boolean partition,
        boolean temporary,
        @Nullable String extension) {}
