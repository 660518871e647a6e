package io.tidetable.node.pipeline;

import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import java.util.Map;
import java.util.Set;

/**
 * What changes tracks as one: a table, or the tables that some destination applies as a group.
 *
 * @param name tells it from the others, for people too
 * @param home where it rides while it is calm
 * @param pins those of its tables that the settings or an override keep on a track, with that track
 */
record TrackUnit(String name, Set<TableId> tables, Track home, Map<TableId, Track> pins) {
    TrackUnit {
        tables = Set.copyOf(tables);
        pins = Map.copyOf(pins);
        if (tables.isEmpty()) {
            throw new IllegalArgumentException("a unit of nothing: " + name);
        }
    }

    /** Whether it may move by itself. */
    boolean isFree() {
        return pins.isEmpty();
    }
}
