package io.tidetable.node.pipeline;

import io.tidetable.model.Consistency;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.node.catalog.TablePattern;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** All tables of a pipeline, by what changes tracks together. */
final class TrackUnits {
    private final List<TrackUnit> all = new ArrayList<>();
    private final Map<TableId, TrackUnit> byTable = new TreeMap<>();

    /** The units of tables that some destination wants. */
    TrackUnits(
            Map<DestinationId, Map<TableId, Placed>> wanted,
            List<PipelineSettings.TableRule> rules) {
        Map<TableId, Set<TableId>> together = new TreeMap<>();
        Map<TableId, Set<String>> groups = new HashMap<>();
        Set<TableId> homeIsExpress = new HashSet<>();
        wanted.forEach((destination, tables) -> {
            Map<String, Set<TableId>> members = new HashMap<>();
            for (Placed placed : tables.values()) {
                WantedTable table = placed.wanted();
                together.computeIfAbsent(table.table(), TrackUnits::alone);
                if (table.schema().track() == Track.EXPRESS) {
                    homeIsExpress.add(table.table());
                }
                if (table.schema().consistency() instanceof Consistency.Group) {
                    String group = table.lane().name();
                    members.computeIfAbsent(group, _ -> new TreeSet<>()).add(table.table());
                    groups.computeIfAbsent(table.table(), _ -> new TreeSet<>()).add(group);
                }
            }
            members.values().forEach(group -> join(together, group));
        });
        for (Set<TableId> tables : new HashSet<>(together.values())) {
            Set<String> names = new TreeSet<>();
            tables.forEach(table -> names.addAll(groups.getOrDefault(table, Set.of())));
            TrackUnit unit =
                    new TrackUnit(
                            names.isEmpty()
                                    ? tables.iterator().next().toString()
                                    : String.join(" and ", names),
                            tables,
                            tables.stream().anyMatch(homeIsExpress::contains)
                                    ? Track.EXPRESS
                                    : Track.BULK,
                            pins(tables, rules));
            all.add(unit);
            tables.forEach(table -> byTable.put(table, unit));
        }
    }

    private static Set<TableId> alone(TableId table) {
        Set<TableId> alone = new TreeSet<>();
        alone.add(table);
        return alone;
    }

    private static void join(Map<TableId, Set<TableId>> together, Set<TableId> group) {
        Set<TableId> all = new TreeSet<>();
        group.forEach(table -> all.addAll(together.getOrDefault(table, Set.of(table))));
        all.forEach(table -> together.put(table, all));
    }

    private static Map<TableId, Track> pins(
            Set<TableId> tables, List<PipelineSettings.TableRule> rules) {
        Map<TableId, Track> pins = new HashMap<>();
        for (TableId table : tables) {
            rules.reversed().stream()
                    .filter(PipelineSettings.TableRule::include)
                    .filter(rule -> TablePattern.parse(rule.pattern()).matches(table))
                    .findFirst()
                    .filter(PipelineSettings.TableRule::pinned)
                    .ifPresent(rule -> pins.put(table, rule.track()));
        }
        return pins;
    }

    Collection<TrackUnit> all() {
        return List.copyOf(all);
    }

    /** The unit of the table; null for one that is not replicated. */
    @Nullable TrackUnit of(TableId table) {
        return byTable.get(table);
    }
}
