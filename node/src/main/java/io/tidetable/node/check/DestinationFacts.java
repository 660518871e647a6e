package io.tidetable.node.check;

import io.tidetable.model.TableId;
import io.tidetable.node.catalog.DestinationTables;
import io.tidetable.node.catalog.Relation;
import io.tidetable.node.catalog.SourceCatalog;
import io.tidetable.node.catalog.TableDefinition;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a destination says about itself.
 *
 * @param switchesTriggersOff whether the role may set session_replication_role
 * @param relations everything that has a table's name, by name
 * @param tables definitions of the wanted tables that are there
 * @param managed the tables this pipeline has a record of
 * @param namespaces PostgreSQL schemas, with whether the role may create tables there
 * @param bookkeeping whether schema tidetable can be made or, where it is there, used
 */
record DestinationFacts(
        ServerFacts server,
        boolean switchesTriggersOff,
        Map<TableId, Relation> relations,
        Map<TableId, TableDefinition> tables,
        Set<TableId> managed,
        Map<String, Boolean> namespaces,
        boolean bookkeeping) {
    private static final String NAMESPACES =
            """
            SELECT nspname, has_schema_privilege(oid, 'CREATE') AS creates,
                has_schema_privilege(oid, 'USAGE') AS enters
            FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%'
            """;

    private static final String MANAGED =
            "SELECT namespace, name FROM tidetable.replicated_table WHERE pipeline = ?";

    private static final String MANAGED_READABLE =
            """
            SELECT coalesce(has_table_privilege(
                to_regclass('tidetable.replicated_table'), 'SELECT'), false)
            """;

    static DestinationFacts read(
            Connection destination, String pipeline, Collection<TableId> wanted)
            throws SQLException {
        ServerFacts server = ServerFacts.read(destination);
        Map<TableId, Relation> relations = new HashMap<>();
        for (Relation relation : SourceCatalog.relations(destination)) {
            relations.put(relation.id(), relation);
        }
        Map<String, Boolean> namespaces = new HashMap<>();
        boolean entersBookkeeping = false;
        boolean bookkeepingThere = false;
        try (Statement statement = destination.createStatement();
                ResultSet row = statement.executeQuery(NAMESPACES)) {
            while (row.next()) {
                String name = row.getString("nspname");
                namespaces.put(name, row.getBoolean("creates"));
                if (name.equals("tidetable")) {
                    bookkeepingThere = true;
                    entersBookkeeping = row.getBoolean("enters") && row.getBoolean("creates");
                }
            }
        }
        return new DestinationFacts(
                server,
                switchesTriggersOff(destination),
                relations,
                DestinationTables.read(destination, wanted),
                bookkeepingThere && entersBookkeeping ? managed(destination, pipeline) : Set.of(),
                namespaces,
                bookkeepingThere ? entersBookkeeping : server.createsInDatabase());
    }

    private static boolean switchesTriggersOff(Connection destination) throws SQLException {
        try (Statement statement = destination.createStatement();
                ResultSet row =
                        statement.executeQuery(
                                "SELECT current_setting('session_replication_role')")) {
            if (row.next() && row.getString(1).equals("replica")) {
                return true;
            }
        }
        destination.setAutoCommit(false);
        try (Statement statement = destination.createStatement()) {
            statement.execute("SET LOCAL session_replication_role = replica");
            return true;
        } catch (SQLException e) {
            if ("42501".equals(e.getSQLState())) {
                return false;
            }
            throw e;
        } finally {
            destination.rollback();
            destination.setAutoCommit(true);
        }
    }

    private static Set<TableId> managed(Connection destination, String pipeline)
            throws SQLException {
        Set<TableId> managed = new HashSet<>();
        try (Statement statement = destination.createStatement();
                ResultSet readable = statement.executeQuery(MANAGED_READABLE)) {
            if (!readable.next() || !readable.getBoolean(1)) {
                return managed;
            }
        }
        try (PreparedStatement statement = destination.prepareStatement(MANAGED)) {
            statement.setString(1, pipeline);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    managed.add(new TableId(row.getString(1), row.getString(2)));
                }
            }
        }
        return managed;
    }

    /** The wanted tables that are not there under any form. */
    List<TableDefinition> missing(List<TableDefinition> wanted) {
        return wanted.stream().filter(table -> !relations.containsKey(table.id())).toList();
    }
}
