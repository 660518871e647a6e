package io.tidetable.node.capture;

import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import java.util.Set;
import java.util.TreeSet;

/** Tables that join and leave one track's publication. */
public record PublicationChange(Track track, Set<TableId> added, Set<TableId> dropped) {
    public PublicationChange {
        added = java.util.Collections.unmodifiableSet(new TreeSet<>(added));
        dropped = java.util.Collections.unmodifiableSet(new TreeSet<>(dropped));
    }

    /** Tables that join. */
    public static PublicationChange add(Track track, Set<TableId> tables) {
        return new PublicationChange(track, tables, Set.of());
    }

    /** Tables that leave. */
    public static PublicationChange drop(Track track, Set<TableId> tables) {
        return new PublicationChange(track, Set.of(), tables);
    }
}
