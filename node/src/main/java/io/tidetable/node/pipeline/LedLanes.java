package io.tidetable.node.pipeline;

import io.tidetable.model.Lsn;
import io.tidetable.model.Track;
import io.tidetable.node.copy.SnapshotHolder;
import io.tidetable.node.lane.Lane;
import io.tidetable.node.lane.LaneTable;
import io.tidetable.node.postgres.SourceSnapshot;
import java.sql.SQLException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Leads a table's lanes to a snapshot of the source. That is no place in the change stream, but the
 * lanes can come to stand exactly there: they apply what the snapshot sees, and stop before the
 * first transaction that it does not see, all of them before the same one.
 */
final class LedLanes {
    private final DestinationSide side;
    private final Lane.Announced announced;
    private final Runnable heartbeat;

    /**
     * A leader of lanes.
     *
     * @param heartbeat writes something at the source, so that tracks pass what was before
     */
    LedLanes(DestinationSide side, Lane.Announced announced, Runnable heartbeat) {
        this.side = side;
        this.announced = announced;
        this.heartbeat = heartbeat;
    }

    /** What is done while the lanes stand there. */
    interface Arrival {
        /** Does it; false where it could not be done. */
        boolean at(List<Lane> lanes) throws SQLException;
    }

    /**
     * Leads the lanes to a snapshot that is taken now. When this returns they go on already.
     *
     * @param limit how long each part of the way may take
     * @return the snapshot; null where the lanes did not get there, or nothing could be done there
     */
    @Nullable SnapshotHolder lead(LaneTable table, Duration limit, Arrival arrival)
            throws SQLException, InterruptedException {
        if (!table.leading().tryLock(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            return null;
        }
        try {
            return leadAlone(table, limit, arrival);
        } finally {
            table.leading().unlock();
        }
    }

    private @Nullable SnapshotHolder leadAlone(LaneTable table, Duration limit, Arrival arrival)
            throws SQLException, InterruptedException {
        DestinationContext context = side.context();
        List<Lane> lanes = side.lanes().of(table.table());
        onEach(lanes, Lane::hold);
        SnapshotHolder snapshot = null;
        boolean reached = false;
        try {
            snapshot =
                    SnapshotHolder.take(context.source(), "tidetable snapshot", context.steady());
            SourceSnapshot seen = snapshot.snapshot();
            if (!lanes.stream().allMatch(lane -> lane.allAppliedVisibleIn(seen))) {
                return null;
            }
            // It goes on at once: what it frees may be what its track waits for.
            onEach(lanes, lane -> lane.goOnWithin(seen));
            for (Lane lane : lanes) {
                side.dispatcher().activate(new Work.OfLane(lane));
            }
            if (!awaitAnnounced(lanes, seen.horizon(), limit)) {
                return null;
            }
            for (Lane lane : lanes) {
                lane.wake();
                side.dispatcher().activate(new Work.OfLane(lane));
            }
            for (Lane lane : lanes) {
                lane.lock();
                try {
                    if (!lane.awaitStop(limit)) {
                        return null;
                    }
                } finally {
                    lane.unlock();
                }
            }
            onEach(lanes, Lane::hold);
            if (!nothingSeenBeyond(lanes, seen)) {
                return null;
            }
            reached = arrival.at(lanes);
            return reached ? snapshot : null;
        } finally {
            onEach(lanes, Lane::release);
            for (Lane lane : lanes) {
                side.dispatcher().activate(new Work.OfLane(lane));
            }
            if (!reached && snapshot != null) {
                snapshot.close();
            }
        }
    }

    private static boolean nothingSeenBeyond(List<Lane> lanes, SourceSnapshot seen) {
        boolean nothing = true;
        for (Lane lane : lanes) {
            lane.lock();
            try {
                nothing &= lane.nothingSeenBeyond(seen);
            } finally {
                lane.unlock();
            }
        }
        return nothing;
    }

    private interface Action {
        void on(Lane lane);
    }

    private static void onEach(List<Lane> lanes, Action action) {
        for (Lane lane : lanes) {
            lane.lock();
            try {
                action.on(lane);
            } finally {
                lane.unlock();
            }
        }
    }

    private boolean awaitAnnounced(List<Lane> lanes, Lsn position, Duration limit)
            throws InterruptedException {
        Set<Track> tracks = EnumSet.noneOf(Track.class);
        lanes.forEach(lane -> tracks.addAll(lane.tracks()));
        heartbeat.run();
        for (Track track : tracks) {
            if (!announced.await(track, position, limit)) {
                return false;
            }
        }
        return true;
    }
}
