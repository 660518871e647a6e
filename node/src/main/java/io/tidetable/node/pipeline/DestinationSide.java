package io.tidetable.node.pipeline;

import io.tidetable.model.LaneId;
import io.tidetable.model.Lsn;
import io.tidetable.model.Position;
import io.tidetable.model.SourceIdentity;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.model.status.CopyManifest;
import io.tidetable.model.status.TableState;
import io.tidetable.node.apply.Progress;
import io.tidetable.node.apply.ProgressStore;
import io.tidetable.node.catalog.SequenceDefinition;
import io.tidetable.node.catalog.TableDefinition;
import io.tidetable.node.copy.CopyManifests;
import io.tidetable.node.destination.ReplicatedTables.Stage;
import io.tidetable.node.journal.Journal;
import io.tidetable.node.lane.Lane;
import io.tidetable.node.lane.LaneTable;
import io.tidetable.node.lane.TrackMove;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One destination of a pipeline: its tables, lanes and appliers. Opened in the order of its
 * methods: {@link #prepare}, {@link #createTables}, {@link #openLanes}, {@link #start}; then its
 * tables are copied ({@link TableWork#beginCopies}).
 */
final class DestinationSide implements LaneControl, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DestinationSide.class);

    /** So few lanes are taken over when they first have something to do. */
    private static final int FEW_LANES = 50;

    /** Each takes an entry of the destination's table of locks. */
    private static final int CLAIMED_AT_ONCE = 500;

    private final DestinationContext context;
    private final SourceIdentity identity;
    private final int slots;
    private final Dispatcher dispatcher;
    private final DestinationLanes lanes;
    private final DestinationSetup setup;
    private final TableWork work;
    private final Caretaker caretaker;
    private final SampleWatcher watcher;
    private final QuarantineDesk quarantine;
    private final Readmission readmission;
    private final List<Thread> appliers = new ArrayList<>();

    DestinationSide(
            DestinationContext context,
            SourceIdentity identity,
            Journal journal,
            Lane.Announced announced,
            int slots) {
        this.context = context;
        this.identity = identity;
        this.slots = slots;
        dispatcher = new Dispatcher(slots);
        lanes = new DestinationLanes(context, journal, announced, dispatcher);
        FunctionWatch functions = new FunctionWatch(context);
        setup = new DestinationSetup(context, identity, lanes, functions);
        work = new TableWork(context, lanes, dispatcher, functions, slots);
        caretaker = new Caretaker(context, journal, announced, this);
        watcher = new SampleWatcher(context, this);
        quarantine = new QuarantineDesk(context);
        readmission = new Readmission(context, lanes, setup, work, caretaker.publications());
    }

    DestinationContext context() {
        return context;
    }

    Dispatcher dispatcher() {
        return dispatcher;
    }

    int slots() {
        return slots;
    }

    DestinationLanes lanes() {
        return lanes;
    }

    Collection<LaneTable> tables() {
        return lanes.tables();
    }

    /** What a start found and made here. */
    DestinationSetup setup() {
        return setup;
    }

    /** Watches how its tables are published. */
    PublicationWatch publications() {
        return caretaker.publications();
    }

    /** Chooses how often tables are refreshed. */
    ChosenCadences cadences() {
        return caretaker.cadences();
    }

    /** What its tables are put through. */
    TableWork work() {
        return work;
    }

    /** Goes on with a table that was paused, failed, or could not be created. */
    void resume(LaneTable table) throws SQLException {
        if (table.isSetAside()) {
            readmission.begin(table);
        } else if (work.stoppedBeforeItsCopy(table)) {
            readmission.beginCopy(table);
        } else {
            work.resume(table);
        }
    }

    /** Compares the table with the source and mends it. */
    void resync(LaneTable table) throws SQLException {
        if (table.isSetAside()) {
            readmission.begin(table);
        } else {
            work.resync(table);
        }
    }

    /** Reads what the destination remembers. */
    void prepare() throws SQLException {
        setup.prepare();
    }

    /** Creates what is missing and writes down what is to be replicated from now on. */
    void createTables(
            Connection source,
            Map<TableId, Placed> wanted,
            List<SequenceDefinition> sequences,
            PushDown.Found carriedInPart)
            throws SQLException {
        setup.createTables(source, wanted, sequences, carriedInPart);
        caretaker.sequences(sequences);
    }

    /**
     * Makes the lanes and says from where each goes on.
     *
     * @param lost tracks whose changes so far are lost
     */
    void openLanes(Map<TableId, Placed> wanted, Set<Track> lost) throws SQLException {
        setup.openLanes(wanted, lost);
        quarantine.recount(lanes.tables());
    }

    /** Whether the destination has on its disk that the move's tables are complete up to there. */
    boolean hasFlushed(TrackMove move, Lsn position) {
        return lanes.of(move).stream()
                .allMatch(lane -> caretaker.flushed(lane.id()).isAtOrAfter(position));
    }

    /** Writes down where tables ride from now on. */
    void noteTrack(Set<TableId> moved, Track track) throws SQLException {
        try (Connection connection = context.connect("tidetable bookkeeping")) {
            context.tables().ride(connection, moved, track);
        }
    }

    /** What it refused. */
    QuarantineDesk quarantine() {
        return quarantine;
    }

    /** What the first copy of a table consists of. */
    CopyManifest manifest(TableId table) throws SQLException {
        try (Connection connection = context.connect("tidetable manifest")) {
            return CopyManifests.of(connection, context.pipeline(), table);
        }
    }

    /** Puts the appliers to work on what can go on. */
    void start() {
        claimLanes();
        for (int number = 0; number < slots; number++) {
            Applier applier = new Applier(context, dispatcher, this);
            appliers.add(
                    Thread.ofPlatform()
                            .name("apply-" + context.id() + "-" + number)
                            .start(applier));
        }
        lanes.activateAll();
        caretaker.start();
        watcher.start();
        readmission.open();
    }

    /** Many at once; those that an old owner is at work on are taken over one by one later. */
    private void claimLanes() {
        List<LaneId> all = List.copyOf(lanes.ids());
        if (all.size() < FEW_LANES) {
            return;
        }
        try (Connection connection = context.connect("tidetable progress")) {
            ProgressStore store = new ProgressStore(connection, Duration.ofSeconds(30));
            for (int from = 0; from < all.size(); from += CLAIMED_AT_ONCE) {
                List<LaneId> some = all.subList(from, Math.min(all.size(), from + CLAIMED_AT_ONCE));
                store.claimFree(context.pipeline(), some)
                        .forEach(it -> context.claimed().put(it.lane(), it));
            }
        } catch (SQLException e) {
            context.claimed().clear();
            LOG.info(
                    "destination {}: its lanes are taken over one by one: {}",
                    context.id(),
                    e.getMessage());
        }
    }

    void carrySequences() throws SQLException {
        caretaker.carrySequences();
    }

    @Override
    public List<Lane> lanesOf(TableId table) {
        return lanes.of(table);
    }

    @Override
    public void wake(TableId table) {
        lanes.of(table).forEach(lanes::wake);
    }

    @Override
    public void wake(Lane lane) {
        lanes.wake(lane);
    }

    @Override
    public void copyEnded(CopyJob job) {
        work.copyEnded(job);
    }

    @Override
    public void complete(TableId table) throws SQLException {
        TableDefinition ours = setup.createdHere(table);
        if (ours != null) {
            context.completeTable(ours);
        }
    }

    @Override
    public void mergeAll(Lane lane, String reason) {
        // One that was set aside is brought whole in any case.
        List<LaneTable> carried =
                lane.tables().stream().filter(table -> !table.isSetAside()).toList();
        if (context.lostChanges() == PipelineSettings.LostChanges.STOP && !carried.isEmpty()) {
            refuseMerge(lane, carried, reason);
            return;
        }
        LOG.warn(
                "lane {}: {}; its tables are compared with the source and mended",
                lane.id(),
                reason);
        try {
            for (LaneTable table : carried) {
                context.become(table, Stage.MERGING, TableState.MERGING);
            }
            skipToEnd(lane);
            carried.forEach(table -> work.mergeAfterGap(table));
            wake(lane);
        } catch (SQLException e) {
            lane.stopping().forEach(table -> table.become(TableState.FAILED, reason));
            LOG.error("lane {} stopped: {}", lane.id(), reason, e);
        }
    }

    private static void refuseMerge(Lane lane, List<LaneTable> carried, String reason) {
        String why = reason + TableWork.STOPPED_BY_SETTINGS;
        carried.forEach(table -> table.become(TableState.FAILED, why));
        LOG.error("lane {} stopped: TT-248 {}", lane.id(), why);
    }

    @Override
    public void skipToEnd(Lane lane, LaneTable merged, String reason) throws SQLException {
        // Before it is skipped: afterwards nobody could tell that changes were missed.
        for (LaneTable table : lane.tables()) {
            if (table != merged && !table.isSetAside()) {
                work.skipped(table, reason);
            }
        }
        skipToEnd(lane);
    }

    private void skipToEnd(Lane lane) throws SQLException {
        try (Connection connection = context.connect("tidetable bookkeeping")) {
            connection.setAutoCommit(false);
            context.tables().forgetProgress(connection, lane.id());
            new ProgressStore(connection, Duration.ofSeconds(30))
                    .create(
                            new Progress(
                                    context.pipeline(),
                                    lane.id(),
                                    identity,
                                    new Position(
                                            Lsn.max(
                                                    lanes.beginningOf(lane.tables()),
                                                    lane.completeBelow()),
                                            0)));
            connection.commit();
        }
        context.claimed().remove(lane.id());
        lane.owned(false);
        lane.forget();
    }

    /** Every lane reads from the destination where it stands: it may have lost commits. */
    void forgetAll() {
        context.claimed().clear();
        for (Lane lane : lanes.all()) {
            lane.lock();
            try {
                lane.forget();
            } finally {
                lane.unlock();
            }
        }
        context.trust();
        lanes.activateAll();
    }

    @Override
    public void close() {
        readmission.close();
        watcher.close();
        caretaker.close();
        dispatcher.close();
        appliers.forEach(Thread::interrupt);
        for (Thread applier : appliers) {
            try {
                applier.join(Duration.ofSeconds(30));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        context.preparations().close();
        work.close();
        context.giants().values().forEach(GiantTransaction::abandon);
    }
}
