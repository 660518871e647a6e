package io.tidetable.node.check;

import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.node.catalog.TableDefinition;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Finds what the role may not do with the selected tables of a source. */
final class SourceRightsChecks {
    /** Of the tables and, for reading, their partitions. */
    private static final String RIGHTS =
            """
            SELECT wanted.oid::bigint AS oid, n.nspname, c.relname,
                pg_has_role(c.relowner, 'USAGE') AS owner,
                pg_get_userbyid(c.relowner) AS owner_name,
                has_table_privilege(c.oid, 'SELECT') AS reads,
                has_schema_privilege(n.oid, 'USAGE') AS enters,
                row_security_active(c.oid) AS row_security
            FROM unnest(?::bigint[]::oid[]) AS wanted(oid)
                JOIN pg_class c ON c.oid = wanted.oid
                JOIN pg_namespace n ON n.oid = c.relnamespace
            ORDER BY n.nspname, c.relname
            """;

    private static final String PUBLISHED =
            """
            SELECT p.pubname, pg_has_role(p.pubowner, 'USAGE') AS ours, t.schemaname, t.tablename
            FROM pg_publication p LEFT JOIN pg_publication_tables t ON t.pubname = p.pubname
            WHERE p.pubname = ANY (?)
            """;

    private final CheckRequest request;
    private final Findings findings;

    SourceRightsChecks(CheckRequest request, Findings findings) {
        this.request = request;
        this.findings = findings;
    }

    void run(Connection source, ServerFacts server, List<TableDefinition> tables)
            throws SQLException {
        Set<Integer> roots = new HashSet<>();
        List<Long> relations = new ArrayList<>();
        for (TableDefinition table : tables) {
            roots.add(table.oid());
            relations.add(Integer.toUnsignedLong(table.oid()));
            table.leaves().stream()
                    .filter(leaf -> leaf.oid() != table.oid())
                    .forEach(leaf -> relations.add(Integer.toUnsignedLong(leaf.oid())));
        }
        Set<TableId> foreign = new HashSet<>();
        Set<String> owners = new TreeSet<>();
        Set<String> unreadable = new TreeSet<>();
        Set<String> closed = new TreeSet<>();
        try (PreparedStatement statement = source.prepareStatement(RIGHTS)) {
            statement.setArray(1, source.createArrayOf("int8", relations.toArray()));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    TableId id = new TableId(row.getString("nspname"), row.getString("relname"));
                    if (!row.getBoolean("owner") && roots.contains((int) row.getLong("oid"))) {
                        foreign.add(id);
                        owners.add(row.getString("owner_name"));
                    }
                    if (!row.getBoolean("reads")) {
                        unreadable.add(id.quoted());
                    }
                    if (!row.getBoolean("enters")) {
                        closed.add(TableId.quote(id.namespace()));
                    }
                    if (row.getBoolean("row_security")) {
                        rowSecurity(id, server);
                    }
                }
            }
        }
        checkReading(server, unreadable, closed);
        checkPublications(
                source, server, tables.stream().map(TableDefinition::id).toList(), foreign, owners);
    }

    private void rowSecurity(TableId table, ServerFacts server) {
        findings.error(
                Check.SOURCE_ROW_SECURITY,
                table.toString(),
                "row level security hides rows of the table from the role %s, so a copy would not be whole; as a superuser: ALTER ROLE %s BYPASSRLS"
                        .formatted(server.role(), TableId.quote(server.role())));
    }

    private void checkReading(ServerFacts server, Set<String> unreadable, Set<String> closed) {
        String role = TableId.quote(server.role());
        if (!closed.isEmpty()) {
            findings.error(
                    Check.SOURCE_PRIVILEGES,
                    "role " + server.role(),
                    "the role may not use the PostgreSQL schema(s) it is to copy from: GRANT USAGE ON SCHEMA %s TO %s"
                            .formatted(String.join(", ", closed), role));
        }
        if (!unreadable.isEmpty()) {
            findings.error(
                    Check.SOURCE_PRIVILEGES,
                    "role " + server.role(),
                    "the role may not read %d table(s) it is to copy: GRANT SELECT ON %s TO %s"
                            .formatted(unreadable.size(), String.join(", ", unreadable), role));
        }
    }

    private void checkPublications(
            Connection source,
            ServerFacts server,
            List<TableId> tables,
            Set<TableId> foreign,
            Set<String> owners)
            throws SQLException {
        Map<String, Set<TableId>> published = new TreeMap<>();
        Set<String> notOurs = new TreeSet<>();
        readPublications(source, published, notOurs);
        Map<Track, List<TableId>> missing = new TreeMap<>();
        for (Track track : request.tracks()) {
            String name = request.slotName(track);
            List<TableId> onTrack =
                    tables.stream()
                            .filter(t -> request.wishes().apply(t).track() == track)
                            .toList();
            boolean exists = published.containsKey(name);
            List<TableId> lacking;
            if (!exists) {
                boolean needsOthers =
                        !server.createsInDatabase() || onTrack.stream().anyMatch(foreign::contains);
                lacking = needsOthers ? onTrack : List.of();
            } else {
                Set<TableId> in = published.getOrDefault(name, Set.of());
                lacking =
                        onTrack.stream()
                                .filter(t -> !in.contains(t))
                                .filter(t -> notOurs.contains(name) || foreign.contains(t))
                                .toList();
            }
            if (!lacking.isEmpty() || (!exists && !server.createsInDatabase())) {
                missing.put(track, lacking);
            }
        }
        if (!missing.isEmpty()) {
            findings.error(
                    Check.PUBLICATION_RIGHTS,
                    "role " + server.role(),
                    sentence(server, missing, published, owners));
        } else if (!foreign.isEmpty() || !notOurs.isEmpty()) {
            findings.warning(
                    Check.PUBLICATION_RIGHTS,
                    "role " + server.role(),
                    "the publications were made by another role, so tables cannot change their track while replication runs, and new tables are to be added to the publications by hand");
        }
    }

    private void readPublications(
            Connection source, Map<String, Set<TableId>> published, Set<String> notOurs)
            throws SQLException {
        try (PreparedStatement statement = source.prepareStatement(PUBLISHED)) {
            statement.setArray(
                    1,
                    source.createArrayOf(
                            "text",
                            request.tracks().stream()
                                    .map(request::slotName)
                                    .toArray(String[]::new)));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    String name = row.getString("pubname");
                    Set<TableId> tables = published.computeIfAbsent(name, _ -> new HashSet<>());
                    if (row.getString("tablename") != null) {
                        tables.add(
                                new TableId(
                                        row.getString("schemaname"), row.getString("tablename")));
                    }
                    if (!row.getBoolean("ours")) {
                        notOurs.add(name);
                    }
                }
            }
        }
    }

    private String sentence(
            ServerFacts server,
            Map<Track, List<TableId>> missing,
            Map<String, Set<TableId>> published,
            Set<String> owners) {
        List<String> statements = new ArrayList<>();
        missing.forEach((track, tables) -> {
            String name = TableId.quote(request.slotName(track));
            String list = tables.stream().map(TableId::quoted).collect(Collectors.joining(", "));
            if (published.containsKey(request.slotName(track))) {
                statements.add("ALTER PUBLICATION %s ADD TABLE %s;".formatted(name, list));
            } else {
                statements.add(
                        "CREATE PUBLICATION %s%s WITH (publish_via_partition_root = true);"
                                .formatted(name, tables.isEmpty() ? "" : " FOR TABLE " + list));
            }
        });
        String what =
                owners.isEmpty()
                        ? "the role may not create publications in database %s; as its owner: GRANT CREATE ON DATABASE %s TO %s"
                                .formatted(
                                        server.database(),
                                        TableId.quote(server.database()),
                                        TableId.quote(server.role()))
                        : "only a table's owner may publish it, and the role is no member of %s; as a superuser: GRANT %s TO %s"
                                .formatted(
                                        String.join(", ", owners),
                                        owners.stream()
                                                .map(TableId::quote)
                                                .collect(Collectors.joining(", ")),
                                        TableId.quote(server.role()));
        return what
                + ". Or let an owner or superuser run, which rules out moving tables between tracks: "
                + String.join(" ", statements);
    }
}
