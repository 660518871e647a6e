package io.tidetable.node.catalog;

import io.tidetable.model.TableId;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * What a source database holds, read in a handful of catalog queries however many tables there are.
 * Every method takes a connection of {@link io.tidetable.node.postgres.Database#connect}, whose
 * search path makes PostgreSQL qualify all names, and reads one state of the catalog.
 */
public final class SourceCatalog {
    private SourceCatalog() {}

    /** Everything that can be read like a table, outside of PostgreSQL's own and ours. */
    public static List<Relation> relations(Connection source) throws SQLException {
        return new CatalogReader(source).relations();
    }

    /** The ordinary and partitioned tables that a selection means, by name. */
    public static List<TableDefinition> tables(Connection source, TableSelection selection)
            throws SQLException {
        return OneCatalogState.read(
                source,
                () -> {
                    CatalogReader reader = new CatalogReader(source);
                    return reader.tables(selected(reader.relations(), selection));
                });
    }

    /**
     * The ordinary and partitioned tables that have these names, by name. What it costs does not
     * grow with what else is there.
     */
    public static List<TableDefinition> named(Connection source, Collection<TableId> names)
            throws SQLException {
        return OneCatalogState.read(
                source,
                () -> {
                    CatalogReader reader = new CatalogReader(source);
                    return reader.tables(
                            reader.relations(names).stream()
                                    .filter(SourceCatalog::isReplicable)
                                    .toList());
                });
    }

    /** The relations that a selection means and that can be replicated, by name. */
    public static List<Relation> selected(List<Relation> relations, TableSelection selection) {
        return relations.stream()
                .filter(SourceCatalog::isReplicable)
                .filter(relation ->
                        relation.extension() == null
                                ? selection.selects(relation.id())
                                : selection.selectsByName(relation.id()))
                .toList();
    }

    private static boolean isReplicable(Relation relation) {
        return !relation.partition() && relation.kind().isTable();
    }

    /**
     * The sequences of the tables' columns, those their defaults draw from, and the free-standing
     * ones whose name the selection means.
     */
    public static List<SequenceDefinition> sequences(
            Connection source, List<TableDefinition> tables, TableSelection selection)
            throws SQLException {
        List<SequenceDefinition> sequences = new ArrayList<>();
        for (var found :
                new CatalogReader(source)
                        .sequences(tables.stream().map(TableDefinition::oid).toList())) {
            boolean meant = found.freeStanding() && selection.selects(found.sequence().id());
            if (found.belongs() || meant) {
                sequences.add(found.sequence());
            }
        }
        return sequences;
    }
}
