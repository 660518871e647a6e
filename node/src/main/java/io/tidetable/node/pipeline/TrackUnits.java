package io.tidetable.node.pipeline;

import io.tidetable.model.Consistency;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.node.catalog.TablePattern;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * All tables of a pipeline, by what changes tracks together, and where each is at home: as it was
 * decided at the start, and since then by rules, overrides and commands. Thread-safe.
 */
final class TrackUnits {
    private final Map<TableId, Map<DestinationId, Asked>> asked = new TreeMap<>();
    private final Map<TableId, Track> sent = new HashMap<>();
    private final Map<TableId, Track> fixed = new HashMap<>();
    private final Map<TableId, TrackUnit> byTable = new TreeMap<>();

    /**
     * What a destination's replication schema asks for.
     *
     * @param pinned whether an override does, which moves by itself are not to change
     */
    private record Asked(Track track, boolean pinned) {}

    /** The units of tables that some destination wants. */
    TrackUnits(
            Map<DestinationId, Map<TableId, Placed>> wanted,
            List<PipelineSettings.TableRule> rules) {
        Map<TableId, Set<TableId>> together = new TreeMap<>();
        Map<TableId, Set<String>> groups = new HashMap<>();
        wanted.forEach((destination, tables) -> {
            Map<String, Set<TableId>> members = new HashMap<>();
            for (Placed placed : tables.values()) {
                WantedTable table = placed.wanted();
                together.computeIfAbsent(table.table(), TrackUnits::alone);
                asked.computeIfAbsent(table.table(), _ -> new HashMap<>())
                        .put(destination, new Asked(table.schema().track(), false));
                if (table.schema().consistency() instanceof Consistency.Group) {
                    String group = table.lane().name();
                    members.computeIfAbsent(group, _ -> new TreeSet<>()).add(table.table());
                    groups.computeIfAbsent(table.table(), _ -> new TreeSet<>()).add(group);
                }
            }
            members.values().forEach(group -> join(together, group));
        });
        together.keySet().forEach(table -> pin(table, rules));
        for (Set<TableId> tables : new HashSet<>(together.values())) {
            Set<String> names = new TreeSet<>();
            tables.forEach(table -> names.addAll(groups.getOrDefault(table, Set.of())));
            put(
                    names.isEmpty()
                            ? tables.iterator().next().toString()
                            : String.join(" and ", names),
                    tables);
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

    private void pin(TableId table, List<PipelineSettings.TableRule> rules) {
        rules.reversed().stream()
                .filter(PipelineSettings.TableRule::include)
                .filter(rule -> TablePattern.parse(rule.pattern()).matches(table))
                .findFirst()
                .filter(PipelineSettings.TableRule::pinned)
                .ifPresent(rule -> fixed.put(table, rule.track()));
    }

    private void put(String name, Set<TableId> tables) {
        Map<TableId, Track> pins = new HashMap<>();
        boolean express = false;
        for (TableId table : tables) {
            Track pin = pin(table);
            if (pin != null) {
                pins.put(table, pin);
            }
            express |= home(table) == Track.EXPRESS;
        }
        TrackUnit unit = new TrackUnit(name, tables, express ? Track.EXPRESS : Track.BULK, pins);
        tables.forEach(table -> byTable.put(table, unit));
    }

    /** Where it is kept; an override stands above the settings. */
    private @Nullable Track pin(TableId table) {
        return asked(table).stream()
                .filter(Asked::pinned)
                .map(Asked::track)
                .reduce((a, b) -> a == Track.EXPRESS ? a : b)
                .orElse(fixed.get(table));
    }

    private Track home(TableId table) {
        Track pin = pin(table);
        if (pin != null) {
            return pin;
        }
        Track command = sent.get(table);
        if (command != null) {
            return command;
        }
        return asked(table).stream().anyMatch(it -> it.track() == Track.EXPRESS)
                ? Track.EXPRESS
                : Track.BULK;
    }

    private Collection<Asked> asked(TableId table) {
        return asked.getOrDefault(table, Map.of()).values();
    }

    synchronized Collection<TrackUnit> all() {
        return new LinkedHashSet<>(byTable.values());
    }

    /** The unit of the table; null for one that is not replicated. */
    synchronized @Nullable TrackUnit of(TableId table) {
        return byTable.get(table);
    }

    /**
     * A destination's replication schema asks for the track from now on; a command of before counts
     * no longer where that is new.
     *
     * @param pinned whether an override asks for it
     */
    synchronized void ask(DestinationId destination, TableId table, Track track, boolean pinned) {
        Map<DestinationId, Asked> known = asked.get(table);
        Asked now = new Asked(track, pinned);
        if (known != null && !now.equals(known.put(destination, now))) {
            sent.remove(table);
            renew(table);
        }
    }

    /** A command has sent the table there, with the others of its unit. */
    synchronized void send(TableId table, Track track) {
        TrackUnit unit = byTable.get(table);
        if (unit != null) {
            unit.tables().forEach(member -> sent.put(member, track));
            renew(table);
        }
    }

    private void renew(TableId table) {
        TrackUnit before = byTable.get(table);
        if (before != null) {
            put(before.name(), before.tables());
        }
    }
}
