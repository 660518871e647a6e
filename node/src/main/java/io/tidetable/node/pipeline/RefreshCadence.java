package io.tidetable.node.pipeline;

import io.tidetable.model.TableId;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * When tables are refreshed again. What is written down of a refresh is a wall clock's time, which
 * counts once: where this process first hears of the table. From then on a time counts that never
 * jumps. For one thread.
 */
final class RefreshCadence {
    private final Map<TableId, Refreshed> known = new HashMap<>();

    /**
     * A refresh.
     *
     * @param asOf as it is written down
     * @param steady when it was, by the time that never jumps
     */
    private record Refreshed(Instant asOf, Instant steady) {}

    /**
     * Whether a table is to be refreshed.
     *
     * @param asOf when it last was, by the wall clock; null where it never was
     * @param steady now, by a time that never jumps
     * @param wall now, by the wall clock
     */
    boolean isDue(
            TableId table, @Nullable Instant asOf, Duration cadence, Instant steady, Instant wall) {
        if (asOf == null) {
            known.remove(table);
            return false;
        }
        Refreshed last = known.get(table);
        if (last == null) {
            last = new Refreshed(asOf, steady.minus(age(asOf, cadence, wall)));
            known.put(table, last);
        } else if (!last.asOf().equals(asOf)) {
            last = new Refreshed(asOf, steady);
            known.put(table, last);
        }
        return !steady.isBefore(last.steady().plus(cadence));
    }

    /** A clock that was set back since then tells nothing: the table is refreshed to be sure. */
    private static Duration age(Instant asOf, Duration cadence, Instant wall) {
        Duration age = Duration.between(asOf, wall);
        return age.isNegative() || age.compareTo(cadence) > 0 ? cadence : age;
    }
}
