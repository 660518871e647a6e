package io.tidetable.node.postgres;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Properties;
import org.postgresql.PGProperty;

/**
 * How to reach one PostgreSQL database. Makes connections with the session settings that the data
 * path relies on; never pools them.
 *
 * @param jdbcUrl without credentials
 * @param properties driver properties: user, password, sslmode and the like
 */
public record Database(String jdbcUrl, Map<String, String> properties) {
    /** Session settings under which text forms of values mean the same on both sides. */
    private static final String PORTABLE_SESSION =
            """
            SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres'; SET extra_float_digits = 3;
            SET timezone = 'UTC'; SET lc_monetary = 'C'; SET bytea_output = 'hex';
            SET xmloption = 'content'; SET search_path = pg_catalog;
            SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;
            SET lock_timeout = 0
            """;

    public Database {
        properties = Map.copyOf(properties);
    }

    /**
     * Opens a session in autocommit mode with {@code search_path = pg_catalog} (every name is to be
     * qualified) and all timeouts off.
     *
     * @param purpose shown as its application_name
     */
    public Connection connect(String purpose) throws SQLException {
        Properties all = driverProperties(purpose);
        Connection connection = DriverManager.getConnection(jdbcUrl, all);
        try (Statement statement = connection.createStatement()) {
            statement.execute(PORTABLE_SESSION);
            if (connection.getMetaData().getDatabaseMajorVersion() >= 17) {
                statement.execute("SET transaction_timeout = 0");
            }
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    /**
     * Opens a logical replication session. The caller keeps it strongly referenced while it
     * streams.
     */
    public Connection connectForReplication(String purpose) throws SQLException {
        Properties all = driverProperties(purpose);
        PGProperty.REPLICATION.set(all, "database");
        PGProperty.PREFER_QUERY_MODE.set(all, "simple");
        PGProperty.ASSUME_MIN_SERVER_VERSION.set(all, "13");
        return DriverManager.getConnection(jdbcUrl, all);
    }

    private Properties driverProperties(String purpose) {
        Properties all = new Properties();
        properties.forEach(all::setProperty);
        PGProperty.APPLICATION_NAME.set(all, purpose);
        PGProperty.ASSUME_MIN_SERVER_VERSION.set(all, "13");
        PGProperty.TCP_KEEP_ALIVE.set(all, true);
        all.putIfAbsent(PGProperty.SOCKET_FACTORY.getName(), WatchedSocketFactory.class.getName());
        return all;
    }

    @Override
    public String toString() {
        return jdbcUrl;
    }
}
