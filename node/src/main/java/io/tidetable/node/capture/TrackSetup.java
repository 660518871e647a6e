package io.tidetable.node.capture;

import io.tidetable.model.Track;
import io.tidetable.node.journal.TrackJournal;

/** What the capture of a track is made of. */
record TrackSetup(
        Track track,
        CaptureSource source,
        TrackJournal journal,
        RightOfWay rightOfWay,
        CaptureListener listener,
        CaptureSettings settings,
        CaptureEnvironment environment) {
    String slot() {
        return TrackNames.slot(source.pipeline(), track);
    }
}
