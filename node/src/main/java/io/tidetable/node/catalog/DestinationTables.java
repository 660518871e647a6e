package io.tidetable.node.catalog;

import io.tidetable.model.TableId;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The tables that a destination has already. Connections as for {@link SourceCatalog}. */
public final class DestinationTables {
    private DestinationTables() {}

    /** The definitions of those of the given tables that are there; partitions are not found. */
    public static Map<TableId, TableDefinition> read(
            Connection destination, Collection<TableId> tables) throws SQLException {
        return OneCatalogState.read(
                destination,
                () -> {
                    CatalogReader reader = new CatalogReader(destination);
                    List<Relation> found =
                            reader.relations(tables).stream()
                                    .filter(relation -> relation.kind().isTable())
                                    .toList();
                    Map<TableId, TableDefinition> definitions = new HashMap<>();
                    reader.tables(found).forEach(table -> definitions.put(table.id(), table));
                    return definitions;
                });
    }
}
