package io.tidetable.lab.bench;

import io.tidetable.embedded.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/** PostgreSQL's own logical replication of some tables between two databases: the peer. */
final class NativeSubscription {
    private final String name;
    private final PostgresServer source;
    private final String sourceDatabase;
    private final PostgresServer destination;
    private final String destinationDatabase;

    NativeSubscription(
            String name,
            PostgresServer source,
            String sourceDatabase,
            PostgresServer destination,
            String destinationDatabase) {
        this.name = name;
        this.source = source;
        this.sourceDatabase = sourceDatabase;
        this.destination = destination;
        this.destinationDatabase = destinationDatabase;
    }

    /** Makes publication, slot and a disabled subscription with the given further options. */
    void create(List<String> tables, String options) throws SQLException {
        try (Connection connection = source.connect(sourceDatabase);
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "CREATE PUBLICATION " + name + " FOR TABLE " + String.join(", ", tables));
            statement.execute(
                    "SELECT pg_create_logical_replication_slot('" + name + "', 'pgoutput')");
        }
        execute(
                """
                CREATE SUBSCRIPTION %s
                CONNECTION 'host=127.0.0.1 port=%d dbname=%s user=postgres'
                PUBLICATION %s
                WITH (enabled = false, create_slot = false, copy_data = false, binary = true%s)
                """
                        .formatted(name, source.port(), sourceDatabase, name, options));
    }

    /** Makes publication and subscription and lets it copy the tables, in binary form. */
    void copy(List<String> tables) throws SQLException {
        try (Connection connection = source.connect(sourceDatabase);
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "CREATE PUBLICATION " + name + " FOR TABLE " + String.join(", ", tables));
        }
        execute(
                """
                CREATE SUBSCRIPTION %s
                CONNECTION 'host=127.0.0.1 port=%d dbname=%s user=postgres'
                PUBLICATION %s
                WITH (copy_data = true, binary = true)
                """
                        .formatted(name, source.port(), sourceDatabase, name));
    }

    /** Takes it all back. */
    void drop() throws SQLException {
        execute("DROP SUBSCRIPTION " + name);
        try (Connection connection = source.connect(sourceDatabase);
                Statement statement = connection.createStatement()) {
            statement.execute("DROP PUBLICATION " + name);
        }
    }

    void enable() throws SQLException {
        execute("ALTER SUBSCRIPTION " + name + " ENABLE");
    }

    void disable() throws SQLException {
        execute("ALTER SUBSCRIPTION " + name + " DISABLE");
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = destination.connect(destinationDatabase);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
