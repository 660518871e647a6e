package io.tidetable.node.pipeline;

import io.tidetable.model.Consistency;
import io.tidetable.model.DestinationId;
import io.tidetable.model.LaneId;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.schema.ReplicationSchema;
import io.tidetable.model.schema.ReplicationSchemas;
import io.tidetable.node.catalog.TableDefinition;
import io.tidetable.node.catalog.TablePattern;
import io.tidetable.node.catalog.TableSelection;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A source table that is to be replicated to one destination.
 *
 * @param schema how
 */
record WantedTable(TableDefinition definition, ReplicationSchema schema) {
    TableId table() {
        return definition.id();
    }

    /** The rules' patterns as the catalog takes them. */
    static TableSelection selection(List<PipelineSettings.TableRule> rules) {
        return TableSelection.ofRules(
                rules.stream()
                        .map(rule ->
                                new TableSelection.Rule(
                                        TablePattern.parse(rule.pattern()), rule.include()))
                        .toList());
    }

    /**
     * Tables that were selected, each with its replication schema for the destination.
     *
     * @throws TidetableException TT-115 when a table has none
     */
    static List<WantedTable> of(
            List<TableDefinition> selected, DestinationId destination, ReplicationSchemas schemas) {
        Map<TableId, ReplicationSchema> inForce =
                schemas.inForce(destination, selected.stream().map(TableDefinition::id).toList());
        return selected.stream()
                .map(table -> {
                    ReplicationSchema schema = inForce.get(table.id());
                    if (schema == null) {
                        throw new TidetableException(
                                "TT-115",
                                "table %s has no replication schema for destination %s, so it is not known how to replicate it; start again, so that it is classified"
                                        .formatted(table.id(), destination));
                    }
                    return new WantedTable(table, schema);
                })
                .toList();
    }

    /** One of the lanes of a table whose rows are spread by key. */
    static LaneId keyLane(TableId table, int number, int count) {
        return new LaneId(table + "#" + number + "/" + count);
    }

    /** The lanes of a table that shares none with others. */
    static List<LaneId> ownLanes(TableId table, Consistency ordered) {
        return switch (ordered) {
            case Consistency.Key(int buckets) ->
                    IntStream.range(0, buckets)
                            .mapToObj(number -> keyLane(table, number, buckets))
                            .toList();
            case Consistency.Table(), Consistency.Group _, Consistency.Strict() ->
                    List.of(new LaneId(table.toString()));
        };
    }

    /** The lane that carries the table; of a table with key lanes, the first. */
    LaneId lane() {
        return switch (schema.ordered()) {
            case Consistency.Table(), Consistency.Key _ ->
                    ownLanes(table(), schema.ordered()).getFirst();
            case Consistency.Group(String name) -> new LaneId("group:" + name);
            case Consistency.Strict() -> new LaneId("strict");
        };
    }
}
