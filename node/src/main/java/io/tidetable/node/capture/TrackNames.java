package io.tidetable.node.capture;

import io.tidetable.model.Track;

/** The names that a pipeline's tracks have at the source. */
public final class TrackNames {
    private TrackNames() {}

    /** The track's replication slot. */
    public static String slot(String pipeline, Track track) {
        return "tidetable_" + pipeline + "_" + track.label();
    }

    /** The track's publication. */
    public static String publication(String pipeline, Track track) {
        return "tidetable_" + pipeline + "_" + track.label();
    }
}
