package io.tidetable.node.catalog;

import io.tidetable.embedded.PostgresServer;
import io.tidetable.model.LaneId;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.node.destination.Bookkeeping;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.postgres.Database;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** A source and a destination on one server, with what every test does to them. */
final class Databases implements AutoCloseable {
    static final String PIPELINE = "shop";
    private static final AtomicInteger NUMBER = new AtomicInteger();

    final Connection source;
    final Connection destination;

    private Databases(Connection source, Connection destination) {
        this.source = source;
        this.destination = destination;
    }

    static Databases make(PostgresServer server) throws SQLException {
        return make(server, server);
    }

    static Databases make(PostgresServer sourceServer, PostgresServer destinationServer)
            throws SQLException {
        int number = NUMBER.incrementAndGet();
        Connection source = open(sourceServer, "source" + number);
        Connection destination = open(destinationServer, "destination" + number);
        Bookkeeping.create(destination);
        return new Databases(source, destination);
    }

    private static Connection open(PostgresServer server, String name) throws SQLException {
        server.createDatabase(name);
        return database(server, name, "postgres").connect("test");
    }

    static Database database(PostgresServer server, String name, String user) {
        return new Database(
                "jdbc:postgresql://127.0.0.1:%d/%s".formatted(server.port(), name),
                Map.of("user", user));
    }

    /** Runs SQL whose names are those of schema public. */
    static void run(Connection side, String sql) throws SQLException {
        try (Statement statement = side.createStatement()) {
            statement.execute("SET search_path = public");
            statement.execute(sql);
            statement.execute("SET search_path = pg_catalog");
        }
    }

    static List<String> query(Connection side, String sql) throws SQLException {
        List<String> values = new ArrayList<>();
        try (Statement statement = side.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            while (row.next()) {
                values.add(row.getString(1));
            }
        }
        return values;
    }

    List<TableDefinition> tables(String... patterns) throws SQLException {
        return SourceCatalog.tables(source, TableSelection.of(List.of(patterns)));
    }

    Map<TableId, Creation> create(String... patterns) throws SQLException {
        return create(Faults.NONE, patterns);
    }

    Map<TableId, Creation> create(Faults faults, String... patterns) throws SQLException {
        return create(destination, faults, patterns);
    }

    /** Over another session than the usual one. */
    Map<TableId, Creation> createAt(Connection there, String... patterns) throws SQLException {
        return create(there, Faults.NONE, patterns);
    }

    private Map<TableId, Creation> create(Connection there, Faults faults, String... patterns)
            throws SQLException {
        TableSelection selection = TableSelection.of(List.of(patterns));
        List<TableDefinition> tables = SourceCatalog.tables(source, selection);
        return new TableCreator(source, there, PIPELINE, faults)
                .createMissing(
                        tables,
                        SourceCatalog.sequences(source, tables, selection),
                        _ -> new TableCreator.Placement(new LaneId("all"), Track.BULK));
    }

    /** A table as the destination has it. */
    TableDefinition there(String name) throws SQLException {
        TableId id = new TableId("public", name);
        return java.util.Objects.requireNonNull(
                DestinationTables.read(destination, List.of(id)).get(id), name);
    }

    @Override
    public void close() throws SQLException {
        source.close();
        destination.close();
    }
}
