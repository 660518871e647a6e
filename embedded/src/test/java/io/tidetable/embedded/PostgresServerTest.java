package io.tidetable.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import org.junit.jupiter.api.Test;

class PostgresServerTest {
    @Test
    void committedRowsSurviveACrashAndNothingIsLeftAfterClose() throws Exception {
        PostgresServer server = PostgresServer.start();
        try (server) {
            server.createDatabase("shop");
            try (Connection connection = server.connect("shop");
                    Statement statement = connection.createStatement()) {
                statement.execute("CREATE TABLE orders (id int PRIMARY KEY)");
                statement.execute("INSERT INTO orders VALUES (1)");
            }

            server.stopImmediately();
            server.restart();

            try (Connection connection = server.connect("shop");
                    Statement statement = connection.createStatement();
                    ResultSet rows =
                            statement.executeQuery(
                                    "SELECT count(*), current_setting('wal_level') FROM orders")) {
                rows.next();
                assertThat(rows.getInt(1)).isOne();
                assertThat(rows.getString(2)).isEqualTo("logical");
            }
        }
        assertThat(server.data()).doesNotExist();
    }
}
