package io.tidetable.node.pipeline;

import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.schema.Origin;
import io.tidetable.model.schema.ReplicationSchema;
import io.tidetable.model.schema.ReplicationSchemas;
import io.tidetable.node.catalog.TablePattern;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Replication schemas that follow from the settings alone: of a pipeline without a control plane.
 */
final class RuleSchemas implements ReplicationSchemas {
    private final List<Matcher> matchers;
    private final InstantSource clock;

    RuleSchemas(List<PipelineSettings.TableRule> rules, InstantSource clock) {
        this.matchers =
                rules.reversed().stream()
                        .filter(PipelineSettings.TableRule::include)
                        .map(rule -> new Matcher(TablePattern.parse(rule.pattern()), rule))
                        .toList();
        this.clock = clock;
    }

    /** The last including rule that matches a table decides about it. */
    @Override
    public Map<TableId, ReplicationSchema> inForce(
            DestinationId destination, Collection<TableId> tables) {
        Map<TableId, ReplicationSchema> schemas = new TreeMap<>();
        for (TableId table : tables) {
            schemas.put(table, schema(destination, table));
        }
        return schemas;
    }

    private ReplicationSchema schema(DestinationId destination, TableId table) {
        PipelineSettings.TableRule rule =
                matchers.stream()
                        .filter(it -> it.pattern().matches(table))
                        .findFirst()
                        .orElseThrow()
                        .rule();
        return ReplicationSchema.usual(table, destination, clock.instant())
                .withConsistency(rule.consistency())
                .withStrategy(rule.strategy())
                .withPriority(rule.priority())
                .withTrack(rule.track())
                .decided(
                        Origin.SETTINGS,
                        "the settings say so for " + rule.pattern(),
                        clock.instant());
    }

    private record Matcher(TablePattern pattern, PipelineSettings.TableRule rule) {}
}
