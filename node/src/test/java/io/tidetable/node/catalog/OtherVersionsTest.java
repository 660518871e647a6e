package io.tidetable.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.embedded.PostgresServer;
import io.tidetable.model.Consistency;
import io.tidetable.model.DestinationId;
import io.tidetable.model.Track;
import io.tidetable.node.check.CheckRequest;
import io.tidetable.node.check.Finding;
import io.tidetable.node.check.Preflight;
import io.tidetable.node.check.Severity;
import io.tidetable.node.postgres.Database;
import io.tidetable.node.types.TypeCatalog;
import io.tidetable.node.types.TypeMapping;
import io.tidetable.testkit.Servers;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("wide")
class OtherVersionsTest {
    static Stream<String> versions() {
        return Servers.otherVersions().stream();
    }

    @ParameterizedTest
    @MethodSource("versions")
    void tablesGoFromAndToOlderServers(String version) throws SQLException {
        try (PostgresServer older = PostgresServer.start(version, Map.of("fsync", "off"));
                PostgresServer newest = PostgresServer.start(Map.of("fsync", "off"))) {
            carryOver(older, newest);
            carryOver(newest, older);
        }
    }

    private static void carryOver(PostgresServer from, PostgresServer to) throws SQLException {
        try (Databases databases = Databases.make(from, to)) {
            // Version 15 brought it; the rest is as old as 14.
            Databases.run(
                    databases.source,
                    RentalShop.TABLES.replace("UNIQUE NULLS NOT DISTINCT", "UNIQUE"));
            assertThat(findings(databases, from, to))
                    .noneMatch(finding -> finding.severity() == Severity.ERROR);

            assertThat(databases.create("*.*").values())
                    .hasSize(7)
                    .allMatch(outcome -> outcome instanceof Creation.Created);

            for (TableDefinition table : databases.tables("public.*")) {
                assertThat(new TableFinisher(databases.destination).finish(table)).isEmpty();
                assertThat(databases.there(table.id().name()).columns())
                        .extracting(c -> c.name() + " " + c.type())
                        .isEqualTo(
                                table.columns().stream()
                                        .map(c -> c.name() + " " + c.type())
                                        .toList());
            }
            TypeMapping mapping =
                    TypeMapping.between(
                            TypeCatalog.read(databases.source),
                            TypeCatalog.read(databases.destination));
            assertThat(databases.tables("public.*"))
                    .flatExtracting(TableDefinition::columns)
                    .allMatch(column -> mapping.travelsInBinary(column.typeOid()));
        }
    }

    private static List<Finding> findings(
            Databases databases, PostgresServer from, PostgresServer to) throws SQLException {
        return Preflight.check(
                new CheckRequest(
                        "shop",
                        database(from, databases.source),
                        Map.of(new DestinationId("there"), database(to, databases.destination)),
                        TableSelection.of(List.of("*.*", "!public.nothing_in_it")),
                        Set.of(Track.BULK, Track.EXPRESS),
                        _ -> new CheckRequest.Wish(new Consistency.Table(), Track.BULK)));
    }

    private static Database database(PostgresServer server, Connection connection)
            throws SQLException {
        String name = Databases.query(connection, "SELECT current_database()").getFirst();
        return Databases.database(server, name, "postgres");
    }
}
