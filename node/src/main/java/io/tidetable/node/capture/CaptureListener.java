package io.tidetable.node.capture;

import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import org.jspecify.annotations.Nullable;

/** Hears what happens on a track. Called on the track's own thread: to return quickly. */
public interface CaptureListener {
    /**
     * Capture does something else than before.
     *
     * @param reason a sentence for people; null where there is nothing to say
     */
    void stateChanged(Track track, CaptureState state, @Nullable String reason);

    /**
     * One of our messages arrived, its transaction has committed; not necessarily durable here yet,
     * and after a reconnection it may come again.
     */
    void message(Track track, LogicalMessage message);

    /**
     * The track cannot go on, because changes between its journal and its slot are lost or the
     * source is another one. Capture has stopped; its tables are to be re-seeded.
     */
    void gap(Track track, TidetableException why);

    /** The track cannot go on because the journal failed. Capture has stopped. */
    void failed(Track track, Throwable why);
}
