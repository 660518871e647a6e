package io.tidetable.control.observe;

import io.tidetable.model.TableId;
import java.time.Instant;
import java.util.Map;

/**
 * The counters of all tables of one server at one time.
 *
 * @param secondsSinceReset time over which they were counted, as far as the server knows
 */
public record Reading(Instant at, double secondsSinceReset, Map<TableId, Counters> tables) {
    public Reading {
        tables = Map.copyOf(tables);
    }
}
