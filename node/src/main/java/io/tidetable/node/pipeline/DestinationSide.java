package io.tidetable.node.pipeline;

import io.tidetable.model.Consistency;
import io.tidetable.model.LaneId;
import io.tidetable.model.Lsn;
import io.tidetable.model.Position;
import io.tidetable.model.SourceIdentity;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.model.schema.ReplicationSchema;
import io.tidetable.model.schema.Strategy;
import io.tidetable.model.status.CopyManifest;
import io.tidetable.model.status.TableState;
import io.tidetable.node.apply.Progress;
import io.tidetable.node.apply.ProgressStore;
import io.tidetable.node.apply.StagedTransaction;
import io.tidetable.node.catalog.Creation;
import io.tidetable.node.catalog.SequenceDefinition;
import io.tidetable.node.catalog.TableCreator;
import io.tidetable.node.catalog.TableDefinition;
import io.tidetable.node.copy.CopyManifests;
import io.tidetable.node.destination.Bookkeeping;
import io.tidetable.node.destination.ReplicatedTables.Registered;
import io.tidetable.node.destination.ReplicatedTables.Stage;
import io.tidetable.node.destination.TakenKeys;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.journal.Journal;
import io.tidetable.node.journal.TrackJournal;
import io.tidetable.node.journal.TransactionFeed;
import io.tidetable.node.lane.CopyBoundary;
import io.tidetable.node.lane.Feeds;
import io.tidetable.node.lane.KeyBuckets;
import io.tidetable.node.lane.Lane;
import io.tidetable.node.lane.LaneTable;
import io.tidetable.node.lane.TrackMove;
import io.tidetable.node.postgres.SourceSnapshot;
import io.tidetable.node.strategy.ScopeResolver;
import io.tidetable.node.strategy.TableStrategy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One destination of a pipeline: its tables, lanes and appliers. Opened in the order of its
 * methods: {@link #prepare}, {@link #createTables}, {@link #openLanes}, {@link #start}, {@link
 * #beginCopies}.
 */
final class DestinationSide implements LaneControl, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DestinationSide.class);

    /** What tells a table that an override holds from one that was paused by hand. */
    private static final String HELD = "held by an override";

    /** Of the source's log: a lane that is no further behind is at work on what just came. */
    private static final long NEAR_BYTES = 32L << 20;

    private final DestinationContext context;
    private final SourceIdentity identity;
    private final Journal journal;
    private final Lane.Announced announced;
    private final int slots;
    private final Dispatcher dispatcher;
    private final CopyAdmission admission;
    private final Caretaker caretaker;
    private final SampleWatcher watcher;
    private final FunctionWatch functions;
    private final QuarantineDesk quarantine;
    private final List<Thread> appliers = new ArrayList<>();
    private final Map<LaneId, Lane> lanes = new TreeMap<>();
    private final Map<TableId, LaneTable> tables = new TreeMap<>();
    private final Map<TableId, List<Lane>> lanesByTable = new HashMap<>();
    private final Set<Lane> mergedLanes = ConcurrentHashMap.newKeySet();

    /** What the journal keeps for this destination; its own monitor. */
    private final Map<TableId, Set<Track>> kept = new HashMap<>();

    private final Object handing = new Object();
    private final Map<TableId, CopyJob> copies = new TreeMap<>();
    private final Map<TableId, TableDefinition> definitions = new HashMap<>();
    private final Set<TableId> missed = new HashSet<>();
    private Map<TableId, Registered> registered = Map.of();
    private Map<TableId, TableStrategy> strategies = Map.of();

    DestinationSide(
            DestinationContext context,
            SourceIdentity identity,
            Journal journal,
            Lane.Announced announced,
            int slots) {
        this.context = context;
        this.identity = identity;
        this.journal = journal;
        this.announced = announced;
        this.slots = slots;
        dispatcher = new Dispatcher(slots);
        admission = new CopyAdmission(slots, job -> dispatcher.activate(new Work.OfCopy(job)));
        caretaker = new Caretaker(context, journal, announced, this);
        watcher = new SampleWatcher(context, this);
        functions = new FunctionWatch(context);
        quarantine = new QuarantineDesk(context);
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

    Collection<Lane> lanes() {
        return lanes.values();
    }

    Collection<LaneTable> tables() {
        return tables.values();
    }

    @Nullable CopyJob copyOf(TableId table) {
        return copies.get(table);
    }

    /** Reads what the destination remembers. */
    void prepare() throws SQLException {
        try (Connection connection = context.connect("tidetable setup")) {
            Bookkeeping.create(connection);
            StagedTransaction.dropLeftovers(connection, context.pipeline());
            giveKeysBack(connection);
            registered = context.tables().all(connection);
        }
    }

    /** Copies that a former process began go on with the keys in place. */
    private void giveKeysBack(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        new TakenKeys(context.pipeline()).giveAllBack(connection);
        connection.commit();
        connection.setAutoCommit(true);
    }

    /** What the destination remembers of a table; null when it does not know it. */
    @Nullable Registered registered(TableId table) {
        return registered.get(table);
    }

    /** Whether rows here rely on what the track carried so far. */
    boolean reliesOn(Track track) {
        return registered.values().stream()
                .anyMatch(it ->
                        it.track() == track
                                && it.stage() != Stage.WAITING
                                && it.stage() != Stage.LEFT_OUT);
    }

    /** Creates what is missing and writes down what is to be replicated from now on. */
    void createTables(
            Connection source, Map<TableId, Placed> wanted, List<SequenceDefinition> sequences)
            throws SQLException {
        try (Connection connection = context.connect("tidetable setup")) {
            Map<TableId, Creation> created =
                    new TableCreator(source, connection, context.pipeline(), context.faults())
                            .createMissing(
                                    wanted.values().stream()
                                            .map(it -> it.wanted().definition())
                                            .toList(),
                                    sequences,
                                    table -> {
                                        Placed placed = Objects.requireNonNull(wanted.get(table));
                                        return new TableCreator.Placement(
                                                placed.wanted().lane(), placed.track());
                                    });
            created.forEach(DestinationSide::report);
            caretaker.sequences(sequences);
            Map<TableId, TableStrategy> carried = context.strategies().all(connection);
            for (Placed placed : wanted.values()) {
                register(connection, placed);
                adopt(source, connection, placed.wanted(), carried.get(placed.wanted().table()));
            }
            leaveOut(connection, wanted.keySet());
            wanted.forEach((table, placed) -> {
                if (missedChanges(placed)) {
                    missed.add(table);
                }
            });
            strategies = context.strategies().all(connection);
            registered = context.tables().all(connection);
        }
    }

    /**
     * A table with the track it rides on.
     *
     * @param move its move to the other track that is under way; null for none
     * @param published whether the source publishes it already
     */
    record Placed(WantedTable wanted, Track track, @Nullable TrackMove move, boolean published) {}

    private static void report(TableId table, Creation creation) {
        switch (creation) {
            case Creation.Created(List<String> remarks) -> {
                LOG.info("table {} created at the destination", table);
                remarks.forEach(remark -> LOG.warn("table {}: {}", table, remark));
            }
            case Creation.Ours(), Creation.Found() -> {}
            case Creation.Refused(TidetableException reason) -> throw reason;
        }
    }

    private void register(Connection connection, Placed placed) throws SQLException {
        TableId table = placed.wanted().table();
        Registered known = registered.get(table);
        LaneId lane = placed.wanted().lane();
        if (known == null) {
            context.tables()
                    .register(connection, table, lane, placed.track(), Stage.WAITING, false);
        } else if (known.stage() == Stage.LEFT_OUT || !known.lane().equals(lane)) {
            boolean copied = known.stage() != Stage.WAITING;
            LOG.info(
                    "table {} joins lane {}; it will be compared with the source and mended",
                    table,
                    lane);
            context.tables()
                    .register(
                            connection,
                            table,
                            lane,
                            placed.track(),
                            copied ? Stage.MERGING : Stage.WAITING,
                            known.createdHere());
        }
    }

    /** Whether rows here rely on changes that no track carried. */
    private boolean missedChanges(Placed placed) {
        Registered known = registered.get(placed.wanted().table());
        if (known == null
                || known.stage() == Stage.WAITING
                || known.stage() == Stage.LEFT_OUT
                || placed.move() != null) {
            return false;
        }
        return !placed.published() || known.track() != placed.track();
    }

    /**
     * A strategy that is asked for anew is brought by a merge, also to a table that is new. One
     * that was switched to since stays until something else is asked for.
     */
    private void adopt(
            Connection source,
            Connection connection,
            WantedTable wanted,
            @Nullable TableStrategy known)
            throws SQLException {
        Strategy asked =
                context.functions()
                        .complete(wanted.table(), wanted.schema().strategy(), source, connection);
        boolean delta = asked instanceof Strategy.PrioritizedDelta;
        if (known == null ? delta : asked.equals(known.configured())) {
            return;
        }
        connection.setAutoCommit(false);
        try {
            context.strategies().configured(connection, wanted.table(), asked);
            TableStrategy before = known == null ? TableStrategy.usual(asked) : known;
            if (!asked.equals(before.aim())) {
                LOG.info(
                        "table {} gets strategy {}: {}",
                        wanted.table(),
                        asked.label(),
                        asked.describe());
                plan(connection, wanted.table(), before, asked);
            }
            connection.commit();
        } finally {
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }

    /** From here on the table has no consistent rows until a merge has brought the strategy. */
    private void plan(Connection connection, TableId table, TableStrategy before, Strategy next)
            throws SQLException {
        context.strategies().plan(connection, table, before, next);
        context.tables().become(connection, table, Stage.MERGING, null);
    }

    private void leaveOut(Connection connection, Set<TableId> wanted) throws SQLException {
        for (Map.Entry<TableId, Registered> entry : registered.entrySet()) {
            if (!wanted.contains(entry.getKey()) && entry.getValue().stage() != Stage.LEFT_OUT) {
                LOG.info("table {} is left out from now on", entry.getKey());
                context.tables().become(connection, entry.getKey(), Stage.LEFT_OUT, null);
            }
        }
        Set<LaneId> inUse = new HashSet<>();
        Map<TableId, Registered> now = context.tables().all(connection);
        now.values().stream()
                .filter(it -> it.stage() != Stage.LEFT_OUT)
                .forEach(it -> inUse.add(it.lane()));
        for (Registered known : registered.values()) {
            if (!inUse.contains(known.lane())) {
                context.tables().forgetLane(connection, known.lane());
            }
        }
    }

    /**
     * Makes the lanes and says from where each goes on.
     *
     * @param lost tracks whose changes so far are lost
     */
    void openLanes(Map<TableId, Placed> wanted, Set<Track> lost) throws SQLException {
        Map<LaneId, List<LaneTable>> byLane = new TreeMap<>();
        for (Placed placed : wanted.values()) {
            ReplicationSchema schema = placed.wanted().schema();
            LaneTable table =
                    new LaneTable(
                            placed.wanted().table(),
                            placed.track(),
                            schema.consistency(),
                            schema.priority());
            TrackMove move = placed.move();
            if (move != null) {
                table.moves(move);
            }
            table.strategy(
                    strategies.getOrDefault(table.table(), TableStrategy.usual(schema.strategy())));
            tables.put(table.table(), table);
            functions.asked(table.table(), schema.strategy());
            definitions.put(table.table(), placed.wanted().definition());
            byLane.computeIfAbsent(placed.wanted().lane(), key -> new ArrayList<>()).add(table);
        }
        try (Connection connection = context.connect("tidetable setup")) {
            ProgressStore store = new ProgressStore(connection, Duration.ofSeconds(30));
            Map<LaneId, Progress> progress = new HashMap<>();
            store.readAll(context.pipeline()).forEach(it -> progress.put(it.lane(), it));
            connection.setAutoCommit(false);
            for (Map.Entry<LaneId, List<LaneTable>> entry : byLane.entrySet()) {
                openLane(
                        connection,
                        store,
                        entry.getKey(),
                        entry.getValue(),
                        progress.get(entry.getKey()),
                        lost);
            }
            connection.commit();
        }
        quarantine.recount(tables.values());
    }

    private void openLane(
            Connection connection,
            ProgressStore store,
            LaneId id,
            List<LaneTable> carried,
            @Nullable Progress known,
            Set<Track> lost)
            throws SQLException {
        Set<Track> tracks = tracksOf(carried);
        carried.forEach(this::keepFromHere);
        Position beginning = new Position(beginningOf(carried), 0);
        boolean otherSource = known != null && !known.source().equals(identity);
        boolean gap =
                otherSource
                        || tracks.stream().anyMatch(lost::contains)
                        || carried.stream().anyMatch(table -> missed.contains(table.table()));
        if (known != null && gap) {
            LOG.warn(
                    "lane {} lost changes; its tables are compared with the source and mended", id);
        }
        for (LaneTable table : carried) {
            resume(connection, table, gap || missed.contains(table.table()));
        }
        for (Lane lane : newLanes(id, carried)) {
            if (gap) {
                context.tables().forgetProgress(connection, lane.id());
            }
            store.create(new Progress(context.pipeline(), lane.id(), identity, beginning));
            add(lane);
        }
        // After it is written down that they are merged, or a crash would hide that they must be.
        for (LaneTable table : carried) {
            if (table.move() == null
                    && Objects.requireNonNull(registered.get(table.table())).track()
                            != table.track()) {
                context.tables().ride(connection, Set.of(table.table()), table.track());
            }
        }
    }

    /** One lane; or, for a table whose rows are spread by key, several. */
    private List<Lane> newLanes(LaneId id, List<LaneTable> carried) {
        Set<Track> tracks = tracksOf(carried);
        if (carried.getFirst().consistency() instanceof Consistency.Key(int count)) {
            KeyBuckets buckets = new KeyBuckets(count);
            List<Lane> spread = new ArrayList<>();
            for (int number = 0; number < count; number++) {
                spread.add(
                        new Lane(
                                WantedTable.keyLane(carried.getFirst().table(), number, count),
                                carried,
                                feed(carried),
                                tracks,
                                announced,
                                new Lane.KeyBucket(buckets, number)));
            }
            return spread;
        }
        return List.of(new Lane(id, carried, feed(carried), tracks, announced));
    }

    private void add(Lane lane) {
        lanes.put(lane.id(), lane);
        for (LaneTable table : lane.tables()) {
            lanesByTable.computeIfAbsent(table.table(), key -> new ArrayList<>()).add(lane);
        }
        if (lane.tracks().size() > 1) {
            mergedLanes.add(lane);
        }
        dispatcher.add(new Work.OfLane(lane), priorityOf(lane));
    }

    /** From where the tables' tracks will have everything of them. */
    private Lsn beginningOf(Collection<LaneTable> carried) {
        Lsn beginning = Lsn.ZERO;
        for (LaneTable table : carried) {
            for (Track each : table.tracks()) {
                TrackJournal track = journal.track(each);
                beginning = Lsn.max(beginning, track.durableEnd());
                beginning = Lsn.max(beginning, track.lackingUpTo(table.table()));
            }
        }
        return beginning;
    }

    private static Set<Track> tracksOf(Collection<LaneTable> carried) {
        Set<Track> tracks = EnumSet.noneOf(Track.class);
        carried.forEach(table -> tracks.addAll(table.tracks()));
        return tracks;
    }

    /** What the tables' tracks have of them, each of them read from one track at any place. */
    private TransactionFeed feed(Collection<LaneTable> carried) {
        Map<Track, Set<TableId>> staying = new EnumMap<>(Track.class);
        Map<TrackMove, Set<TableId>> turning = new HashMap<>();
        for (LaneTable table : carried) {
            TrackMove move = table.move();
            if (move == null || move.turn() == null) {
                staying.computeIfAbsent(table.track(), _ -> new HashSet<>()).add(table.table());
            } else {
                turning.computeIfAbsent(move, _ -> new HashSet<>()).add(table.table());
            }
        }
        List<TransactionFeed> feeds = new ArrayList<>();
        staying.forEach((track, onTrack) -> feeds.add(journal.track(track).feed(onTrack)));
        turning.forEach((move, moved) ->
                feeds.add(
                        Feeds.turning(
                                journal.track(move.from()).feed(moved),
                                journal.track(move.to()).feed(moved),
                                Objects.requireNonNull(move.turn()))));
        return Feeds.inCommitOrder(feeds);
    }

    /**
     * Lets the journal keep what the new track gets of a move's tables: what commits after this
     * call.
     */
    void keep(TrackMove move) {
        tablesOf(move).forEach(table -> keep(table, Set.of(move.to())));
    }

    /** Before anything more is received. */
    private void keepFromHere(LaneTable table) {
        keep(table, table.tracks());
        for (Track each : table.tracks()) {
            TrackJournal track = journal.track(each);
            if (track.lacksAllOf(table.table())) {
                // The destination remembers to have read a track that nobody has read since.
                track.lacks(Set.of(table.table()), track.durableEnd());
            }
        }
    }

    private void keep(LaneTable table, Set<Track> tracks) {
        synchronized (kept) {
            for (Track track : tracks) {
                journal.subscribe(context.id(), table.table(), track);
                kept.computeIfAbsent(table.table(), _ -> EnumSet.noneOf(Track.class)).add(track);
            }
        }
    }

    /** The journal need not keep what no lane will read of a track that its tables have left. */
    void letGo() {
        Map<Track, Set<TableId>> left = new EnumMap<>(Track.class);
        synchronized (kept) {
            kept.forEach((name, tracks) -> {
                LaneTable table = Objects.requireNonNull(tables.get(name));
                // While it moves, it may turn to the one or go back to the other.
                if (tracks.size() > 1 && table.move() == null) {
                    for (Track track : Track.values()) {
                        if (tracks.contains(track)
                                && table.track() != track
                                && lanesOf(name).stream().noneMatch(it -> needs(it, track))) {
                            journal.unsubscribe(context.id(), name, track);
                            tracks.remove(track);
                            left.computeIfAbsent(track, _ -> new HashSet<>()).add(name);
                        }
                    }
                }
            });
        }
        left.forEach((track, names) -> journal.track(track).lacksAll(names));
    }

    /** Whether a lane reads the track; a transaction that is being staged may come from it, too. */
    private boolean needs(Lane lane, Track track) {
        return lane.reads(track) || context.giants().containsKey(lane.id());
    }

    /**
     * Lets the lanes of a move's tables read the old track up to the turn and the new one beyond.
     */
    void turn(TrackMove move) {
        announce(move);
        lanesOf(move).forEach(lane -> readAnew(lane, Lsn.ZERO));
    }

    /** Says that tables move, in the status. */
    void announce(TrackMove move) {
        tablesOf(move).forEach(table -> table.moves(move));
    }

    /** Says, in the status, where a move stands. */
    void moveStands(TrackMove move, String what) {
        tablesOf(move).forEach(table -> table.moveStands(what));
    }

    /**
     * Lets the tables' lanes read what is right after the move, or without it.
     *
     * @param now the track that the tables ride on
     * @param completeBelow what every lane has at the destination, on disk there
     */
    void endMove(TrackMove move, Track now, Lsn completeBelow) {
        tablesOf(move).forEach(table -> table.rides(now));
        lanesOf(move).forEach(lane -> readAnew(lane, completeBelow));
    }

    /** Nobody waits for whoever works on the lane, which may last: he finds it at his next look. */
    private void readAnew(Lane lane, Lsn completeBelow) {
        // Moves of tables that share a lane would else hand over what was right before the other.
        synchronized (handing) {
            Set<Track> tracks = tracksOf(lane.tables());
            if (tracks.size() > 1) {
                // First, so that no announcement is missed.
                mergedLanes.add(lane);
            }
            lane.readNext(feed(lane.tables()), tracks, completeBelow);
            if (tracks.size() == 1) {
                mergedLanes.remove(lane);
            }
        }
        dispatcher.activate(new Work.OfLane(lane));
    }

    private List<LaneTable> tablesOf(TrackMove move) {
        return tables.values().stream().filter(it -> move.tables().contains(it.table())).toList();
    }

    private Set<Lane> lanesOf(TrackMove move) {
        Set<Lane> found = new LinkedHashSet<>();
        move.tables().forEach(table -> found.addAll(lanesOf(table)));
        return found;
    }

    /** Asks the lanes of the move's tables to note progress up to the position. */
    void reachFor(TrackMove move, Lsn position) {
        for (Lane lane : lanesOf(move)) {
            lane.reachFor(position);
            dispatcher.activate(new Work.OfLane(lane));
        }
    }

    /** Whether the destination has on its disk that the move's tables are complete up to there. */
    boolean hasFlushed(TrackMove move, Lsn position) {
        return lanesOf(move).stream()
                .allMatch(lane -> caretaker.flushed(lane.id()).isAtOrAfter(position));
    }

    /** Whether the table's lanes are at work here, and not far behind. */
    boolean keepsUp(TableId table) {
        return !context.isDistrusted()
                && lanesOf(table).stream()
                        .allMatch(lane ->
                                lane.runnable()
                                        && lane.completeUpTo().value() + NEAR_BYTES
                                                >= announced(lane).value());
    }

    private Lsn announced(Lane lane) {
        return lane.tracks().stream().map(announced::upTo).reduce(Lsn::min).orElse(Lsn.ZERO);
    }

    /** Writes down where tables ride from now on. */
    void noteTrack(Set<TableId> moved, Track track) throws SQLException {
        try (Connection connection = context.connect("tidetable bookkeeping")) {
            context.tables().ride(connection, moved, track);
        }
    }

    /** Puts a table where the destination remembers it. */
    private void resume(Connection connection, LaneTable table, boolean gap) throws SQLException {
        Registered known = registered.get(table.table());
        if (known == null) {
            throw new IllegalStateException(table.table() + " was not registered");
        }
        Stage stage = known.stage();
        if (gap && stage != Stage.WAITING) {
            stage = Stage.MERGING;
            context.tables().become(connection, table.table(), stage, null);
        }
        SourceSnapshot oldest = known.oldest();
        SourceSnapshot newest = known.newest();
        if (oldest != null && newest != null && !gap) {
            table.boundary(
                    new CopyBoundary(
                            oldest,
                            newest.horizon(),
                            !oldest.toString().equals(newest.toString())));
        }
        table.needsMerge(known.needsMerge());
        table.become(
                switch (stage) {
                    case WAITING, COPYING, LEFT_OUT -> TableState.WAITING;
                    case CATCHING_UP -> TableState.CATCHING_UP;
                    case STREAMING -> TableState.STREAMING;
                    case MERGING -> TableState.MERGING;
                    case PAUSED -> TableState.PAUSED;
                },
                known.message());
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
        for (int number = 0; number < slots; number++) {
            Applier applier = new Applier(context, dispatcher, this);
            appliers.add(
                    Thread.ofPlatform()
                            .name("apply-" + context.id() + "-" + number)
                            .start(applier));
        }
        lanes.values().forEach(lane -> dispatcher.activate(new Work.OfLane(lane)));
        caretaker.start();
        watcher.start();
    }

    /** Begins the copies and merges of tables that wait for one; their fence has been passed. */
    void beginCopies() {
        List<CopyJob> jobs = new ArrayList<>();
        for (LaneTable table : tables.values()) {
            switch (table.state()) {
                case WAITING, COPYING -> {
                    CopyJob job = new CopyJob(table);
                    copies.put(table.table(), job);
                    dispatcher.add(new Work.OfCopy(job), table.priority());
                    jobs.add(job);
                }
                case MERGING -> beginMerge(table, false);
                case CATCHING_UP, STREAMING, PAUSED, FAILED -> {}
            }
        }
        admission.add(jobs);
    }

    @Override
    public void copyEnded(CopyJob job) {
        admission.ended(job);
    }

    private void beginMerge(LaneTable table, boolean afterGap) {
        Work merge = new Work.OfMerge(table, afterGap);
        dispatcher.add(merge, table.priority());
        dispatcher.activate(merge);
    }

    /** Takes a table out of the stream until it was compared and mended. */
    void merge(LaneTable table) throws SQLException {
        synchronized (table) {
            mergeAlone(table);
        }
    }

    private void mergeAlone(LaneTable table) throws SQLException {
        context.become(table, Stage.MERGING, TableState.MERGING);
        beginMerge(table, false);
    }

    /**
     * Gives a table another strategy: decided durably, then brought by a merge at whose end it is
     * in force. Where it is in force or decided already, nothing happens.
     */
    void switchStrategy(LaneTable table, Strategy asked) throws SQLException {
        synchronized (table) {
            switchAlone(table, asked);
            functions.asked(table.table(), asked);
        }
    }

    /** Lets tables carry what functions need of them by now. */
    void lookAtFunctions(Connection source, Connection destination) throws SQLException {
        functions.look(
                tables.values(),
                source,
                destination,
                (table, needed) -> {
                    synchronized (table) {
                        switchAlone(table, needed);
                    }
                });
    }

    private void switchAlone(LaneTable table, Strategy wanted) throws SQLException {
        requireOwnLane(table, wanted);
        Strategy asked;
        try (Connection connection = context.connect("tidetable strategy");
                Connection source = context.source().connect("tidetable strategy")) {
            asked = context.functions().complete(table.table(), wanted, source, connection);
            TableStrategy noted = context.strategies().of(connection, table.table());
            TableStrategy known = noted == null ? table.strategy() : noted;
            if (asked.equals(known.aim())) {
                return;
            }
            switch (table.state()) {
                case STREAMING, CATCHING_UP, FAILED -> {}
                case WAITING, COPYING, MERGING, PAUSED ->
                        throw new TidetableException(
                                "TT-406",
                                "table %s is %s and cannot get another strategy now; wait until it streams"
                                        .formatted(table.table(), words(table.state())));
            }
            new ScopeResolver(source).require(table.table(), asked);
            connection.setAutoCommit(false);
            plan(connection, table.table(), known, asked);
            connection.commit();
        }
        context.faults().reach(FaultPoint.STRATEGY_DECIDED);
        LOG.info("table {} gets strategy {}: {}", table.table(), asked.label(), asked.describe());
        table.become(TableState.MERGING, null);
        beginMerge(table, false);
    }

    private static void requireOwnLane(LaneTable table, Strategy asked) {
        switch (table.consistency()) {
            case Consistency.Group _, Consistency.Strict _ -> {
                if (!(asked instanceof Strategy.PrioritizedDelta)) {
                    throw new TidetableException(
                            "TT-555",
                            "table %s shares a lane (consistency %s), which would lose its meaning with strategy %s; give the table a lane of its own first"
                                    .formatted(
                                            table.table(),
                                            table.consistency().label(),
                                            asked.label()));
                }
            }
            case Consistency.Table _, Consistency.Key _ -> {}
        }
    }

    /** Merges a table whose rows do not keep up by themselves, unless something else is at work. */
    void refresh(LaneTable table) throws SQLException {
        synchronized (table) {
            if (table.state() == TableState.STREAMING) {
                mergeAlone(table);
            }
        }
    }

    /** Merges a table of which changes were missed; it is out of the stream already. */
    void mergeAfterGap(LaneTable table) {
        beginMerge(table, true);
    }

    /** Whether a table waits for its first copy. */
    boolean copies(TableId table) {
        LaneTable known = tables.get(table);
        return known != null && known.state() == TableState.WAITING;
    }

    /** Whether some table waits for a merge. */
    boolean merges() {
        return tables.values().stream().anyMatch(it -> it.state() == TableState.MERGING);
    }

    boolean isPartitioned(TableId table) {
        TableDefinition definition = definitions.get(table);
        return definition != null && definition.isPartitioned();
    }

    void carrySequences() throws SQLException {
        caretaker.carrySequences();
    }

    /** Follows what counts for the table from now on, as far as that goes while it runs. */
    void follow(LaneTable table, ReplicationSchema schema, boolean held) throws SQLException {
        if (table.priority() != schema.priority()) {
            LOG.info("table {} has priority {} now", table.table(), schema.priority());
            table.priority(schema.priority());
            reweight(table);
        }
        if (!table.consistency().equals(schema.consistency())) {
            LOG.info(
                    "table {} gets consistency {} at the next start",
                    table.table(),
                    schema.consistency().label());
        }
        synchronized (table) {
            if (held && table.state() != TableState.PAUSED) {
                pauseAlone(table, HELD);
                LOG.info("table {} is held by an override", table.table());
            } else if (!held && isHeld(table)) {
                resumeAlone(table);
                LOG.info("table {} goes on: its override has ended", table.table());
            }
        }
        if (!table.strategy().aim().equals(schema.strategy())) {
            switchStrategy(table, schema.strategy());
        }
    }

    private static boolean isHeld(LaneTable table) {
        return table.state() == TableState.PAUSED && HELD.equals(table.message());
    }

    /** A lane has the weight of its heaviest table. */
    private void reweight(LaneTable table) {
        for (Lane lane : lanesOf(table.table())) {
            dispatcher.reweight(new Work.OfLane(lane), priorityOf(lane));
        }
        CopyJob copy = copies.get(table.table());
        if (copy != null) {
            dispatcher.reweight(new Work.OfCopy(copy), table.priority());
        }
    }

    private static int priorityOf(Lane lane) {
        return lane.tables().stream().mapToInt(LaneTable::priority).max().orElse(1);
    }

    /** Stops applying to the table. */
    void pause(LaneTable table) throws SQLException {
        synchronized (table) {
            pauseAlone(table, null);
        }
    }

    private void pauseAlone(LaneTable table, @Nullable String message) throws SQLException {
        switch (table.state()) {
            case STREAMING, CATCHING_UP ->
                    context.become(table, Stage.PAUSED, TableState.PAUSED, message);
            case PAUSED -> {}
            case WAITING, COPYING, MERGING, FAILED ->
                    throw new TidetableException(
                            "TT-406",
                            "table %s is %s and cannot be paused now; wait until it streams"
                                    .formatted(table.table(), words(table.state())));
        }
    }

    /** Goes on with a table that was paused or failed. */
    void resume(LaneTable table) throws SQLException {
        synchronized (table) {
            if (isHeld(table)) {
                throw new TidetableException(
                        "TT-407",
                        "table %s is %s and goes on when that ends; 'tidetable override list' shows it"
                                .formatted(table.table(), HELD));
            }
            resumeAlone(table);
        }
    }

    private void resumeAlone(LaneTable table) throws SQLException {
        switch (table.state()) {
            case PAUSED -> context.become(table, Stage.CATCHING_UP, TableState.CATCHING_UP);
            case FAILED -> afterFailure(table);
            case WAITING, COPYING, CATCHING_UP, STREAMING, MERGING -> {}
        }
        wake(table.table());
    }

    /** A table that failed goes on from the stage that the destination remembers. */
    private void afterFailure(LaneTable table) throws SQLException {
        Registered known;
        try (Connection connection = context.connect("tidetable bookkeeping")) {
            known = context.tables().all(connection).get(table.table());
        }
        if (known == null) {
            return;
        }
        switch (known.stage()) {
            case WAITING, COPYING, LEFT_OUT -> {
                table.become(TableState.COPYING, null);
                CopyJob copy = copies.get(table.table());
                if (copy != null) {
                    dispatcher.activate(new Work.OfCopy(copy));
                }
            }
            case MERGING -> merge(table);
            case CATCHING_UP, STREAMING, PAUSED ->
                    context.become(table, Stage.CATCHING_UP, TableState.CATCHING_UP);
        }
    }

    /** Compares the table with the source and mends it. */
    void resync(LaneTable table) throws SQLException {
        synchronized (table) {
            resyncAlone(table);
        }
    }

    private void resyncAlone(LaneTable table) throws SQLException {
        switch (table.state()) {
            case STREAMING, CATCHING_UP, PAUSED, FAILED -> merge(table);
            case WAITING, COPYING, MERGING ->
                    throw new TidetableException(
                            "TT-406",
                            "table %s is %s already; wait until it streams"
                                    .formatted(table.table(), words(table.state())));
        }
    }

    private static String words(TableState state) {
        return state.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    /** The journal has new durable commits. */
    void durable(Track track, Set<TableId> changed) {
        Set<Lane> woken = new HashSet<>();
        for (TableId table : changed) {
            for (Lane lane : lanesByTable.getOrDefault(table, List.of())) {
                // One that begins to read the track just now looks at it anyway.
                if (lane.tracks().contains(track)) {
                    woken.add(lane);
                }
            }
        }
        // A lane over both tracks may have waited for this one to move on.
        woken.addAll(mergedLanes);
        woken.forEach(this::wake);
    }

    @Override
    public List<Lane> lanesOf(TableId table) {
        return lanesByTable.getOrDefault(table, List.of());
    }

    @Override
    public void wake(TableId table) {
        lanesOf(table).forEach(this::wake);
    }

    @Override
    public void wake(Lane lane) {
        lane.wake();
        dispatcher.activate(new Work.OfLane(lane));
    }

    @Override
    public void complete(TableId table) throws SQLException {
        Registered known = registered.get(table);
        if (known != null && known.createdHere()) {
            context.completeTable(Objects.requireNonNull(definitions.get(table)));
        }
    }

    @Override
    public void mergeAll(Lane lane, String reason) {
        if (context.lostChanges() == PipelineSettings.LostChanges.STOP) {
            refuseMerge(lane, reason);
            return;
        }
        LOG.warn(
                "lane {}: {}; its tables are compared with the source and mended",
                lane.id(),
                reason);
        try {
            for (LaneTable table : lane.tables()) {
                context.become(table, Stage.MERGING, TableState.MERGING);
            }
            skipToEnd(lane);
            lane.tables().forEach(table -> beginMerge(table, true));
        } catch (SQLException e) {
            lane.tables().forEach(table -> table.become(TableState.FAILED, reason));
            LOG.error("lane {} stopped: {}", lane.id(), reason, e);
        }
    }

    private static void refuseMerge(Lane lane, String reason) {
        String why =
                reason
                        + "; the settings say to stop there (lost_changes: stop): 'tidetable resync' compares it with the source and mends it";
        lane.tables().forEach(table -> table.become(TableState.FAILED, why));
        LOG.error("lane {} stopped: TT-248 {}", lane.id(), why);
    }

    @Override
    public void skipToEnd(Lane lane) throws SQLException {
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
                                                    beginningOf(lane.tables()),
                                                    lane.completeBelow()),
                                            0)));
            connection.commit();
        }
        lane.owned(false);
        lane.forget();
    }

    /** Every lane reads from the destination where it stands: it may have lost commits. */
    void forgetAll() {
        for (Lane lane : lanes.values()) {
            lane.lock();
            try {
                lane.forget();
            } finally {
                lane.unlock();
            }
        }
        context.trust();
        lanes.values().forEach(lane -> dispatcher.activate(new Work.OfLane(lane)));
    }

    @Override
    public void close() {
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
        copies.values().forEach(CopyJob::close);
        context.giants().values().forEach(GiantTransaction::abandon);
    }
}
