package io.tidetable.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ServersTest {
    @Test
    void eachPairIsEmptyAndLeavesNothingBehind() throws Exception {
        String name;
        try (DatabasePair pair = Servers.freshPair()) {
            name = pair.sourceName();
            pair.onBoth("CREATE TABLE orders (id int PRIMARY KEY)");
            pair.onSource("SELECT pg_create_logical_replication_slot('left_behind', 'pgoutput')");
        }

        try (DatabasePair next = Servers.freshPair();
                Connection connection = next.connectSource()) {
            assertThat(next.sourceName()).isNotEqualTo(name);
            assertThat(one(connection, "SELECT to_regclass('orders')")).isNull();
            assertThat(one(connection, "SELECT count(*) FROM pg_replication_slots")).isEqualTo("0");
            assertThat(one(connection, "SELECT to_regclass('pg_class')")).isEqualTo("pg_class");
        }
    }

    @Test
    void sourceAndDestinationAreTwoServers() throws Exception {
        try (DatabasePair pair = Servers.freshPair();
                Connection source = pair.connectSource();
                Connection destination = pair.connectDestination()) {
            String identity = "SELECT system_identifier FROM pg_control_system()";

            assertThat(one(source, identity)).isNotEqualTo(one(destination, identity));
        }
    }

    static List<String> otherVersions() {
        return Servers.otherVersions();
    }

    @Tag("wide")
    @ParameterizedTest
    @MethodSource("otherVersions")
    void everyOtherVersionDecodes(String version) throws Exception {
        try (DatabasePair pair = Servers.freshPair(version, null);
                Connection source = pair.connectSource();
                Connection destination = pair.connectDestination()) {
            String major = version.substring(0, version.indexOf('.'));
            assertThat(one(source, "SHOW server_version")).startsWith(major + ".");
            assertThat(one(destination, "SHOW server_version")).startsWith("18.");
            pair.onSource(
                    "CREATE TABLE orders (id int PRIMARY KEY)",
                    "CREATE PUBLICATION everything FOR ALL TABLES",
                    "SELECT pg_create_logical_replication_slot('reader', 'pgoutput')",
                    "INSERT INTO orders VALUES (1)");

            String messages =
                    """
                    SELECT count(*) FROM pg_logical_slot_get_binary_changes('reader', NULL, NULL,
                        'proto_version', '2', 'publication_names', 'everything')
                    """;
            assertThat(one(source, messages)).isEqualTo("4");
        }
    }

    private static String one(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }
}
