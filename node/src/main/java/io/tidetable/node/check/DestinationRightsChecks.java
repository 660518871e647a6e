package io.tidetable.node.check;

import io.tidetable.model.Consistency;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.node.catalog.TableDefinition;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Finds what the role may not do, and what would act by itself, in a destination's tables. */
final class DestinationRightsChecks {
    private static final String RIGHTS =
            """
            SELECT n.nspname, c.relname, row_security_active(c.oid) AS row_security,
                has_schema_privilege(n.oid, 'USAGE') AS enters,
                has_table_privilege(c.oid, 'SELECT') AS reads,
                array_remove(ARRAY[
                    CASE WHEN NOT has_table_privilege(c.oid, 'SELECT') THEN 'SELECT' END,
                    CASE WHEN NOT has_table_privilege(c.oid, 'INSERT') THEN 'INSERT' END,
                    CASE WHEN NOT has_table_privilege(c.oid, 'UPDATE') THEN 'UPDATE' END,
                    CASE WHEN NOT has_table_privilege(c.oid, 'DELETE') THEN 'DELETE' END,
                    CASE WHEN NOT has_table_privilege(c.oid, 'TRUNCATE') THEN 'TRUNCATE' END],
                    NULL) AS lacking
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.oid = ANY (?::bigint[]::oid[])
            ORDER BY n.nspname, c.relname
            """;

    private static final String TRIGGERS =
            """
            SELECT n.nspname, c.relname, t.tgname, t.tgenabled::text AS enabled
            FROM pg_trigger t
                JOIN pg_class c ON c.oid = t.tgrelid
                JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND t.tgrelid = ANY (?::bigint[]::oid[])
            ORDER BY n.nspname, c.relname, t.tgname
            """;

    private static final String FOREIGN_KEYS =
            """
            SELECT n.nspname, c.relname, con.conname, rn.nspname AS referenced_namespace,
                r.relname AS referenced
            FROM pg_constraint con
                JOIN pg_class c ON c.oid = con.conrelid
                JOIN pg_namespace n ON n.oid = c.relnamespace
                JOIN pg_class r ON r.oid = con.confrelid
                JOIN pg_namespace rn ON rn.oid = r.relnamespace
            WHERE con.contype = 'f' AND con.conparentid = 0
                AND (con.conrelid = ANY (?::bigint[]::oid[])
                    OR con.confrelid = ANY (?::bigint[]::oid[]))
            ORDER BY n.nspname, c.relname, con.conname
            """;

    private final DestinationId id;
    private final DestinationFacts facts;
    private final CheckRequest request;
    private final Findings findings;

    DestinationRightsChecks(
            DestinationId id, DestinationFacts facts, CheckRequest request, Findings findings) {
        this.id = id;
        this.facts = facts;
        this.request = request;
        this.findings = findings;
    }

    /** Checks, and says which of the tables the role may read. */
    Set<TableId> run(Connection destination, List<TableDefinition> there) throws SQLException {
        List<Long> oids = new ArrayList<>();
        List<Long> withPartitions = new ArrayList<>();
        for (TableDefinition table : there) {
            oids.add(Integer.toUnsignedLong(table.oid()));
            withPartitions.add(Integer.toUnsignedLong(table.oid()));
            table.leaves().forEach(leaf -> withPartitions.add(Integer.toUnsignedLong(leaf.oid())));
        }
        Set<TableId> readable = checkRights(destination, oids);
        checkTriggers(destination, withPartitions);
        if (!facts.switchesTriggersOff()) {
            checkForeignKeys(destination, oids);
        }
        return readable;
    }

    private String subject(TableId table) {
        return id.name() + "/" + table;
    }

    private static TableId table(ResultSet row) throws SQLException {
        return new TableId(row.getString("nspname"), row.getString("relname"));
    }

    private Set<TableId> checkRights(Connection destination, List<Long> oids) throws SQLException {
        Set<TableId> readable = new TreeSet<>();
        String role = TableId.quote(facts.server().role());
        try (PreparedStatement statement = destination.prepareStatement(RIGHTS)) {
            statement.setArray(1, destination.createArrayOf("int8", oids.toArray()));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    TableId table = table(row);
                    String[] lacking = (String[]) row.getArray("lacking").getArray();
                    if (row.getBoolean("enters") && row.getBoolean("reads")) {
                        readable.add(table);
                    }
                    if (!row.getBoolean("enters")) {
                        findings.error(
                                Check.DESTINATION_PRIVILEGES,
                                subject(table),
                                "the role may not use the table's PostgreSQL schema; there: GRANT USAGE ON SCHEMA %s TO %s"
                                        .formatted(TableId.quote(table.namespace()), role));
                    }
                    if (lacking.length > 0) {
                        findings.error(
                                Check.DESTINATION_PRIVILEGES,
                                subject(table),
                                "the role may not write the table as its changes need; there: GRANT %s ON %s TO %s"
                                        .formatted(
                                                String.join(", ", lacking), table.quoted(), role));
                    }
                    if (row.getBoolean("row_security")) {
                        findings.error(
                                Check.DESTINATION_ROW_SECURITY,
                                subject(table),
                                "row level security hides rows of the destination's table from the role, so updates would miss them; as a superuser there: ALTER ROLE %s BYPASSRLS"
                                        .formatted(role));
                    }
                }
            }
        }
        return readable;
    }

    private void checkTriggers(Connection destination, List<Long> oids) throws SQLException {
        try (PreparedStatement statement = destination.prepareStatement(TRIGGERS)) {
            statement.setArray(1, destination.createArrayOf("int8", oids.toArray()));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    checkTrigger(table(row), row.getString("tgname"), row.getString("enabled"));
                }
            }
        }
    }

    private void checkTrigger(TableId table, String trigger, String enabled) {
        boolean inReplica = enabled.equals("A") || enabled.equals("R");
        if (facts.switchesTriggersOff()) {
            if (inReplica) {
                findings.warning(
                        Check.TRIGGERS,
                        subject(table),
                        "trigger %s is enabled for replicated changes and will fire for each of them at the destination; if it is not meant to: ALTER TABLE %s ENABLE TRIGGER %s"
                                .formatted(trigger, table.quoted(), TableId.quote(trigger)));
            }
        } else if (!enabled.equals("R")) {
            findings.error(
                    Check.TRIGGERS,
                    subject(table),
                    "trigger %s would act on every replicated change a second time, and the role may not switch it off for itself; there: ALTER TABLE %s DISABLE TRIGGER %s, or %s"
                            .formatted(
                                    trigger,
                                    table.quoted(),
                                    TableId.quote(trigger),
                                    grantReplicationRole()));
        }
    }

    private String grantReplicationRole() {
        String role = TableId.quote(facts.server().role());
        return facts.server().major() >= 15
                ? "as a superuser: GRANT SET ON PARAMETER session_replication_role TO " + role
                : "as a superuser: ALTER ROLE " + role + " SET session_replication_role = replica";
    }

    private void checkForeignKeys(Connection destination, List<Long> oids) throws SQLException {
        try (PreparedStatement statement = destination.prepareStatement(FOREIGN_KEYS)) {
            Array wanted = destination.createArrayOf("int8", oids.toArray());
            statement.setArray(1, wanted);
            statement.setArray(2, wanted);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    TableId table = table(row);
                    TableId referenced =
                            new TableId(
                                    row.getString("referenced_namespace"),
                                    row.getString("referenced"));
                    if (!shareALane(table, referenced)) {
                        findings.error(
                                Check.FOREIGN_KEYS,
                                subject(table),
                                "foreign key %s to %s would refuse rows whose counterpart comes a moment later, and the role may not switch it off for itself; there: ALTER TABLE %s DROP CONSTRAINT %s, or give both tables one consistency group, or %s"
                                        .formatted(
                                                row.getString("conname"),
                                                referenced,
                                                table.quoted(),
                                                TableId.quote(row.getString("conname")),
                                                grantReplicationRole()));
                    }
                }
            }
        }
    }

    /** Whether two tables' changes are applied in one order. */
    private boolean shareALane(TableId one, TableId other) {
        if (!facts.tables().containsKey(one) || !facts.tables().containsKey(other)) {
            return false;
        }
        Consistency first = request.wishes().apply(one).consistency();
        Consistency second = request.wishes().apply(other).consistency();
        return switch (first) {
            case Consistency.Strict _, Consistency.Group _ -> first.equals(second);
            case Consistency.Table _ -> one.equals(other);
            case Consistency.Key _ -> false;
        };
    }
}
