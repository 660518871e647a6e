package io.tidetable.node.catalog;

import io.tidetable.model.TableId;
import java.util.List;

/**
 * A table that is to be made at a destination.
 *
 * @param sequences of the source that belong to it
 * @param placement where its changes will go
 */
record MissingTable(
        TableDefinition definition,
        List<SequenceDefinition> sequences,
        TableCreator.Placement placement) {
    MissingTable {
        sequences = List.copyOf(sequences);
    }

    TableId id() {
        return definition.id();
    }
}
