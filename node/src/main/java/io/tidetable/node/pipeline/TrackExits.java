package io.tidetable.node.pipeline;

import io.tidetable.model.TableId;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which tables bulk carries as well while they ride express: those that may move by themselves. A
 * flood can then be left in the middle of the transaction that it is, which bulk has from its first
 * row.
 */
final class TrackExits {
    private final Set<TableId> tables = new HashSet<>();

    /**
     * The ways out of express.
     *
     * @param automatic whether tables move by themselves
     * @param whyNoMoves why tables cannot move; null where they can
     */
    TrackExits(TrackUnits units, boolean automatic, @Nullable String whyNoMoves) {
        if (automatic && whyNoMoves == null) {
            units.all().stream()
                    .filter(TrackUnit::isFree)
                    .forEach(unit -> tables.addAll(unit.tables()));
        }
    }

    /** Whether all of the tables have one. */
    boolean areFor(Set<TableId> those) {
        return tables.containsAll(those);
    }
}
