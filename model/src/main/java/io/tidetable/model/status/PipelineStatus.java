package io.tidetable.model.status;

import java.time.Instant;
import java.util.List;

/**
 * Everything a running pipeline says about itself at one time.
 *
 * @param ready whether positions move: every track streams and no destination is out of reach
 */
public record PipelineStatus(
        String pipeline,
        Instant at,
        boolean ready,
        List<TrackStatus> tracks,
        List<DestinationStatus> destinations) {
    public PipelineStatus {
        tracks = List.copyOf(tracks);
        destinations = List.copyOf(destinations);
    }
}
