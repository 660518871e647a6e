package io.tidetable.node.check;

import io.tidetable.model.DestinationId;
import io.tidetable.node.catalog.Relation;
import io.tidetable.node.catalog.SourceCatalog;
import io.tidetable.node.catalog.SpreadableKeys;
import io.tidetable.node.catalog.TableDefinition;
import io.tidetable.node.postgres.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Looks at a source and its destinations before anything is started: whatever would make
 * replication fail, endanger the source or surprise somebody is a finding with the sentence that
 * mends it. Changes nothing.
 */
public final class Preflight {
    private Preflight() {}

    /** All findings, errors first. */
    public static List<Finding> check(CheckRequest request) {
        Findings findings = new Findings();
        Connection source = Reachability.ofSource().connect(request.source(), findings);
        try (source) {
            List<TableDefinition> tables =
                    source == null ? List.of() : checkSource(source, request, findings);
            destinations(request)
                    .forEach((id, database) ->
                            checkDestination(id, database, source, tables, request, findings));
        } catch (SQLException e) {
            findings.error(
                    Check.SOURCE_UNREACHABLE,
                    request.source().jdbcUrl(),
                    "the source could not be examined: %s".formatted(e.getMessage()));
        }
        return findings.sorted();
    }

    /** Whether replication must not begin. */
    public static boolean refuses(List<Finding> findings) {
        return findings.stream().anyMatch(finding -> finding.severity() == Severity.ERROR);
    }

    private static Map<DestinationId, Database> destinations(CheckRequest request) {
        Map<DestinationId, Database> sorted =
                new TreeMap<>(java.util.Comparator.comparing(DestinationId::name));
        sorted.putAll(request.destinations());
        return sorted;
    }

    private static List<TableDefinition> checkSource(
            Connection source, CheckRequest request, Findings findings) throws SQLException {
        ServerFacts server = ServerFacts.read(source);
        new SourceServerChecks(request, findings).run(source, server);
        List<Relation> relations = SourceCatalog.relations(source);
        new SelectionChecks(request.selection(), findings).run(relations);
        List<TableDefinition> tables = SourceCatalog.tables(source, request.selection());
        new SourceTableChecks(request, server, SpreadableKeys.read(source), findings).run(tables);
        new SourceRightsChecks(request, findings).run(source, server, tables);
        return tables;
    }

    private static void checkDestination(
            DestinationId id,
            Database database,
            @Nullable Connection source,
            List<TableDefinition> tables,
            CheckRequest request,
            Findings findings) {
        Connection destination = Reachability.ofDestination(id.name()).connect(database, findings);
        if (destination == null) {
            return;
        }
        try (destination) {
            DestinationFacts facts =
                    DestinationFacts.read(
                            destination,
                            request.pipeline(),
                            tables.stream().map(TableDefinition::id).toList());
            new DestinationServerChecks(id, facts, findings)
                    .run(source == null ? null : ServerFacts.read(source));
            DestinationTableChecks checks =
                    new DestinationTableChecks(id, facts, request, findings);
            if (source != null) {
                checks.run(source, destination, tables);
            }
        } catch (SQLException e) {
            findings.error(
                    Check.DESTINATION_UNREACHABLE,
                    id.name(),
                    "the destination could not be examined: %s".formatted(e.getMessage()));
        }
    }
}
