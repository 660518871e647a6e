package io.tidetable.node.catalog;

import io.tidetable.model.ReplicaIdentity;
import io.tidetable.model.TableId;
import io.tidetable.node.postgres.TextArrays;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads table definitions of one database, all in a handful of statements. */
final class CatalogReader {
    private final Connection connection;

    CatalogReader(Connection connection) {
        this.connection = connection;
    }

    /** Makes a value of a result's current row. */
    @FunctionalInterface
    private interface Read<T> {
        T from(ResultSet row) throws SQLException;
    }

    /** A row of {@link CatalogQueries#TABLES}. */
    private record Node(
            TableId id,
            int oid,
            int root,
            int depth,
            String kind,
            TableDefinition.Persistence persistence,
            String owner,
            ReplicaIdentity identity,
            boolean rowSecurity,
            boolean rowSecurityForced,
            StorageEstimate storage,
            @Nullable TableId parent,
            @Nullable String bound,
            @Nullable String key,
            List<TableId> inherits,
            boolean hasHeirs) {}

    List<Relation> relations() throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(CatalogQueries.RELATIONS)) {
            return relations(statement);
        }
    }

    /** Those of the names that are there; what it costs does not grow with what else is there. */
    List<Relation> relations(Collection<TableId> names) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(CatalogQueries.RELATIONS_NAMED)) {
            TextArrays.setNames(statement, 1, names);
            return relations(statement);
        }
    }

    private static List<Relation> relations(PreparedStatement statement) throws SQLException {
        List<Relation> relations = new ArrayList<>();
        try (ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                relations.add(
                        new Relation(
                                new TableId(row.getString("nspname"), row.getString("relname")),
                                (int) row.getLong("oid"),
                                RelationKind.of(row.getString("kind")),
                                row.getBoolean("relispartition"),
                                row.getBoolean("temporary"),
                                row.getString("extname")));
            }
        }
        return relations;
    }

    /** The definitions of relations that are tables and no partitions. */
    List<TableDefinition> tables(Collection<Relation> roots) throws SQLException {
        Map<Integer, Relation> byOid = new HashMap<>();
        roots.forEach(root -> byOid.put(root.oid(), root));
        List<Node> nodes = new ArrayList<>();
        forEach(CatalogQueries.TABLES, byOid.keySet(), row -> nodes.add(node(row)));
        List<Integer> all = nodes.stream().map(Node::oid).toList();
        Parts parts =
                new Parts(
                        grouped(CatalogQueries.COLUMNS, byOid.keySet(), CatalogReader::column),
                        grouped(CatalogQueries.INDEXES, all, CatalogReader::index),
                        grouped(CatalogQueries.CONSTRAINTS, all, CatalogReader::constraint));
        Map<Integer, List<Node>> partitions = new HashMap<>();
        for (Node node : nodes) {
            if (node.depth() > 0) {
                partitions.computeIfAbsent(node.root(), _ -> new ArrayList<>()).add(node);
            }
        }
        List<TableDefinition> tables = new ArrayList<>();
        for (Node node : nodes) {
            Relation relation = byOid.get(node.oid());
            if (node.depth() == 0 && relation != null) {
                tables.add(
                        table(
                                node,
                                relation.extension(),
                                partitions.getOrDefault(node.oid(), List.of()),
                                parts));
            }
        }
        tables.sort(java.util.Comparator.comparing(TableDefinition::id));
        return tables;
    }

    /** What belongs to relations, by the relation's OID. */
    private record Parts(
            Map<Integer, List<ColumnDefinition>> columns,
            Map<Integer, List<IndexDefinition>> indexes,
            Map<Integer, List<ConstraintDefinition>> constraints) {
        List<ColumnDefinition> columnsOf(Node node) {
            return columns.getOrDefault(node.oid(), List.of());
        }

        List<IndexDefinition> indexesOf(Node node) {
            return indexes.getOrDefault(node.oid(), List.of());
        }

        List<ConstraintDefinition> constraintsOf(Node node) {
            return constraints.getOrDefault(node.oid(), List.of());
        }
    }

    private static TableDefinition table(
            Node node, @Nullable String extension, List<Node> partitions, Parts parts) {
        List<String> names =
                parts.columnsOf(node).stream()
                        .filter(column -> !column.isGenerated())
                        .map(ColumnDefinition::name)
                        .toList();
        return new TableDefinition(
                node.id(),
                node.oid(),
                node.persistence(),
                node.owner(),
                RowIdentity.of(node.identity(), parts.indexesOf(node), names),
                parts.columnsOf(node),
                parts.indexesOf(node),
                parts.constraintsOf(node),
                node.key(),
                partitions.stream().map(partition -> partition(partition, names, parts)).toList(),
                node.inherits(),
                node.hasHeirs(),
                node.rowSecurity(),
                node.rowSecurityForced(),
                extension,
                node.storage());
    }

    private static PartitionDefinition partition(Node node, List<String> columns, Parts parts) {
        TableId parent = node.parent();
        String bound = node.bound();
        if (parent == null || bound == null) {
            throw new IllegalStateException("partition " + node.id() + " has no parent");
        }
        List<IndexDefinition> indexes = parts.indexesOf(node);
        return new PartitionDefinition(
                node.id(),
                node.oid(),
                RelationKind.of(node.kind()),
                parent,
                bound,
                node.key(),
                RowIdentity.of(node.identity(), indexes, columns),
                indexes.stream().filter(index -> !index.attached()).toList(),
                parts.constraintsOf(node),
                node.storage());
    }

    private static Node node(ResultSet row) throws SQLException {
        String parent = row.getString("parent");
        return new Node(
                new TableId(row.getString("nspname"), row.getString("relname")),
                (int) row.getLong("oid"),
                (int) row.getLong("root"),
                row.getInt("depth"),
                row.getString("kind"),
                switch (row.getString("persistence")) {
                    case "u" -> TableDefinition.Persistence.UNLOGGED;
                    case "t" -> TableDefinition.Persistence.TEMPORARY;
                    default -> TableDefinition.Persistence.PERMANENT;
                },
                row.getString("owner"),
                ReplicaIdentity.of(row.getString("identity").charAt(0)),
                row.getBoolean("relrowsecurity"),
                row.getBoolean("relforcerowsecurity"),
                new StorageEstimate(
                        row.getLong("relpages"), row.getLong("tuples"), row.getLong("file")),
                parent == null ? null : new TableId(row.getString("parent_namespace"), parent),
                row.getString("bound"),
                row.getString("key"),
                heritage(row),
                row.getBoolean("has_heirs"));
    }

    private static List<TableId> heritage(ResultSet row) throws SQLException {
        Array namespaces = row.getArray("inherited_namespaces");
        Array names = row.getArray("inherited_names");
        if (namespaces == null || names == null) {
            return List.of();
        }
        String[] first = (String[]) namespaces.getArray();
        String[] second = (String[]) names.getArray();
        List<TableId> tables = new ArrayList<>();
        for (int i = 0; i < first.length; i++) {
            tables.add(new TableId(first[i], second[i]));
        }
        return tables;
    }

    private static ColumnDefinition column(ResultSet row) throws SQLException {
        return new ColumnDefinition(
                row.getString("attname"),
                row.getInt("attnum"),
                row.getString("type"),
                (int) row.getLong("type_oid"),
                row.getInt("atttypmod"),
                row.getBoolean("not_null"),
                row.getString("expression"),
                switch (row.getString("generated")) {
                    case "s" -> ColumnDefinition.Generation.STORED;
                    case "v" -> ColumnDefinition.Generation.VIRTUAL;
                    default -> ColumnDefinition.Generation.NONE;
                },
                switch (row.getString("identity")) {
                    case "a" -> ColumnDefinition.Identity.ALWAYS;
                    case "d" -> ColumnDefinition.Identity.BY_DEFAULT;
                    default -> ColumnDefinition.Identity.NONE;
                },
                row.getString("collation"),
                row.getBoolean("atthasmissing"));
    }

    private static IndexDefinition index(ResultSet row) throws SQLException {
        Array columns = row.getArray("columns");
        String statement = row.getString("statement");
        return new IndexDefinition(
                row.getString("relname"),
                row.getBoolean("indisunique"),
                row.getBoolean("indisprimary"),
                row.getBoolean("indisexclusion"),
                row.getBoolean("indimmediate"),
                row.getBoolean("valid"),
                row.getBoolean("partial"),
                row.getBoolean("expressions"),
                row.getBoolean("indisreplident"),
                columns == null ? List.of() : List.of((String[]) columns.getArray()),
                row.getString("conname"),
                row.getBoolean("attached"),
                statement == null ? "" : statement);
    }

    private static ConstraintDefinition constraint(ResultSet row) throws SQLException {
        String referenced = row.getString("referenced");
        return new ConstraintDefinition(
                row.getString("conname"),
                switch (row.getString("kind")) {
                    case "p" -> ConstraintDefinition.Kind.PRIMARY_KEY;
                    case "u" -> ConstraintDefinition.Kind.UNIQUE;
                    case "x" -> ConstraintDefinition.Kind.EXCLUSION;
                    case "c" -> ConstraintDefinition.Kind.CHECK;
                    default -> ConstraintDefinition.Kind.FOREIGN_KEY;
                },
                row.getString("definition"),
                referenced == null
                        ? null
                        : new TableId(row.getString("referenced_namespace"), referenced));
    }

    /** A sequence, and why it was found. */
    record FoundSequence(SequenceDefinition sequence, boolean belongs, boolean freeStanding) {}

    /**
     * All sequences of the database.
     *
     * @param tables OIDs of the tables whose sequences are marked as belonging
     */
    List<FoundSequence> sequences(Collection<Integer> tables) throws SQLException {
        List<FoundSequence> sequences = new ArrayList<>();
        forEach(CatalogQueries.SEQUENCES, tables, row -> sequences.add(sequence(row)));
        return sequences;
    }

    private static FoundSequence sequence(ResultSet row) throws SQLException {
        String owner = row.getString("owner");
        return new FoundSequence(
                new SequenceDefinition(
                        new TableId(row.getString("nspname"), row.getString("relname")),
                        row.getString("type"),
                        row.getLong("seqstart"),
                        row.getLong("seqmin"),
                        row.getLong("seqmax"),
                        row.getLong("seqincrement"),
                        row.getLong("seqcache"),
                        row.getBoolean("seqcycle"),
                        owner == null
                                ? null
                                : new SequenceDefinition.OwnerColumn(
                                        new TableId(row.getString("owner_namespace"), owner),
                                        row.getString("owner_column")),
                        row.getBoolean("identity")),
                row.getBoolean("belongs"),
                row.getBoolean("free_standing"));
    }

    private <T> Map<Integer, List<T>> grouped(String query, Collection<Integer> oids, Read<T> read)
            throws SQLException {
        Map<Integer, List<T>> groups = new HashMap<>();
        forEach(
                query,
                oids,
                row ->
                        groups.computeIfAbsent(
                                        (int) row.getLong("relation"), _ -> new ArrayList<>())
                                .add(read.from(row)));
        return groups;
    }

    private void forEach(String query, Collection<Integer> oids, Read<?> each) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(query)) {
            Long[] wanted = oids.stream().map(Integer::toUnsignedLong).toArray(Long[]::new);
            statement.setArray(1, connection.createArrayOf("int8", wanted));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    each.from(row);
                }
            }
        }
    }
}
