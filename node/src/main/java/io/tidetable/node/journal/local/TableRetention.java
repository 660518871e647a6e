package io.tidetable.node.journal.local;

import io.tidetable.model.DestinationId;
import java.util.HashMap;
import java.util.Map;

/** What the destinations have released of one table. */
final class TableRetention {
    /** Nobody subscribes: everything is released. */
    static final long NOBODY = -1;

    private final Map<DestinationId, Long> released = new HashMap<>();
    private volatile long releasedByAll = NOBODY;

    synchronized void subscribe(DestinationId destination) {
        released.putIfAbsent(destination, 0L);
        recompute();
    }

    synchronized void unsubscribe(DestinationId destination) {
        released.remove(destination);
        recompute();
    }

    synchronized void release(DestinationId destination, long position) {
        released.computeIfPresent(
                destination,
                (known, before) ->
                        Long.compareUnsigned(before, position) < 0 ? (Long) position : before);
        recompute();
    }

    /** Up to here, unsigned, nobody needs the table's changes; {@link #NOBODY} is the highest. */
    long releasedByAll() {
        return releasedByAll;
    }

    boolean isReleased(long commitEnd) {
        return Long.compareUnsigned(commitEnd, releasedByAll) <= 0;
    }

    private void recompute() {
        long lowest = NOBODY;
        for (long each : released.values()) {
            if (Long.compareUnsigned(each, lowest) < 0) {
                lowest = each;
            }
        }
        releasedByAll = lowest;
    }
}
