package io.tidetable.node.pipeline;

import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.node.capture.CaptureEnvironment;
import io.tidetable.node.capture.CaptureListener;
import io.tidetable.node.capture.CaptureSettings;
import io.tidetable.node.capture.CaptureSource;
import io.tidetable.node.capture.Fence;
import io.tidetable.node.capture.Heartbeat;
import io.tidetable.node.capture.PublicationChange;
import io.tidetable.node.capture.Publications;
import io.tidetable.node.capture.SlotState;
import io.tidetable.node.capture.Slots;
import io.tidetable.node.capture.TrackCapture;
import io.tidetable.node.journal.Journal;
import io.tidetable.node.journal.TrackJournal;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The source's end of a pipeline: publications, slots and what reads them. It decides for each
 * track whether what the journal holds and what the slot will send join without a gap.
 */
final class SourceSide implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SourceSide.class);

    private final CaptureSource source;
    private final Journal journal;
    private final CaptureEnvironment environment;
    private final Publications publications;
    private final Slots slots;
    private final Map<Track, TrackCapture> captures = new EnumMap<>(Track.class);
    private final Map<Track, Long> heldBack = new ConcurrentHashMap<>();
    private @Nullable Heartbeat heartbeat;

    SourceSide(CaptureSource source, Journal journal, CaptureEnvironment environment) {
        this.source = source;
        this.journal = journal;
        this.environment = environment;
        publications = new Publications(source.pipeline());
        slots = new Slots(source.pipeline(), environment.faults());
    }

    /** How a track begins. */
    enum Beginning {
        /** Its slot was just made and nothing depended on one before. */
        NEW,
        /** It goes on where the journal ends. */
        CONTINUED,
        /** Changes between the journal and the slot are lost: its tables must be merged. */
        AFTER_GAP
    }

    /**
     * Makes what a track lacks at the source and sets its journal up to begin where its slot does.
     *
     * @param members tables whose changes the track is to carry
     * @param inUse whether some destination holds rows that rely on the track's changes so far
     */
    Beginning open(Track track, Set<TableId> members, boolean inUse)
            throws SQLException, InterruptedException {
        TrackJournal part = journal.track(track);
        try (Connection connection = source.database().connect("tidetable setup")) {
            publications.create(connection, track);
            Optional<SlotState> slot = slots.state(connection, track);
            String loss = loss(slot, part, inUse);
            if (loss == null && slot.isPresent()) {
                if (part.durableEnd().equals(Lsn.ZERO)) {
                    part.startAt(slot.get().confirmedFlush());
                }
                return Beginning.CONTINUED;
            }
            if (loss != null) {
                LOG.warn(
                        "track {}: {}; its tables will be compared with the source and mended",
                        track.label(),
                        loss);
                journal.discard(track);
                if (slot.isPresent()) {
                    slots.drop(connection, track);
                }
            }
            // The slot reads its publication as it was at each change: members come first.
            publish(connection, track, members);
            journal.track(track).startAt(slots.create(source.database(), track));
            return loss == null ? Beginning.NEW : Beginning.AFTER_GAP;
        }
    }

    /** Why the journal and the slot do not join, or null where they do. */
    private static @Nullable String loss(
            Optional<SlotState> slot, TrackJournal part, boolean inUse) {
        boolean empty = part.durableEnd().equals(Lsn.ZERO);
        if (slot.isEmpty()) {
            return empty && !inUse
                    ? null
                    : "TT-241 its replication slot is gone at the source, and changes with it";
        }
        SlotState state = slot.get();
        if (state.unusable().isPresent()) {
            return "TT-242 its replication slot can no longer be read (%s)"
                    .formatted(state.unusable().get());
        }
        if (empty) {
            return inUse ? "TT-243 the journal is gone, and changes with it" : null;
        }
        return state.confirmedFlush().isAfter(part.durableEnd())
                ? "TT-244 the slot was read up to %s by somebody else, the journal ends at %s"
                        .formatted(state.confirmedFlush(), part.durableEnd())
                : null;
    }

    /** Which of the tables no track carries, so that changes of them have been missed. */
    Set<TableId> unpublished(Collection<TableId> tables) throws SQLException {
        try (Connection connection = source.database().connect("tidetable setup")) {
            return publications.unpublished(connection, tables);
        }
    }

    /** Lets the track carry exactly these tables from now on. */
    void publish(Track track, Set<TableId> members) throws SQLException, InterruptedException {
        try (Connection connection = source.database().connect("tidetable setup")) {
            publish(connection, track, members);
        }
    }

    private void publish(Connection connection, Track track, Set<TableId> members)
            throws SQLException, InterruptedException {
        Set<TableId> present = publications.members(connection, track);
        Set<TableId> added = new HashSet<>(members);
        added.removeAll(present);
        Set<TableId> dropped = new HashSet<>(present);
        dropped.removeAll(members);
        if (!added.isEmpty() || !dropped.isEmpty()) {
            publications.change(
                    connection, List.of(new PublicationChange(track, added, dropped)), null);
        }
    }

    /** Waits until snapshots of the source count for everything that was begun or widened. */
    void awaitFence(boolean newSlots, Collection<TableId> tables)
            throws SQLException, InterruptedException {
        Fence fence =
                new Fence(
                        Duration.ofMillis(20),
                        Duration.ofSeconds(5),
                        waiting ->
                                LOG.info(
                                        "the copy waits for transactions that were open before: {} {}",
                                        waiting.reason(),
                                        waiting.blockers()));
        try (Connection connection = source.database().connect("tidetable fence")) {
            if (newSlots) {
                fence.awaitSlot(connection);
            }
            if (!tables.isEmpty()) {
                fence.awaitTables(connection, tables);
            }
        }
    }

    /** Begins to read the tracks. */
    void start(Set<Track> tracks, CaptureListener listener, Duration heartbeatInterval) {
        for (Track track : tracks) {
            TrackCapture capture =
                    new TrackCapture(
                            track,
                            source,
                            journal.track(track),
                            listener,
                            CaptureSettings.DEFAULT,
                            environment);
            captures.put(track, capture);
            capture.start();
        }
        heartbeat = new Heartbeat(source.database(), heartbeatInterval, environment.chance());
        heartbeat.start();
    }

    Map<Track, TrackCapture> captures() {
        return captures;
    }

    /** WAL that the source keeps for the track's slot, as of the last look; -1 before the first. */
    long heldBackBytes(Track track) {
        return heldBack.getOrDefault(track, -1L);
    }

    /** Asks the source what it keeps for the slots. */
    void look() throws SQLException {
        try (Connection connection = source.database().connect("tidetable slots")) {
            for (Track track : captures.keySet()) {
                slots.state(connection, track)
                        .ifPresent(state -> heldBack.put(track, state.heldBackBytes()));
            }
        }
    }

    Optional<Heartbeat> heartbeat() {
        return Optional.ofNullable(heartbeat);
    }

    @Override
    public void close() {
        if (heartbeat != null) {
            heartbeat.close();
        }
        captures.values().forEach(TrackCapture::close);
    }
}
