package io.tidetable.node.apply;

import io.tidetable.model.LaneId;

/**
 * The advisory lock that every transaction of a lane holds, shared, at its destination: by it a new
 * owner finds the sessions in which an old one still has a transaction open.
 */
final class LaneLock {
    /** Keeps our keys apart from those of other users of advisory locks. */
    static final long SEED = 7_305_130_991L;

    static final String SHARE =
            "SELECT pg_advisory_xact_lock_shared(hashtextextended(?, " + SEED + "))";

    private LaneLock() {}

    static String key(String pipeline, LaneId lane) {
        return pipeline + '\u0001' + lane.name();
    }
}
