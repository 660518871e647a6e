package io.tidetable.node.pipeline;

import io.tidetable.embedded.PostgresServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/** Roles of a server that need a password, unlike all others on it. */
final class Passwords {
    private final PostgresServer server;

    Passwords(PostgresServer server) {
        this.server = server;
    }

    /** Makes a role that may do everything once it has said its password. */
    void require(String role, String password) throws Exception {
        Path rules = server.data().resolve("pg_hba.conf");
        String line = "host all %s 127.0.0.1/32 scram-sha-256%n".formatted(role);
        Files.writeString(rules, line + Files.readString(rules));
        execute(
                "CREATE ROLE %s SUPERUSER LOGIN PASSWORD '%s'".formatted(role, password),
                "SELECT pg_reload_conf()");
    }

    /** Gives the role another password and ends its sessions. */
    void change(String role, String password) throws SQLException {
        execute(
                "ALTER ROLE %s PASSWORD '%s'".formatted(role, password),
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '%s'"
                        .formatted(role));
    }

    private void execute(String... statements) throws SQLException {
        try (Connection connection = server.connect("postgres");
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }
}
