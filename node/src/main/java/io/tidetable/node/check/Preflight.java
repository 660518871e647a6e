package io.tidetable.node.check;

import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.node.catalog.Relation;
import io.tidetable.node.catalog.SourceCatalog;
import io.tidetable.node.catalog.SpreadableKeys;
import io.tidetable.node.catalog.TableDefinition;
import io.tidetable.node.postgres.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

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
        List<DestinationLook> looks = new ArrayList<>();
        try (source) {
            destinations(request)
                    .forEach((id, database) ->
                            looks.add(new DestinationLook(id, database, request)));
            List<TableDefinition> tables =
                    source == null ? List.of() : checkSource(source, request, looks, findings);
            for (DestinationLook look : looks) {
                look.check(source, tables, findings);
            }
        } catch (SQLException e) {
            findings.error(
                    Check.SOURCE_UNREACHABLE,
                    request.source().jdbcUrl(),
                    "the source could not be examined: %s".formatted(e.getMessage()));
        } finally {
            looks.forEach(DestinationLook::close);
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
            Connection source, CheckRequest request, List<DestinationLook> looks, Findings findings)
            throws SQLException {
        ServerFacts server = ServerFacts.read(source);
        new SourceServerChecks(request, findings).run(source, server);
        List<Relation> relations = SourceCatalog.relations(source);
        List<TableId> selected =
                SourceCatalog.selected(relations, request.selection()).stream()
                        .map(Relation::id)
                        .toList();
        looks.forEach(look -> look.begin(selected));
        new SelectionChecks(request.selection(), findings).run(relations);
        List<TableDefinition> tables = SourceCatalog.tables(source, request.selection());
        new SourceTableChecks(request, server, SpreadableKeys.read(source), findings).run(tables);
        new SourceRightsChecks(request, findings).run(source, server, tables);
        return tables;
    }
}
