package io.tidetable.node.pipeline;

import io.tidetable.model.Consistency;
import io.tidetable.model.LaneId;
import io.tidetable.model.TableId;
import io.tidetable.node.catalog.TableDefinition;
import io.tidetable.node.catalog.TablePattern;
import io.tidetable.node.catalog.TableSelection;
import java.util.List;

/** A source table that is to be replicated, with the rule that decided how. */
record WantedTable(TableDefinition definition, PipelineSettings.TableRule rule) {
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

    /** Tables that were selected, each with the last including rule that matches it. */
    static List<WantedTable> of(
            List<TableDefinition> selected, List<PipelineSettings.TableRule> rules) {
        List<Matcher> matchers =
                rules.reversed().stream()
                        .filter(PipelineSettings.TableRule::include)
                        .map(rule -> new Matcher(TablePattern.parse(rule.pattern()), rule))
                        .toList();
        return selected.stream()
                .map(table ->
                        new WantedTable(
                                table,
                                matchers.stream()
                                        .filter(it -> it.pattern().matches(table.id()))
                                        .findFirst()
                                        .orElseThrow()
                                        .rule()))
                .toList();
    }

    private record Matcher(TablePattern pattern, PipelineSettings.TableRule rule) {}

    /** One of the lanes of a table whose rows are spread by key. */
    static LaneId keyLane(TableId table, int number, int count) {
        return new LaneId(table + "#" + number + "/" + count);
    }

    /** The lane that carries the table; of a table with key lanes, the first. */
    LaneId lane() {
        return switch (rule.consistency()) {
            case Consistency.Table() -> new LaneId(table().toString());
            case Consistency.Key(int buckets) -> keyLane(table(), 0, buckets);
            case Consistency.Group(String name) -> new LaneId("group:" + name);
            case Consistency.Strict() -> new LaneId("strict");
        };
    }
}
