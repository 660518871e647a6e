package io.tidetable.node.check;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * What a server says about itself and about the role that asks.
 *
 * @param version as PostgreSQL numbers it: 180001 is 18.1
 * @param clusterAndDatabase the same for two connections to one database only
 * @param replicates whether the role may stream
 */
record ServerFacts(
        int version,
        boolean standby,
        boolean readOnly,
        String encoding,
        String clusterAndDatabase,
        String database,
        String role,
        boolean superuser,
        boolean replicates,
        boolean createsInDatabase) {
    private static final String FACTS =
            """
            SELECT current_setting('server_version_num')::int AS version,
                pg_is_in_recovery() AS standby,
                current_setting('default_transaction_read_only')::boolean AS read_only,
                current_setting('server_encoding') AS encoding,
                (SELECT system_identifier FROM pg_control_system())::text || '/'
                    || (SELECT oid FROM pg_database WHERE datname = current_database())
                    AS cluster_and_database,
                current_database() AS database, current_user AS role, r.rolsuper,
                r.rolsuper OR r.rolreplication OR EXISTS (SELECT FROM pg_roles m
                    WHERE m.rolname = 'rds_replication' AND pg_has_role(m.oid, 'MEMBER'))
                    AS replicates,
                has_database_privilege(current_database(), 'CREATE') AS creates
            FROM pg_roles r WHERE r.rolname = current_user
            """;

    static ServerFacts read(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(FACTS)) {
            row.next();
            return new ServerFacts(
                    row.getInt("version"),
                    row.getBoolean("standby"),
                    row.getBoolean("read_only"),
                    row.getString("encoding"),
                    row.getString("cluster_and_database"),
                    row.getString("database"),
                    row.getString("role"),
                    row.getBoolean("rolsuper"),
                    row.getBoolean("replicates"),
                    row.getBoolean("creates"));
        }
    }

    int major() {
        return version / 10_000;
    }

    int minor() {
        return version % 10_000;
    }

    String versionText() {
        return major() + "." + minor();
    }
}
