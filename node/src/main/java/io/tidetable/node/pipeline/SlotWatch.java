package io.tidetable.node.pipeline;

import io.tidetable.model.Track;
import io.tidetable.node.capture.SlotState;
import io.tidetable.node.capture.Slots;
import io.tidetable.node.postgres.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks now and then what the source keeps for the slots, and says it before the source gives one
 * up.
 */
final class SlotWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SlotWatch.class);
    private static final Duration INTERVAL = Duration.ofSeconds(5);

    /** PostgreSQL's word for a slot whose log goes with the next checkpoint. */
    private static final String UNRESERVED = "unreserved";

    private final Database source;
    private final Slots slots;
    private final Map<Track, Long> heldBack = new ConcurrentHashMap<>();
    private final Set<Track> endangered = ConcurrentHashMap.newKeySet();
    private final Thread thread;

    SlotWatch(Database source, Slots slots) {
        this.source = source;
        this.slots = slots;
        thread = Thread.ofVirtual().name("slot-watch").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** WAL that the source keeps for the track's slot, as of the last look; -1 before the first. */
    long heldBackBytes(Track track) {
        return heldBack.getOrDefault(track, -1L);
    }

    private void run() {
        try {
            while (true) {
                look();
                Thread.sleep(INTERVAL);
            }
        } catch (InterruptedException e) {
            // It was closed.
            Thread.currentThread().interrupt();
        }
    }

    private void look() {
        try (Connection connection = source.connect("tidetable slots")) {
            for (Track track : Track.values()) {
                slots.state(connection, track).ifPresent(state -> note(track, state));
            }
        } catch (SQLException e) {
            // Its reader says so already.
            LOG.debug("the slots could not be looked at: {}", e.getMessage());
        }
    }

    private void note(Track track, SlotState state) {
        heldBack.put(track, state.heldBackBytes());
        if (!state.walStatus().equals(UNRESERVED)) {
            if (endangered.remove(track)) {
                LOG.info("the source keeps the log of slot {} again", state.name());
            }
        } else if (endangered.add(track)) {
            LOG.warn(
                    "TT-249 the source is about to give up slot {}, it keeps {} bytes of its log for it already; let track {} read on, or raise max_slot_wal_keep_size",
                    state.name(),
                    state.heldBackBytes(),
                    track.label());
        }
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join(Duration.ofSeconds(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
