package io.tidetable.node.apply;

import io.tidetable.model.LaneId;
import io.tidetable.model.Position;
import io.tidetable.model.SourceIdentity;

/**
 * How far a lane has come, as its destination holds it. A batch states the progress it begins from,
 * and commits only if the destination still holds exactly that.
 *
 * @param epoch raised by every new owner of the lane
 * @param position everything of the lane committed at the source up to here is in the destination
 * @param quarantineRevision raised whenever quarantined changes of the lane come or go; 0 while
 *     there never were any
 */
public record Progress(
        String pipeline,
        LaneId lane,
        long epoch,
        SourceIdentity source,
        Position position,
        long quarantineRevision) {
    public Progress {
        if (pipeline.isEmpty()) {
            throw new IllegalArgumentException("progress belongs to a named pipeline");
        }
    }

    /** The lane's first progress, before anybody has claimed it. */
    public Progress(String pipeline, LaneId lane, SourceIdentity source, Position position) {
        this(pipeline, lane, 0, source, position, 0);
    }

    Progress after(Position reached, long newQuarantineRevision) {
        return new Progress(pipeline, lane, epoch, source, reached, newQuarantineRevision);
    }
}
