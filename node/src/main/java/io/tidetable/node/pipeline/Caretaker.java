package io.tidetable.node.pipeline;

import io.tidetable.model.LaneId;
import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.model.schema.Strategy;
import io.tidetable.model.status.TableState;
import io.tidetable.node.catalog.PartitionSync;
import io.tidetable.node.catalog.SequenceDefinition;
import io.tidetable.node.catalog.SequenceSync;
import io.tidetable.node.catalog.UnsaidChanges;
import io.tidetable.node.destination.ReplicatedTables.Registered;
import io.tidetable.node.destination.ReplicatedTables.Stage;
import io.tidetable.node.journal.Journal;
import io.tidetable.node.lane.Lane;
import io.tidetable.node.lane.LaneTable;
import io.tidetable.node.postgres.SourceSnapshot;
import io.tidetable.node.strategy.TableStrategy;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What has to be done for a destination now and then, on a thread of its own: learning what it
 * flushed, writing watermarks down, moving tables on that caught up, carrying sequences and new
 * partitions over.
 */
final class Caretaker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Caretaker.class);
    private static final Duration ROUND = Duration.ofMillis(200);
    private static final Duration WATERMARKS = Duration.ofSeconds(1);
    private static final Duration SEQUENCES = Duration.ofSeconds(30);

    /** How long sessions of copies are kept that nobody uses. */
    private static final Duration SPARE = Duration.ofSeconds(5);

    /** Heartbeats between two looks at what the source's catalog says and the stream does not. */
    private static final int HEARTBEATS = 5;

    /** Heartbeats between two looks at what functions need. */
    private static final int HEARTBEATS_PER_NEED = 30;

    private static final String UPKEEP = "upkeep";

    private static final int VALIDITY_SECONDS = 5;

    private static final String SNAPSHOT = "SELECT pg_current_snapshot()::text";

    private final DestinationContext context;
    private final DestinationSide side;
    private final Lane.Announced announced;
    private final Durability durability;
    private final UnsaidChanges unsaid;
    private final Duration catalogLooks;
    private final Duration needLooks;
    private final Object pause = new Object();
    private final PublicationWatch watch;
    private final Reminder sourceTroubles;
    private final Reminder troubles;
    private final RefreshCadence refreshes = new RefreshCadence();
    private final ChosenCadences cadences;
    private volatile List<SequenceDefinition> sequences = List.of();
    private volatile boolean closed;
    private @Nullable Thread thread;
    private @Nullable Connection source;
    private @Nullable Connection destination;
    private Instant watermarksNoted = Instant.MIN;
    private Instant sequencesCarried = Instant.MIN;
    private Instant catalogLooked = Instant.MIN;
    private Instant needsLooked = Instant.MIN;
    private Instant cadencesLooked = Instant.MIN;

    Caretaker(
            DestinationContext context,
            Journal journal,
            Lane.Announced announced,
            DestinationSide side) {
        this.context = context;
        this.announced = announced;
        this.side = side;
        unsaid = new UnsaidChanges(context.pipeline());
        cadences = new ChosenCadences(context.costs());
        watch = new PublicationWatch(context, side);
        sourceTroubles = new Reminder(context.steady());
        troubles = new Reminder(context.steady());
        catalogLooks = context.tuning().heartbeat().multipliedBy(HEARTBEATS);
        needLooks = context.tuning().heartbeat().multipliedBy(HEARTBEATS_PER_NEED);
        durability = new Durability(context.pipeline(), context.id(), journal);
    }

    /** The progress of a lane that the destination has on its disk. */
    Lsn flushed(LaneId lane) {
        return durability.flushed(lane);
    }

    /** Chooses how often tables are refreshed. */
    ChosenCadences cadences() {
        return cadences;
    }

    /** Watches how the tables are published. */
    PublicationWatch publications() {
        return watch;
    }

    /** The sequences to carry over. */
    void sequences(List<SequenceDefinition> found) {
        sequences = List.copyOf(found);
    }

    void start() {
        thread = Thread.ofPlatform().name("care-" + context.id()).start(this::run);
    }

    private void run() {
        while (!closed) {
            long wait = ROUND.toMillis();
            try {
                round();
                context.health().succeeded(UPKEEP);
            } catch (SQLException e) {
                breakConnections();
                durability.forget();
                context.distrust();
                wait =
                        context.health()
                                .failed(UPKEEP, "TT-402 its upkeep failed: " + e.getMessage(), e);
            } catch (RuntimeException e) {
                LOG.error("TT-491 the upkeep of {} failed unexpectedly", context.id(), e);
                wait = 1_000;
            }
            synchronized (pause) {
                try {
                    if (!closed) {
                        pause.wait(wait);
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return;
                }
            }
        }
        lastRound();
    }

    private void lastRound() {
        if (!watch.hasOwnActs()) {
            return;
        }
        try {
            watch.noteOwnActs(source(), destination());
        } catch (SQLException | RuntimeException e) {
            LOG.debug("how tables are published now was not noted: {}", e.getMessage());
        }
    }

    private void round() throws SQLException {
        if (context.isDistrusted()) {
            breakConnections();
            context.copySessions().letGo(Duration.ZERO);
            durability.forget();
            unsaid.forget();
            watch.forget();
            side.forgetAll();
            rememberMerges(destination());
        }
        Connection connection = destination();
        Instant now = context.steady().instant();
        durability.look(connection, side.lanes().all());
        side.lanes().letGo();
        moveOn();
        if (isDue(cadencesLooked, catalogLooks, now)) {
            side.tables().forEach(table -> cadences.look(table, now));
            cadencesLooked = now;
        }
        refreshDue(now, context.clock().instant());
        boolean eachSecond = isDue(watermarksNoted, WATERMARKS, now);
        if (eachSecond) {
            durability.noteWatermarks(connection, side.lanes().all(), tracks(), announced::upTo);
            watermarksNoted = now;
            context.copySessions().letGo(SPARE);
        }
        try {
            lookAtSource(now, eachSecond);
            sourceTroubles.over();
        } catch (SQLException e) {
            if (!isSourceGone()) {
                throw e;
            }
            leaveSourceAlone(e);
        }
    }

    /** What needs both sides; while the source is away the rest goes on without it. */
    private void lookAtSource(Instant now, boolean eachSecond) throws SQLException {
        if (eachSecond) {
            confirmApplied();
        }
        if (isDue(catalogLooked, catalogLooks, now)) {
            noteUnsaid();
            watch.look(source(), destination());
            for (LaneTable table : side.tables()) {
                if (side.setup().isPartitioned(table.table())) {
                    synchronized (table) {
                        ensurePartitions(table);
                    }
                }
            }
            catalogLooked = now;
        }
        if (isDue(needsLooked, needLooks, now)) {
            side.work().lookAtFunctions(source(), destination());
            needsLooked = now;
        }
        if (isDue(sequencesCarried, SEQUENCES, now)) {
            carrySequences();
            sequencesCarried = now;
        }
    }

    /** Whether it was the source that failed: it could not be reached, or its session is gone. */
    private boolean isSourceGone() {
        try {
            return source == null || !source.isValid(VALIDITY_SECONDS);
        } catch (SQLException e) {
            return true;
        }
    }

    private void leaveSourceAlone(SQLException error) {
        close(source);
        source = null;
        String why = String.valueOf(error.getMessage());
        if (sourceTroubles.isDue(why)) {
            LOG.warn(
                    "TT-203 the source does not answer the upkeep of {}: {}; it is tried again",
                    context.id(),
                    why);
        }
    }

    private static boolean isDue(Instant last, Duration interval, Instant now) {
        return !now.isBefore(last.plus(interval));
    }

    private Set<Track> tracks() {
        Set<Track> tracks = EnumSet.noneOf(Track.class);
        side.tables().forEach(table -> tracks.addAll(table.tracks()));
        return tracks;
    }

    /**
     * A table whose lanes have passed its copy streams; or is merged, where rows were left open.
     */
    private void moveOn() throws SQLException {
        for (LaneTable table : side.tables()) {
            synchronized (table) {
                if (table.state() == TableState.CATCHING_UP
                        || (table.state() == TableState.STREAMING && table.needsMerge())) {
                    moveOn(table);
                }
            }
        }
    }

    private void moveOn(LaneTable table) throws SQLException {
        List<Lane> lanes = side.lanes().of(table.table());
        if (!lanes.stream().allMatch(lane -> table.isBehind(lane.completeUpTo()))) {
            return;
        }
        if (table.needsMerge()) {
            LOG.warn(
                    "table {} has rows with values that only the source knows; it is merged",
                    table.table());
            side.work().merge(table);
        } else {
            // Waits for the disk there: what the lane has passed by is not taken back any more.
            context.tables().become(destination(), table.table(), Stage.STREAMING, null);
            table.become(TableState.STREAMING, null);
            table.boundary(null);
            LOG.info("table {} streams", table.table());
        }
    }

    /** Tables that are refreshed now and then. */
    private void refreshDue(Instant now, Instant wall) throws SQLException {
        for (LaneTable table : side.tables()) {
            synchronized (table) {
                TableStrategy strategy = table.strategy();
                if (strategy.current() instanceof Strategy.Full full
                        && refreshes.isDue(
                                table.table(),
                                strategy.asOfTime(),
                                ChosenCadences.of(table, full),
                                now,
                                wall)
                        && table.state() == TableState.STREAMING) {
                    side.work().merge(table);
                }
            }
        }
    }

    /** Lanes forget which of their transactions the source might not show yet. */
    private void confirmApplied() throws SQLException {
        try (Statement statement = source().createStatement();
                ResultSet row = statement.executeQuery(SNAPSHOT)) {
            row.next();
            SourceSnapshot snapshot = SourceSnapshot.parse(row.getString(1), Lsn.ZERO);
            side.lanes().all().forEach(lane -> lane.confirm(snapshot));
        }
    }

    /** What was noted in a transaction whose end nobody saw counts. */
    private void rememberMerges(Connection connection) throws SQLException {
        Map<TableId, Registered> registered = context.tables().all(connection);
        for (LaneTable table : side.tables()) {
            Registered known = registered.get(table.table());
            if (known != null && known.needsMerge()) {
                table.needsMerge(true);
            }
        }
    }

    /** Tables whose rows changed in a way that no change stream tells are merged. */
    private void noteUnsaid() throws SQLException {
        List<LaneTable> copied = side.tables().stream().filter(Caretaker::isCopied).toList();
        List<TableId> names = copied.stream().map(LaneTable::table).toList();
        Map<TableId, String> reasons = unsaid.look(source(), destination(), names);
        for (LaneTable table : copied) {
            String reason = reasons.get(table.table());
            if (reason != null) {
                LOG.warn(
                        "table {}: {} at the source, which is in no change stream",
                        table.table(),
                        reason);
                table.needsMerge(true);
            }
        }
    }

    /** A table that is being copied or merged, or is not there, is looked at once that is over. */
    private static boolean isCopied(LaneTable table) {
        return switch (table.state()) {
            case WAITING, COPYING, MERGING -> false;
            case CATCHING_UP, STREAMING, PAUSED, FAILED -> !table.isSetAside();
        };
    }

    private void ensurePartitions(LaneTable table) throws SQLException {
        if (!isCopied(table)) {
            return;
        }
        PartitionSync.Outcome outcome;
        try {
            outcome =
                    new PartitionSync(
                                    source(),
                                    destination(),
                                    context.pipeline(),
                                    Duration.ofMillis(500))
                            .ensurePartitions(table.table());
        } catch (TidetableException e) {
            // One table's trouble; the look comes again.
            if (troubles.isDue(e.line())) {
                LOG.warn("{}", e.line());
            }
            return;
        }
        if (!outcome.created().isEmpty()) {
            LOG.info("table {}: partitions created: {}", table.table(), outcome.created());
        }
        if (outcome.needsMerge()) {
            LOG.warn(
                    "table {}: rows came or went with partitions, which is in no change stream: came={} gone={} rewritten={}",
                    table.table(),
                    outcome.heldRows(),
                    outcome.gone(),
                    outcome.rewritten());
            table.needsMerge(true);
        }
    }

    /** Carries the sequences over now; also for a cut-over. */
    synchronized void carrySequences() throws SQLException {
        try (Connection from = context.source().connect("tidetable sequences");
                Connection to = context.connect("tidetable sequences")) {
            SequenceSync.sync(from, to, sequences);
        }
    }

    private Connection source() throws SQLException {
        if (source == null) {
            source = context.source().connect("tidetable upkeep");
        }
        return source;
    }

    private Connection destination() throws SQLException {
        if (destination == null) {
            destination = context.connect("tidetable upkeep");
        }
        return destination;
    }

    private void breakConnections() {
        close(source);
        close(destination);
        source = null;
        destination = null;
    }

    private static void close(@Nullable Connection connection) {
        if (connection != null) {
            try {
                connection.close();
            } catch (SQLException e) {
                LOG.debug("a broken connection did not close: {}", e.getMessage());
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        synchronized (pause) {
            pause.notifyAll();
        }
        Thread running = thread;
        if (running != null) {
            try {
                running.join(Duration.ofSeconds(30));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        breakConnections();
    }
}
