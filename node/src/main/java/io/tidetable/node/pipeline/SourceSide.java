package io.tidetable.node.pipeline;

import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.node.capture.CaptureEnvironment;
import io.tidetable.node.capture.CaptureListener;
import io.tidetable.node.capture.CaptureSettings;
import io.tidetable.node.capture.CaptureSource;
import io.tidetable.node.capture.Fence;
import io.tidetable.node.capture.Heartbeat;
import io.tidetable.node.capture.LiveMoves;
import io.tidetable.node.capture.LogicalMessage;
import io.tidetable.node.capture.PublicationChange;
import io.tidetable.node.capture.PublicationMove;
import io.tidetable.node.capture.Publications;
import io.tidetable.node.capture.RightOfWay;
import io.tidetable.node.capture.SlotState;
import io.tidetable.node.capture.Slots;
import io.tidetable.node.capture.TrackCapture;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.journal.Journal;
import io.tidetable.node.journal.TrackJournal;
import io.tidetable.node.lane.TrackMove;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The source's end of a pipeline: publications, slots and what reads them. It decides for each
 * track whether what the journal holds and what the slot will send join without a gap.
 */
final class SourceSide implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SourceSide.class);

    private static final Duration LOCK_TIMEOUT = Duration.ofSeconds(2);
    private static final int LOCK_ATTEMPTS = 15;
    private static final String FORBIDDEN = "42501";

    /** Each takes an entry of the source's table of locks, which has room for some thousands. */
    private static final int CHANGED_AT_ONCE = 1_000;

    private static final String POSITION = "SELECT pg_current_wal_insert_lsn()::text";

    private static final String FLUSHED = "SET synchronous_commit = local";

    private static final String MARK = "SELECT pg_logical_emit_message(true, ?, ?)";

    private final CaptureSource source;
    private final Journal journal;
    private final PipelineSettings.LostChanges lostChanges;
    private final CaptureEnvironment environment;
    private final Publications publications;
    private final Slots slots;
    private final RightOfWay rightOfWay = new RightOfWay();
    private volatile Map<Track, TrackCapture> captures = Map.of();
    private @Nullable Heartbeat heartbeat;
    private @Nullable SlotWatch slotWatch;

    SourceSide(
            CaptureSource source,
            Journal journal,
            PipelineSettings.LostChanges lostChanges,
            CaptureEnvironment environment) {
        this.source = source;
        this.journal = journal;
        this.lostChanges = lostChanges;
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
     * @param moving tables that are left where they are published
     * @param inUse whether some destination holds rows that rely on the track's changes so far
     * @param renewed where the slot begins that {@link #renew} made; null where it made none
     */
    Beginning open(
            Track track,
            Set<TableId> members,
            Set<TableId> moving,
            boolean inUse,
            @Nullable Lsn renewed)
            throws SQLException, InterruptedException {
        TrackJournal part = journal.track(track);
        try (Connection connection = source.database().connect("tidetable setup")) {
            publications.create(connection, track);
            Optional<SlotState> slot = slots.state(connection, track);
            boolean anew =
                    renewed != null
                            && slot.filter(it -> it.confirmedFlush().equals(renewed)).isPresent();
            String loss =
                    anew
                            ? "TT-241 its replication slot was lost, and changes with it; a new one is there"
                            : loss(slot, part, inUse);
            if (loss == null && slot.isPresent()) {
                if (part.durableEnd().equals(Lsn.ZERO)) {
                    part.startAt(slot.get().confirmedFlush());
                }
                return Beginning.CONTINUED;
            }
            if (loss != null) {
                if (lostChanges == PipelineSettings.LostChanges.STOP) {
                    throw Remedy.refusal("track %s: %s".formatted(track.label(), loss));
                }
                LOG.warn(
                        "track {}: {}; its tables will be compared with the source and mended",
                        track.label(),
                        loss);
                journal.discard(track);
                if (slot.isPresent() && !anew) {
                    slots.drop(connection, track);
                }
            }
            // The slot reads its publication as it was at each change: members come first.
            publish(connection, track, members, moving);
            journal.track(track)
                    .startAt(
                            anew
                                    ? slot.get().confirmedFlush()
                                    : slots.create(source.database(), track));
            return loss == null ? Beginning.NEW : Beginning.AFTER_GAP;
        }
    }

    /**
     * Makes the slot of a track anew that lost changes, after its capture has ended. That waits for
     * every transaction that is open at the source, while the other tracks go on.
     *
     * @param members what its publication carries where that is gone too
     * @return where it begins
     */
    Lsn renew(Track track, Set<TableId> members) throws SQLException, InterruptedException {
        try (Connection connection = source.database().connect("tidetable setup")) {
            LOG.info("the slot of track {} is made anew", track.label());
            if (publications.create(connection, track)) {
                publish(connection, track, members, Set.of());
            }
            slots.drop(connection, track);
            return slots.create(source.database(), track);
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

    /**
     * Lets the track carry exactly these tables from now on.
     *
     * @param moving tables that are left where they are
     */
    void publish(Track track, Set<TableId> members, Set<TableId> moving)
            throws SQLException, InterruptedException {
        try (Connection connection = source.database().connect("tidetable setup")) {
            publish(connection, track, members, moving);
        }
    }

    /** The tables that the source publishes for the pipeline, each with the tracks it rides. */
    Map<TableId, Set<Track>> published() throws SQLException {
        Map<TableId, Set<Track>> published = new HashMap<>();
        try (Connection connection = source.database().connect("tidetable setup")) {
            for (Track track : Track.values()) {
                for (TableId table : publications.members(connection, track)) {
                    published.computeIfAbsent(table, _ -> EnumSet.noneOf(Track.class)).add(track);
                }
            }
        }
        return published;
    }

    /** Whether the new track carries what the old one does of a move's tables. */
    boolean joined(TrackMove move) throws SQLException {
        try (Connection connection = source.database().connect("tidetable move")) {
            Set<TableId> carried = publications.members(connection, move.from());
            carried.retainAll(move.tables());
            return publications.members(connection, move.to()).containsAll(carried);
        }
    }

    /** Whether the track carries all of the tables. */
    boolean carries(Track track, Set<TableId> tables) throws SQLException {
        try (Connection connection = source.database().connect("tidetable move")) {
            return publications.members(connection, track).containsAll(tables);
        }
    }

    /** Whether the source has a slot for the track. */
    boolean hasSlot(Track track) throws SQLException {
        try (Connection connection = source.database().connect("tidetable setup")) {
            return slots.state(connection, track).isPresent();
        }
    }

    private void publish(
            Connection connection, Track track, Set<TableId> members, Set<TableId> moving)
            throws SQLException, InterruptedException {
        Set<TableId> present = publications.members(connection, track);
        present.removeAll(moving);
        Set<TableId> added = new HashSet<>(members);
        added.removeAll(present);
        Set<TableId> dropped = new HashSet<>(present);
        dropped.removeAll(members);
        if (added.size() + dropped.size() <= CHANGED_AT_ONCE) {
            change(connection, new PublicationChange(track, added, dropped));
            return;
        }
        // Each of them has its fence afterwards, and the next start finds those that are missing.
        for (Set<TableId> part : parts(dropped)) {
            change(connection, new PublicationChange(track, Set.of(), part));
        }
        for (Set<TableId> part : parts(added)) {
            change(connection, new PublicationChange(track, part, Set.of()));
        }
    }

    private void change(Connection connection, PublicationChange change)
            throws SQLException, InterruptedException {
        if (!change.added().isEmpty() || !change.dropped().isEmpty()) {
            publications.change(connection, List.of(change), null);
        }
    }

    private static List<Set<TableId>> parts(Set<TableId> tables) {
        List<Set<TableId>> parts = new ArrayList<>();
        for (TableId table : new TreeSet<>(tables)) {
            if (parts.isEmpty() || parts.getLast().size() == CHANGED_AT_ONCE) {
                parts.add(new HashSet<>());
            }
            parts.getLast().add(table);
        }
        return parts;
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

    private static Lsn position(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(POSITION)) {
            row.next();
            return Lsn.parse(row.getString(1));
        }
    }

    /**
     * Commits a message on all tracks.
     *
     * @return a position at or above every commit before this call, which the tracks pass soon, and
     *     below which a crash takes nothing back
     */
    Lsn mark(String content) throws SQLException {
        try (Connection connection = source.database().connect("tidetable marker");
                Statement session = connection.createStatement();
                PreparedStatement statement = connection.prepareStatement(MARK)) {
            // Else the log might begin anew below the position, and commits come there twice.
            session.execute(FLUSHED);
            Lsn position = position(connection);
            statement.setString(1, LogicalMessage.PREFIX);
            statement.setString(2, content);
            statement.execute();
            return position;
        }
    }

    /**
     * Lets a move's tables ride both tracks.
     *
     * @return why that is not so; null when it is
     */
    @Nullable TidetableException join(TrackMove move, Faults faults)
            throws SQLException, InterruptedException {
        PublicationMove change = new PublicationMove(publications, LOCK_TIMEOUT, faults);
        return attempt(
                move,
                connection ->
                        change.join(
                                connection,
                                move.tables(),
                                move.from(),
                                move.to(),
                                move.id() + " joins"));
    }

    /**
     * Lets a move's tables ride the new track alone.
     *
     * @return why that is not so yet; null when it is
     */
    @Nullable TidetableException leave(TrackMove move, Faults faults)
            throws SQLException, InterruptedException {
        PublicationMove change = new PublicationMove(publications, LOCK_TIMEOUT, faults);
        return attempt(
                move,
                connection ->
                        change.leave(
                                connection, move.tables(), move.from(), move.id() + " leaves"));
    }

    private interface Attempt {
        PublicationMove.Outcome on(Connection connection) throws SQLException;
    }

    private @Nullable TidetableException attempt(TrackMove move, Attempt change)
            throws SQLException, InterruptedException {
        for (int attempt = 1; ; attempt++) {
            PublicationMove.Outcome outcome;
            try (Connection connection = source.database().connect("tidetable move")) {
                outcome = change.on(connection);
            }
            switch (outcome) {
                case PublicationMove.Outcome.Done() -> {
                    return null;
                }
                case PublicationMove.Outcome.Refused(TidetableException why) -> {
                    return why;
                }
                case PublicationMove.Outcome.Locked(SQLException why) -> {
                    LOG.info("a move waits for a lock of {}: {}", move.tables(), why.getMessage());
                    if (FORBIDDEN.equals(why.getSQLState()) || attempt >= LOCK_ATTEMPTS) {
                        return new TidetableException(
                                "TT-233",
                                "the publications could not be changed: %s; %d attempts of %d ms each did not get the lock of %s, see pg_locks for who holds it, or let the role own the table; the move can be asked for again"
                                        .formatted(
                                                why.getMessage(),
                                                attempt,
                                                LOCK_TIMEOUT.toMillis(),
                                                move.tables()),
                                why);
                    }
                    Thread.sleep(LOCK_TIMEOUT.dividedBy(4));
                }
            }
        }
    }

    /**
     * Waits until every transaction has ended that holds a lock to write to the tables now, or
     * until that is not wanted any more.
     *
     * @return whether they have ended
     */
    boolean awaitWriters(
            Collection<TableId> tables, BooleanSupplier wanted, Consumer<Fence.Waiting> listener)
            throws SQLException, InterruptedException {
        try (Connection connection = source.database().connect("tidetable fence")) {
            return new Fence(Duration.ofMillis(20), Duration.ofSeconds(1), listener)
                    .awaitTables(connection, tables, wanted);
        }
    }

    /** Waits for the writers of each table by itself. */
    void awaitWritersOfEach(Collection<TableId> tables, Consumer<TableId> ended)
            throws SQLException, InterruptedException {
        try (Connection connection = source.database().connect("tidetable fence")) {
            new Fence(
                            Duration.ofMillis(200),
                            Duration.ofSeconds(5),
                            waiting ->
                                    LOG.debug(
                                            "until {} end, tables they wrote to do not leave express at once",
                                            waiting.blockers()))
                    .awaitEach(connection, tables, ended);
        }
    }

    /** Notes in the new track's journal that what came before the turn is not in it. */
    void cut(TrackMove move, Lsn turn) {
        journal.track(move.to()).lacks(move.tables(), turn);
    }

    /** Why tables cannot move between tracks at this source; empty where they can. */
    Optional<String> whyNoMoves() throws SQLException {
        try (Connection connection = source.database().connect("tidetable setup")) {
            return LiveMoves.refusal(connection);
        }
    }

    /** Begins to read the tracks. */
    void start(Set<Track> tracks, CaptureListener listener, Duration heartbeatInterval) {
        tracks.forEach(track -> read(track, listener));
        heartbeat = new Heartbeat(source.database(), heartbeatInterval, environment.chance());
        heartbeat.start();
        slotWatch = new SlotWatch(source.database(), slots);
        slotWatch.start();
    }

    /** Begins to read a track. */
    void read(Track track, CaptureListener listener) {
        TrackCapture capture =
                new TrackCapture(
                        track,
                        source,
                        journal.track(track),
                        rightOfWay,
                        listener,
                        CaptureSettings.DEFAULT,
                        environment);
        Map<Track, TrackCapture> more = new EnumMap<>(Track.class);
        more.putAll(captures);
        more.put(track, capture);
        captures = Collections.unmodifiableMap(more);
        capture.start();
    }

    /** Changes of a table that have come over the track so far. */
    long received(Track track, TableId table) {
        TrackCapture capture = captures.get(track);
        return capture == null ? 0 : capture.traffic().changesOf(table);
    }

    Map<Track, TrackCapture> captures() {
        return captures;
    }

    /** How long the track has waited for another one of the source. */
    Duration gaveWay(Track track) {
        return track == Track.BULK ? rightOfWay.waited() : Duration.ZERO;
    }

    /** WAL that the source keeps for the track's slot, as of the last look; -1 before the first. */
    long heldBackBytes(Track track) {
        return slotWatch == null ? -1 : slotWatch.heldBackBytes(track);
    }

    Optional<Heartbeat> heartbeat() {
        return Optional.ofNullable(heartbeat);
    }

    @Override
    public void close() {
        if (slotWatch != null) {
            slotWatch.close();
        }
        if (heartbeat != null) {
            heartbeat.close();
        }
        captures.values().forEach(TrackCapture::close);
    }
}
