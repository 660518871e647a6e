package io.tidetable.node.pipeline;

import io.tidetable.model.Consistency;
import io.tidetable.model.DestinationId;
import io.tidetable.model.Lsn;
import io.tidetable.model.SourceIdentity;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.model.schema.ReplicationSchema;
import io.tidetable.model.schema.ReplicationSchemas;
import io.tidetable.model.schema.SchemaOverride;
import io.tidetable.model.schema.Strategy;
import io.tidetable.model.status.CopyManifest;
import io.tidetable.model.status.CopyProgress;
import io.tidetable.model.status.DestinationStatus;
import io.tidetable.model.status.PipelineStatus;
import io.tidetable.model.status.QuarantinedChange;
import io.tidetable.model.status.RetriedChanges;
import io.tidetable.model.status.StrategyStatus;
import io.tidetable.model.status.TableVerification;
import io.tidetable.node.capture.CaptureEnvironment;
import io.tidetable.node.capture.CaptureListener;
import io.tidetable.node.capture.CaptureSource;
import io.tidetable.node.capture.CaptureState;
import io.tidetable.node.capture.LogicalMessage;
import io.tidetable.node.capture.SourceIdentities;
import io.tidetable.node.catalog.SequenceDefinition;
import io.tidetable.node.catalog.SourceCatalog;
import io.tidetable.node.catalog.SpreadableKeys;
import io.tidetable.node.catalog.TableDefinition;
import io.tidetable.node.catalog.TableSelection;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.functional.FunctionCatalog;
import io.tidetable.node.functional.FunctionDeclaration;
import io.tidetable.node.journal.Journal;
import io.tidetable.node.journal.local.LocalJournal;
import io.tidetable.node.journal.local.LocalJournalSettings;
import io.tidetable.node.lane.Lane;
import io.tidetable.node.lane.LaneTable;
import io.tidetable.node.lane.TrackMove;
import java.io.IOException;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One source's way to its destinations: reads the changes into the journal, applies them lane by
 * lane, copies what is new. Runs from {@link #start} until {@link #close}; what it did survives any
 * crash, and the next start goes on from there.
 */
public final class Pipeline implements PipelineControl, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Pipeline.class);
    private final PipelineSettings settings;
    private final ReplicationSchemas schemas;
    private final Faults faults;
    private final InstantSource clock;
    private final Lane.Announced announced = new Lane.Announced();
    private final Destinations destinations = new Destinations();
    private final SourceMarks marks;
    private final Map<DestinationId, LaneSpread> spreads = new ConcurrentHashMap<>();
    private @Nullable Journal journal;
    private @Nullable SourceSide source;
    private volatile @Nullable StatusReport report;
    private @Nullable TrackMover mover;
    private @Nullable TrackWatch watch;
    private @Nullable PushDown pushDown;
    private @Nullable Thread copyStarter;
    private final Set<Track> slotless = ConcurrentHashMap.newKeySet();
    private final Map<Track, Lsn> renewed = new EnumMap<>(Track.class);
    private volatile List<FunctionDeclaration> functionsBesides = List.of();
    private volatile @Nullable TidetableException failure;

    /** A pipeline whose settings alone say how tables are replicated. */
    public Pipeline(PipelineSettings settings, Faults faults) {
        this(settings, new RuleSchemas(settings.tables(), InstantSource.system()), faults);
    }

    /**
     * A pipeline.
     *
     * @param schemas how tables are replicated; the settings only say which
     */
    public Pipeline(PipelineSettings settings, ReplicationSchemas schemas, Faults faults) {
        this(settings, schemas, faults, InstantSource.system());
    }

    /**
     * A pipeline by a clock of one's own.
     *
     * @param schemas how tables are replicated; the settings only say which
     * @param clock tells delays, never how long something is waited for
     */
    public Pipeline(
            PipelineSettings settings,
            ReplicationSchemas schemas,
            Faults faults,
            InstantSource clock) {
        this.settings = settings;
        marks = new SourceMarks(settings.source());
        this.schemas = schemas;
        this.faults = faults;
        this.clock = clock;
    }

    /**
     * Makes what is missing at the source and the destinations and begins to replicate. Returns as
     * soon as changes are read; copies go on by themselves.
     *
     * @throws TidetableException when it cannot begin; {@link #close} is to be called all the same
     */
    public void start() {
        try {
            begin();
        } catch (SQLException e) {
            throw new TidetableException(
                    "TT-400",
                    "the pipeline could not start: %s; mend that and start it again"
                            .formatted(e.getMessage()),
                    e);
        } catch (IOException e) {
            throw new TidetableException(
                    "TT-306",
                    "the data directory %s cannot be used: %s; mend that and start it again"
                            .formatted(settings.directory(), e.getMessage()),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TidetableException("TT-402", "the start was interrupted", e);
        }
    }

    private void begin() throws SQLException, IOException, InterruptedException {
        Files.createDirectories(settings.directory());
        SourceIdentity identity = SourceIdentities.read(settings.source());
        LocalJournal opened =
                LocalJournal.open(
                        settings.directory().resolve("journal"), journalSettings(), faults);
        journal = opened;
        MoveLedger ledger = new MoveLedger(settings.directory());
        ledger.load();
        keepHistory(opened, ledger, identity);
        CaptureSource captured = new CaptureSource(settings.name(), settings.source(), identity);
        SourceSide side =
                new SourceSide(
                        captured,
                        opened,
                        settings.lostChanges(),
                        new CaptureEnvironment(clock, RandomGenerator.getDefault(), faults));
        source = side;
        PushDown pushing = new PushDown(settings, destinations.all(), faults);
        pushDown = pushing;
        for (PipelineSettings.Destination destination : settings.destinations()) {
            DestinationContext context =
                    new DestinationContext(
                            settings,
                            destination,
                            new DestinationHealth(
                                    destination.id(),
                                    new SteadyTime(),
                                    RandomGenerator.getDefault()),
                            clock,
                            faults,
                            pushing);
            context.functionsBesides(functionsBesides);
            DestinationSide there =
                    new DestinationSide(
                            context, identity, opened, announced, destination.appliers());
            there.prepare();
            destinations.add(there);
        }
        Map<DestinationId, Map<TableId, Placed>> wanted = new LinkedHashMap<>();
        Map<TableId, Set<Track>> published = side.published();
        try (Connection connection = settings.source().connect("tidetable setup")) {
            TableSelection selection = WantedTable.selection(settings.tables());
            List<TableDefinition> selected = SourceCatalog.tables(connection, selection);
            if (selected.isEmpty()) {
                throw new TidetableException(
                        "TT-110",
                        "no table of the source matches the settings' tables; 'tidetable check' lists what there is");
            }
            TrackPlacement placement = new TrackPlacement(destinations, schemas, ledger);
            placement.endNeedless(selected, published.keySet());
            List<SequenceDefinition> sequences =
                    SourceCatalog.sequences(connection, selected, selection);
            wanted.putAll(placement.placed(selected, published));
            requireSpreadable(connection, wanted);
            PushDown.Found carriedInPart = pushing.look(connection);
            for (Map.Entry<DestinationId, Map<TableId, Placed>> entry : wanted.entrySet()) {
                destinations
                        .at(entry.getKey())
                        .createTables(connection, entry.getValue(), sequences, carriedInPart);
            }
        }
        openTracks(side, opened, ledger, wanted);
    }

    /** Rows of equal keys in different lanes would lose their order, so this is never tried. */
    private static void requireSpreadable(
            Connection source, Map<DestinationId, Map<TableId, Placed>> wanted)
            throws SQLException {
        List<WantedTable> spread =
                wanted.values().stream()
                        .flatMap(tables -> tables.values().stream())
                        .map(Placed::wanted)
                        .filter(table -> table.schema().consistency() instanceof Consistency.Key)
                        .toList();
        if (spread.isEmpty()) {
            return;
        }
        SpreadableKeys keys = SpreadableKeys.read(source);
        for (WantedTable table : spread) {
            List<String> obstacles = keys.obstacles(table.definition());
            if (!obstacles.isEmpty()) {
                throw new TidetableException(
                        "TT-113", "table %s: %s".formatted(table.table(), obstacles.getFirst()));
            }
        }
    }

    /** Positions of another server or timeline mean nothing: a journal of such is given up. */
    private void keepHistory(Journal opened, MoveLedger ledger, SourceIdentity identity)
            throws IOException {
        KnownSource known = new KnownSource(settings.directory());
        Optional<String> before = known.read();
        if (before.isPresent() && !before.get().equals(KnownSource.words(identity))) {
            refuseLoss(
                    "TT-245 the source is another server, or went back in time, since the last start");
            LOG.warn(
                    "TT-245 the source is another server, or went back in time, since the last start; what was journaled of it is given up and all tables are compared");
            for (Track track : Track.values()) {
                opened.discard(track);
            }
            // Its positions mean nothing any more; where tables ride, the publications say.
            ledger.clear();
        }
        known.write(identity);
    }

    private void refuseLoss(String loss) {
        if (settings.lostChanges() == PipelineSettings.LostChanges.STOP) {
            throw Remedy.refusal(loss);
        }
    }

    private LocalJournalSettings journalSettings() {
        PipelineSettings.Journal bounds = settings.journal();
        return LocalJournalSettings.defaults()
                .bounded(bounds.express(), bounds.bulk(), bounds.diskReserve())
                .segmented(bounds.segment());
    }

    private void openTracks(
            SourceSide side,
            Journal opened,
            MoveLedger ledger,
            Map<DestinationId, Map<TableId, Placed>> wanted)
            throws SQLException, InterruptedException {
        String whyNoMoves = side.whyNoMoves().orElse(null);
        Map<Track, Set<TableId>> members = new EnumMap<>(Track.class);
        Set<TableId> all = new HashSet<>();
        Set<TableId> moving = new HashSet<>();
        for (Map<TableId, Placed> tables : wanted.values()) {
            all.addAll(tables.keySet());
            tables.forEach((table, placed) -> {
                TrackMove move = placed.move();
                if (move == null) {
                    members.computeIfAbsent(placed.track(), _ -> new HashSet<>()).add(table);
                } else {
                    moving.add(table);
                    members.computeIfAbsent(move.from(), _ -> new HashSet<>());
                    members.computeIfAbsent(move.to(), _ -> new HashSet<>());
                }
            });
        }
        TrackUnits units = new TrackUnits(wanted, settings.tables());
        TrackExits exits = new TrackExits(units, settings.moves().automatic(), whyNoMoves);
        Set<TableId> prepared = new HashSet<>(members.getOrDefault(Track.EXPRESS, Set.of()));
        prepared.removeIf(table -> !exits.areFor(Set.of(table)));
        if (!prepared.isEmpty()) {
            members.computeIfAbsent(Track.BULK, _ -> new HashSet<>()).addAll(prepared);
        }
        for (Track track : Track.values()) {
            if (!members.containsKey(track)
                    && (side.hasSlot(track) || (whyNoMoves == null && mayBeNeeded(track, units)))) {
                members.put(track, new HashSet<>());
            }
        }
        Set<Track> lost = EnumSet.noneOf(Track.class);
        boolean newSlots = false;
        for (Map.Entry<Track, Set<TableId>> entry : members.entrySet()) {
            Track track = entry.getKey();
            boolean inUse =
                    destinations.all().stream().anyMatch(it -> it.setup().reliesOn(track))
                            || ledger.all().stream().anyMatch(it -> it.to() == track);
            switch (side.open(track, entry.getValue(), moving, inUse, renewed.get(track))) {
                case NEW -> newSlots = true;
                case CONTINUED -> {}
                case AFTER_GAP -> {
                    newSlots = true;
                    lost.add(track);
                }
            }
        }
        for (Track track : members.keySet()) {
            announced.upTo(track, opened.track(track).durableEnd());
        }
        for (Map.Entry<DestinationId, Map<TableId, Placed>> entry : wanted.entrySet()) {
            destinations.at(entry.getKey()).openLanes(entry.getValue(), lost);
        }
        // Lanes come to read it with a move alone.
        opened.track(Track.BULK).lacksAll(prepared);
        opened.subscriptionsComplete();
        opened.onReadable(this::readable);
        for (Map.Entry<Track, Set<TableId>> entry : members.entrySet()) {
            side.publish(entry.getKey(), entry.getValue(), moving);
        }
        destinations
                .all()
                .forEach(there ->
                        there.cadences().counting(it -> side.received(it.track(), it.table())));
        destinations.all().forEach(DestinationSide::start);
        side.start(members.keySet(), new Listener(), settings.tuning().heartbeat());
        report = new StatusReport(settings, side, opened, destinations.all(), clock);
        beginCopies(side, newSlots, all);
        if (pushDown != null) {
            pushDown.start();
        }
        TrackMover moves =
                new TrackMover(
                        new MoveRun.Place(
                                side,
                                destinations.all(),
                                ledger,
                                exits,
                                track -> openTrack(side, opened, track),
                                this::fail,
                                faults),
                        units,
                        clock,
                        RandomGenerator.getDefault());
        mover = moves;
        moves.start(prepared, whyNoMoves);
        if (settings.moves().automatic() && whyNoMoves == null) {
            TrackWatch looks =
                    new TrackWatch(side, moves, units, settings.moves().limits(), new SteadyTime());
            watch = looks;
            looks.start();
        }
    }

    /**
     * Whether tables may have to move to a track that none rides now. A flood has to find the bulk
     * track there: making a slot waits for the very transactions that flood.
     */
    private boolean mayBeNeeded(Track track, TrackUnits units) {
        return settings.moves().automatic()
                && units.all().stream()
                        .anyMatch(unit ->
                                unit.home() == Track.EXPRESS
                                        && (track == Track.EXPRESS || unit.isFree()));
    }

    /** Two moves may be the first to a track. */
    private synchronized void openTrack(SourceSide side, Journal opened, Track track)
            throws SQLException, InterruptedException {
        if (side.captures().containsKey(track)) {
            return;
        }
        side.open(track, Set.of(), Set.of(), false, null);
        announced.upTo(track, opened.track(track).durableEnd());
        // What was there of the track before may have been discarded.
        opened.onReadable(this::readable);
        side.read(track, new Listener());
    }

    private void readable(Track track, Set<TableId> changed, Lsn watermark) {
        destinations.all().forEach(there -> there.lanes().readable(track, changed));
        announced.upTo(track, watermark);
    }

    /** Copies begin once their fence is passed, which may take as long as a transaction there. */
    private void beginCopies(SourceSide side, boolean newSlots, Set<TableId> all) {
        Set<TableId> waiting = new HashSet<>(all);
        waiting.removeIf(
                table -> destinations.all().stream().noneMatch(it -> it.work().copies(table)));
        boolean merging = destinations.all().stream().anyMatch(it -> it.work().merges());
        copyStarter =
                Thread.ofVirtual()
                        .name("copy-starter")
                        .start(() -> {
                            try {
                                carryWhole(waiting);
                                destinations.all().forEach(it -> it.publications().begin());
                                awaitFence(side, newSlots || merging, waiting);
                                destinations.all().forEach(it -> it.work().beginCopies());
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        });
    }

    /** A copy is of all columns and rows, and what changes meanwhile must be, too. */
    private void carryWhole(Set<TableId> tables) throws InterruptedException {
        PushDown pushing = pushDown;
        while (pushing != null) {
            try {
                pushing.carryWhole(tables);
                return;
            } catch (SQLException e) {
                LOG.warn(
                        "TT-240 the copies cannot begin yet: {}; it is tried again",
                        e.getMessage());
            } catch (TidetableException e) {
                LOG.warn("TT-240 the copies cannot begin yet: {}; it is tried again", e.line());
            }
            TimeUnit.SECONDS.sleep(1);
        }
    }

    /** A source that goes away meanwhile is asked again: the fence lies behind us all the more. */
    private static void awaitFence(SourceSide side, boolean newSlots, Set<TableId> tables)
            throws InterruptedException {
        Reminder reminder = new Reminder(new SteadyTime());
        while (true) {
            try {
                side.awaitFence(newSlots, tables);
                return;
            } catch (SQLException e) {
                String why = String.valueOf(e.getMessage());
                if (reminder.isDue(why)) {
                    LOG.warn("TT-240 the copies cannot begin yet: {}; it is tried again", why);
                }
                TimeUnit.SECONDS.sleep(1);
            }
        }
    }

    private void fail(TidetableException why) {
        failure = why;
        LOG.error("{}", why.line());
    }

    /** Why the pipeline as a whole cannot go on; empty while it can. */
    public Optional<TidetableException> failure() {
        return Optional.ofNullable(failure);
    }

    private final class Listener implements CaptureListener {
        @Override
        public void stateChanged(Track track, CaptureState state, @Nullable String reason) {
            if (reason == null) {
                LOG.info("track {}: {}", track.label(), state.words());
            } else if (state == CaptureState.CONNECTING) {
                // Why it has to connect was said already.
                LOG.debug("track {}: {}: {}", track.label(), state.words(), reason);
            } else {
                LOG.warn("track {}: {}: {}", track.label(), state.words(), reason);
            }
        }

        @Override
        public void message(Track track, LogicalMessage message) {
            SourceSide side = source;
            if (side != null) {
                side.heartbeat().ifPresent(heartbeat -> heartbeat.received(track, message));
            }
        }

        @Override
        public void gap(Track track, TidetableException why) {
            if (Remedy.isSlotLost(why)) {
                slotless.add(track);
            }
            fail(why);
        }

        @Override
        public void failed(Track track, Throwable why) {
            fail(
                    why instanceof TidetableException known
                            ? known
                            : new TidetableException(
                                    "TT-390",
                                    "track %s stopped: %s; start it again"
                                            .formatted(track.label(), why.getMessage()),
                                    why));
        }
    }

    /**
     * Makes the slots anew that were found lost, while everything else goes on, and tells the
     * successor where they begin.
     */
    void renewSlots(Pipeline successor) throws InterruptedException {
        SourceSide side = source;
        if (side == null) {
            return;
        }
        for (Track track : slotless) {
            Set<TableId> members = new HashSet<>();
            destinations.all().stream()
                    .flatMap(it -> it.tables().stream())
                    .filter(table -> table.track() == track)
                    .forEach(table -> members.add(table.table()));
            try {
                successor.renewed.put(track, side.renew(track, members));
            } catch (SQLException | TidetableException e) {
                LOG.warn(
                        "the slot of track {} could not be made anew yet: {}",
                        track.label(),
                        e.getMessage());
            }
        }
    }

    @Override
    public PipelineStatus status() {
        StatusReport now = report;
        return now == null ? starting() : now.make(failure == null);
    }

    private PipelineStatus starting() {
        return new PipelineStatus(
                settings.name(),
                clock.instant(),
                false,
                List.of(),
                settings.destinations().stream()
                        .map(it ->
                                new DestinationStatus(
                                        it.id(),
                                        false,
                                        0,
                                        it.appliers(),
                                        List.of(),
                                        "the pipeline is starting"))
                        .toList());
    }

    @Override
    public boolean hasStarted() {
        return report != null;
    }

    @Override
    public Lsn sourcePosition() {
        return marks.position();
    }

    @Override
    public boolean awaitComplete(
            DestinationId destination, Set<TableId> tables, Lsn position, Duration limit)
            throws InterruptedException {
        return new CompletenessWait(destinations.at(destination), this::failure)
                .await(tables, position, limit);
    }

    @Override
    public List<TableVerification> verify(
            DestinationId destination,
            Set<TableId> tables,
            boolean repair,
            Consumer<TableVerification> each)
            throws InterruptedException {
        DestinationSide there = destinations.at(destination);
        LiveVerification verification =
                new LiveVerification(there, new LedLanes(there, announced, marks::mark));
        List<TableVerification> results = new ArrayList<>();
        for (LaneTable table : Destinations.chosen(there, tables)) {
            TableVerification result = verification.verify(table, repair);
            results.add(result);
            each.accept(result);
        }
        return results;
    }

    @Override
    public void pause(DestinationId destination, TableId table) {
        destinations.change(destination, table, (there, it) -> there.work().pause(it));
    }

    @Override
    public void resume(DestinationId destination, TableId table) {
        destinations.change(destination, table, (there, it) -> there.resume(it));
    }

    @Override
    public void resync(DestinationId destination, TableId table) {
        destinations.change(destination, table, (there, it) -> there.resync(it));
    }

    @Override
    public void move(TableId table, Track track) {
        TrackMover moves = mover;
        if (moves == null) {
            throw new TidetableException("TT-402", "the pipeline has not started");
        }
        moves.send(table, track);
    }

    @Override
    public void switchStrategy(DestinationId destination, TableId table, Strategy strategy) {
        destinations.change(
                destination, table, (there, it) -> there.work().switchStrategy(it, strategy));
    }

    @Override
    public StrategyStatus strategy(DestinationId destination, TableId table) {
        return StrategyReport.of(
                Destinations.chosen(destinations.at(destination), Set.of(table)).getFirst(),
                pushDown);
    }

    @Override
    public void follow(SchemaOverride.InForce now) {
        ReplicationSchema schema = now.schema();
        DestinationSide there = destinations.at(schema.destination());
        LaneTable table = there.lanes().table(schema.table());
        if (table == null) {
            return;
        }
        try {
            there.work().follow(table, schema, now.paused());
            spread(there, table, schema.ordered());
        } catch (SQLException e) {
            throw new TidetableException(
                    "TT-401",
                    "destination %s did not answer: %s; it is tried again"
                            .formatted(schema.destination(), e.getMessage()),
                    e);
        }
        TrackMover moves = mover;
        if (moves != null) {
            moves.place(
                    schema.destination(),
                    schema.table(),
                    schema.track(),
                    now.overrides().stream().anyMatch(it -> it.pins().track() != null));
        }
    }

    /** A table that shares its lane, or is to, does not leave or join the others while it runs. */
    private void spread(DestinationSide there, LaneTable table, Consistency ordered)
            throws SQLException {
        if (!isOwnLane(ordered) || !isOwnLane(table.consistency())) {
            if (!table.consistency().equals(ordered)) {
                LOG.info(
                        "table {} gets consistency {} at the next start",
                        table.table(),
                        ordered.label());
            }
            return;
        }
        try {
            spreads.computeIfAbsent(
                            there.context().id(),
                            _ -> new LaneSpread(there, new LedLanes(there, announced, marks::mark)))
                    .spread(table, ordered);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TidetableException("TT-402", "the pipeline is being stopped", e);
        }
    }

    private static boolean isOwnLane(Consistency consistency) {
        return switch (consistency) {
            case Consistency.Table(), Consistency.Key _ -> true;
            case Consistency.Group _, Consistency.Strict() -> false;
        };
    }

    @Override
    public List<QuarantinedChange> quarantined(
            DestinationId destination, TableId table, int limit) {
        return destinations.ask(
                destination, table, (there, it) -> there.quarantine().list(it.table(), limit));
    }

    @Override
    public RetriedChanges retryQuarantined(DestinationId destination, TableId table, String chain) {
        return destinations.ask(
                destination, table, (there, it) -> there.quarantine().retry(it, chain));
    }

    @Override
    public long discardQuarantined(DestinationId destination, TableId table, String chain) {
        return destinations.ask(
                destination, table, (there, it) -> there.quarantine().discard(it, chain));
    }

    @Override
    public CopyManifest manifest(DestinationId destination, TableId table) {
        return destinations.ask(destination, table, (there, it) -> there.manifest(it.table()));
    }

    @Override
    public List<CopyProgress> manifests(DestinationId destination) {
        return destinations.manifests(destination);
    }

    @Override
    public void functions(List<FunctionDeclaration> besides) {
        functionsBesides = List.copyOf(besides);
        destinations.all().forEach(it -> it.context().functionsBesides(besides));
    }

    @Override
    public void checkFunction(FunctionDeclaration function) {
        FunctionCatalog catalog = new FunctionCatalog(List.of(function));
        for (DestinationSide there : destinations.all()) {
            try (Connection from = settings.source().connect("tidetable functions");
                    Connection to = there.context().connect("tidetable functions")) {
                catalog.needs(from, to);
            } catch (SQLException e) {
                throw new TidetableException(
                        "TT-401",
                        "what function %s needs could not be found out at %s: %s; nothing was changed"
                                .formatted(function.name(), there.context().id(), e.getMessage()),
                        e);
            }
        }
    }

    /** Carries sequences over for the last time before users move to the destination. */
    public void carrySequences() throws SQLException {
        for (DestinationSide there : destinations.all()) {
            there.carrySequences();
        }
    }

    /**
     * Stops everything, in order; what was applied is applied, the rest waits for the next start.
     */
    @Override
    public void close() {
        if (copyStarter != null) {
            copyStarter.interrupt();
        }
        if (watch != null) {
            watch.close();
        }
        if (mover != null) {
            mover.close();
        }
        if (pushDown != null) {
            pushDown.close();
        }
        if (source != null) {
            source.close();
        }
        destinations.all().forEach(DestinationSide::close);
        if (journal != null) {
            journal.close();
        }
    }
}
