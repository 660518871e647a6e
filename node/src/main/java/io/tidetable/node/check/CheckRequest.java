package io.tidetable.node.check;

import io.tidetable.model.Consistency;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.node.catalog.TableSelection;
import io.tidetable.node.postgres.Database;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * What is meant to be replicated.
 *
 * @param pipeline whose slots, publications and tables are not in the way, but its own
 * @param tracks the slots it will have
 * @param wishes per selected table
 */
public record CheckRequest(
        String pipeline,
        Database source,
        Map<DestinationId, Database> destinations,
        TableSelection selection,
        Set<Track> tracks,
        Function<TableId, Wish> wishes) {
    public CheckRequest {
        destinations = Map.copyOf(destinations);
        tracks = Set.copyOf(tracks);
    }

    /** How a table is to be replicated. */
    public record Wish(Consistency consistency, Track track) {}

    /** The name of a track's slot and publication at the source. */
    String slotName(Track track) {
        return "tidetable_" + pipeline + "_" + track.label();
    }
}
