package io.tidetable.node.lane;

import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import java.time.Instant;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The move of some tables from one track to the other, as it was decided.
 *
 * @param id tells it from every other move
 * @param turn what committed up to here is read from the old track, what commits later from the new
 *     one; null until that is known, which is before the old track ends to carry the tables
 * @param reason why, for people
 */
public record TrackMove(
        String id,
        Set<TableId> tables,
        Track from,
        Track to,
        @Nullable Lsn turn,
        String reason,
        Instant decidedAt) {
    public TrackMove {
        tables = Collections.unmodifiableSet(new TreeSet<>(tables));
        if (tables.isEmpty()) {
            throw new IllegalArgumentException("a move is about at least one table");
        }
        if (from == to) {
            throw new IllegalArgumentException("a move leads to another track");
        }
    }

    /** The move of fewer tables. */
    public TrackMove of(Set<TableId> fewer) {
        return new TrackMove(id, fewer, from, to, turn, reason, decidedAt);
    }

    /** The way back. */
    public TrackMove reversed() {
        return new TrackMove(id, tables, to, from, null, reason, decidedAt);
    }

    /** The move whose turn is known. */
    public TrackMove turningAt(Lsn position) {
        return new TrackMove(id, tables, from, to, position, reason, decidedAt);
    }
}
