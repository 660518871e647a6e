package io.tidetable.node.check;

import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.node.catalog.ColumnDefinition;
import io.tidetable.node.catalog.PartitionDefinition;
import io.tidetable.node.catalog.TableDefinition;
import io.tidetable.node.types.PostgresType;
import io.tidetable.node.types.TypeForm;
import io.tidetable.node.types.TypeMapping;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Finds what keeps tables from being created at a destination. */
final class CreationChecks {
    private static final String EXTENSIONS =
            """
            SELECT name, bool_and(superuser) AS superuser, bool_or(trusted) AS trusted
            FROM pg_available_extension_versions GROUP BY name
            """;

    private final DestinationId id;
    private final DestinationFacts facts;
    private final Findings findings;

    CreationChecks(DestinationId id, DestinationFacts facts, Findings findings) {
        this.id = id;
        this.facts = facts;
        this.findings = findings;
    }

    /** Who may install an extension. */
    private record Installation(boolean superuser, boolean trusted) {}

    void run(Connection destination, TypeMapping mapping, List<TableDefinition> missing)
            throws SQLException {
        checkNamespaces(missing);
        Map<String, TableId> needed = new TreeMap<>();
        Set<Integer> seen = new HashSet<>();
        for (TableDefinition table : missing) {
            for (ColumnDefinition column : table.columns()) {
                collect(mapping, column.typeOid(), table.id(), needed, seen);
            }
        }
        if (!needed.isEmpty()) {
            Map<String, Installation> available = available(destination);
            needed.forEach((extension, table) -> check(extension, table, available));
        }
    }

    private void checkNamespaces(List<TableDefinition> missing) {
        Set<String> absent = new TreeSet<>();
        Set<String> closed = new TreeSet<>();
        for (TableDefinition table : missing) {
            place(table.id().namespace(), absent, closed);
            for (PartitionDefinition partition : table.partitions()) {
                place(partition.id().namespace(), absent, closed);
            }
        }
        String role = TableId.quote(facts.server().role());
        if (!absent.isEmpty() && !facts.server().createsInDatabase()) {
            String names = quoted(absent);
            findings.error(
                    Check.DESTINATION_CREATE,
                    id.name(),
                    "the PostgreSQL schema(s) %s are missing at the destination and the role may not create them; as a superuser: %s"
                            .formatted(
                                    names,
                                    absent.stream()
                                            .map(name ->
                                                    "CREATE SCHEMA %s AUTHORIZATION %s;"
                                                            .formatted(TableId.quote(name), role))
                                            .collect(Collectors.joining(" "))));
        }
        if (!closed.isEmpty()) {
            findings.error(
                    Check.DESTINATION_CREATE,
                    id.name(),
                    "tables are missing at the destination and the role may not create them; GRANT USAGE, CREATE ON SCHEMA %s TO %s, or create the tables"
                            .formatted(quoted(closed), role));
        }
    }

    private void place(String namespace, Set<String> absent, Set<String> closed) {
        Boolean creates = facts.namespaces().get(namespace);
        if (creates == null) {
            absent.add(namespace);
        } else if (!creates) {
            closed.add(namespace);
        }
    }

    private static String quoted(Set<String> names) {
        return names.stream().map(TableId::quote).collect(Collectors.joining(", "));
    }

    private static void collect(
            TypeMapping mapping,
            int oid,
            TableId table,
            Map<String, TableId> needed,
            Set<Integer> seen) {
        PostgresType type = mapping.source().find(oid).orElse(null);
        if (type == null || !seen.add(oid) || mapping.destination(oid).isPresent()) {
            return;
        }
        if (type.extension() != null) {
            needed.putIfAbsent(type.extension(), table);
            return;
        }
        switch (type.form()) {
            case TypeForm.Array array -> collect(mapping, array.elementOid(), table, needed, seen);
            case TypeForm.Domain domain -> collect(mapping, domain.baseOid(), table, needed, seen);
            case TypeForm.Range range -> collect(mapping, range.subtypeOid(), table, needed, seen);
            case TypeForm.Multirange multirange ->
                    collect(mapping, multirange.rangeOid(), table, needed, seen);
            case TypeForm.Composite composite ->
                    composite
                            .fields()
                            .forEach(field ->
                                    collect(mapping, field.typeOid(), table, needed, seen));
            case TypeForm.Scalar _,
                    TypeForm.Enumeration _,
                    TypeForm.ObjectReference _,
                    TypeForm.Pseudo _ -> {}
        }
    }

    private static Map<String, Installation> available(Connection destination) throws SQLException {
        Map<String, Installation> available = new HashMap<>();
        try (Statement statement = destination.createStatement();
                ResultSet row = statement.executeQuery(EXTENSIONS)) {
            while (row.next()) {
                available.put(
                        row.getString("name"),
                        new Installation(row.getBoolean("superuser"), row.getBoolean("trusted")));
            }
        }
        return available;
    }

    private void check(String extension, TableId table, Map<String, Installation> available) {
        Installation installation = available.get(extension);
        ServerFacts server = facts.server();
        if (installation == null) {
            findings.error(
                    Check.EXTENSION,
                    id.name() + "/" + table,
                    "the table has a column of extension %s, which the destination's server does not have; install its package there, then CREATE EXTENSION %s"
                            .formatted(extension, TableId.quote(extension)));
        } else if (!server.superuser()
                && ((installation.superuser() && !installation.trusted())
                        || !server.createsInDatabase())) {
            findings.error(
                    Check.EXTENSION,
                    id.name() + "/" + table,
                    "the table has a column of extension %s, which is not installed at the destination and which the role may not install; as a superuser: CREATE EXTENSION %s"
                            .formatted(extension, TableId.quote(extension)));
        }
    }
}
