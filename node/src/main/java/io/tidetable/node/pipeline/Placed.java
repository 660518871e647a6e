package io.tidetable.node.pipeline;

import io.tidetable.model.Track;
import io.tidetable.node.lane.TrackMove;
import org.jspecify.annotations.Nullable;

/**
 * A table with the track it rides on.
 *
 * @param move its move to the other track that is under way; null for none
 * @param published whether the source publishes it already
 */
record Placed(WantedTable wanted, Track track, @Nullable TrackMove move, boolean published) {}
