package io.tidetable.node.pipeline;

import io.tidetable.model.LaneId;
import io.tidetable.model.Position;
import io.tidetable.model.SourceIdentity;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.model.schema.ReplicationSchema;
import io.tidetable.model.schema.Strategy;
import io.tidetable.model.status.TableState;
import io.tidetable.node.apply.Progress;
import io.tidetable.node.apply.ProgressStore;
import io.tidetable.node.apply.StagedTransaction;
import io.tidetable.node.catalog.SequenceDefinition;
import io.tidetable.node.catalog.TableDefinition;
import io.tidetable.node.destination.Bookkeeping;
import io.tidetable.node.destination.ReplicatedTables;
import io.tidetable.node.destination.ReplicatedTables.Registered;
import io.tidetable.node.destination.ReplicatedTables.Stage;
import io.tidetable.node.destination.TakenKeys;
import io.tidetable.node.lane.CopyBoundary;
import io.tidetable.node.lane.Lane;
import io.tidetable.node.lane.LaneTable;
import io.tidetable.node.lane.TrackMove;
import io.tidetable.node.postgres.SourceSnapshot;
import io.tidetable.node.strategy.TableScope;
import io.tidetable.node.strategy.TableStrategy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a start does at a destination before anything is received. */
final class DestinationSetup {
    private static final Logger LOG = LoggerFactory.getLogger(DestinationSetup.class);

    private final DestinationContext context;
    private final SourceIdentity identity;
    private final DestinationLanes lanes;
    private final FunctionWatch functions;
    private final Map<TableId, TableDefinition> definitions = new ConcurrentHashMap<>();
    private final Set<TableId> missed = new HashSet<>();
    private final MissingTables missing;
    private volatile Map<TableId, Registered> registered = Map.of();
    private Map<TableId, TableStrategy> strategies = Map.of();

    DestinationSetup(
            DestinationContext context,
            SourceIdentity identity,
            DestinationLanes lanes,
            FunctionWatch functions) {
        this.context = context;
        this.identity = identity;
        this.lanes = lanes;
        this.functions = functions;
        missing = new MissingTables(context);
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

    /** The definition of a table that was created here; null for any other. */
    @Nullable TableDefinition createdHere(TableId table) {
        Registered known = registered.get(table);
        return known != null && known.createdHere() ? definitions.get(table) : null;
    }

    boolean isPartitioned(TableId table) {
        TableDefinition definition = definitions.get(table);
        return definition != null && definition.isPartitioned();
    }

    /** Whether rows here rely on what the track carried so far. */
    boolean reliesOn(Track track) {
        return registered.values().stream()
                .anyMatch(it -> it.track() == track && it.stage().hasRows());
    }

    /** Creates what is missing and writes down what is to be replicated from now on. */
    void createTables(
            Connection source,
            Map<TableId, Placed> wanted,
            List<SequenceDefinition> sequences,
            PushDown.Found carriedInPart)
            throws SQLException {
        try (Connection connection = context.connect("tidetable setup")) {
            missing.create(source, connection, wanted, sequences, registered);
            Map<TableId, TableStrategy> carried = context.strategies().all(connection);
            register(connection, wanted.values());
            for (Placed placed : wanted.values()) {
                adopt(source, connection, placed.wanted(), carried.get(placed.wanted().table()));
            }
            Map<TableId, Registered> now = leaveOut(connection, wanted.keySet());
            strategies = context.strategies().all(connection);
            wanted.forEach((table, placed) -> {
                if (missedChanges(placed, carriedInPart)) {
                    missed.add(table);
                }
            });
            registered = now;
        }
    }

    /**
     * Tries once more to create a table that was set aside.
     *
     * @return where the destination remembers it: its copy or its merge is to begin
     * @throws TidetableException why it still cannot be created
     */
    Stage createAgain(Connection source, Connection destination, LaneTable table)
            throws SQLException {
        TableId id = table.table();
        Registered known = Objects.requireNonNull(registered.get(id));
        definitions.put(id, missing.createAgain(source, destination, table, known));
        Registered now = Objects.requireNonNull(context.tables().one(destination, id));
        Map<TableId, Registered> all = new HashMap<>(registered);
        all.put(id, now);
        registered = all;
        return now.stage();
    }

    private void register(Connection connection, Collection<Placed> wanted) throws SQLException {
        List<ReplicatedTables.New> unknown = new ArrayList<>();
        for (Placed placed : wanted) {
            TableId table = placed.wanted().table();
            Registered known = registered.get(table);
            if (known == null) {
                unknown.add(
                        new ReplicatedTables.New(table, placed.wanted().lane(), placed.track()));
            } else {
                joinLane(connection, placed, known);
            }
        }
        context.tables().register(connection, unknown);
    }

    private void joinLane(Connection connection, Placed placed, Registered known)
            throws SQLException {
        TableId table = placed.wanted().table();
        LaneId lane = placed.wanted().lane();
        if (known.stage() == Stage.LEFT_OUT || !known.lane().equals(lane)) {
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
    private boolean missedChanges(Placed placed, PushDown.Found carriedInPart) {
        TableId table = placed.wanted().table();
        Registered known = registered.get(table);
        if (known == null || !known.stage().hasRows() || placed.move() != null) {
            return false;
        }
        TableStrategy strategy = strategies.get(table);
        return !placed.published()
                || known.track() != placed.track()
                || !carriedInPart.covers(
                        table, strategy == null ? TableScope.everything() : strategy.scope());
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
                context.planStrategy(connection, wanted.table(), before, asked);
            }
            connection.commit();
        } finally {
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }

    /** Gives back what the destination remembers then. */
    private Map<TableId, Registered> leaveOut(Connection connection, Set<TableId> wanted)
            throws SQLException {
        for (Map.Entry<TableId, Registered> entry : registered.entrySet()) {
            if (!wanted.contains(entry.getKey()) && entry.getValue().stage() != Stage.LEFT_OUT) {
                LOG.info("table {} is left out from now on", entry.getKey());
                context.tables().leaveOut(connection, entry.getKey());
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
        return now;
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
                            schema.ordered(),
                            schema.priority());
            TrackMove move = placed.move();
            if (move != null) {
                table.moves(move);
            }
            table.strategy(
                    strategies.getOrDefault(table.table(), TableStrategy.usual(schema.strategy())));
            table.freshness(schema.statedFreshness());
            lanes.add(table);
            functions.asked(table.table(), schema.strategy());
            definitions.put(table.table(), placed.wanted().definition());
            byLane.computeIfAbsent(placed.wanted().lane(), key -> new ArrayList<>()).add(table);
        }
        try (Connection connection = context.connect("tidetable setup")) {
            ProgressStore store = new ProgressStore(connection, Duration.ofSeconds(30));
            Map<LaneId, Progress> progress = new HashMap<>();
            store.readAll(context.pipeline()).forEach(it -> progress.put(it.lane(), it));
            Opening opening = new Opening();
            byLane.forEach(
                    (lane, carried) -> openLane(opening, lane, carried, progress.get(lane), lost));
            connection.setAutoCommit(false);
            context.tables().become(connection, opening.merging, Stage.MERGING);
            context.tables().forgetProgress(connection, opening.forgotten);
            store.createAll(opening.begun);
            connection.commit();
            connection.setAutoCommit(true);
            // After it is written down that they are merged, or a crash would hide that they must
            // be.
            for (Map.Entry<Track, Set<TableId>> entry : opening.riding.entrySet()) {
                context.tables().ride(connection, entry.getValue(), entry.getKey());
            }
        }
    }

    /** What is to be written down of lanes that are opened together. */
    private static final class Opening {
        final Set<TableId> merging = new TreeSet<>();
        final List<LaneId> forgotten = new ArrayList<>();
        final List<Progress> begun = new ArrayList<>();
        final Map<Track, Set<TableId>> riding = new EnumMap<>(Track.class);
    }

    private void openLane(
            Opening opening,
            LaneId id,
            List<LaneTable> carried,
            @Nullable Progress known,
            Set<Track> lost) {
        Set<Track> tracks = DestinationLanes.tracksOf(carried);
        carried.forEach(lanes::keepFromHere);
        Position beginning = new Position(lanes.beginningOf(carried), 0);
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
            resume(opening, table, gap || missed.contains(table.table()));
        }
        for (Lane lane : lanes.newLanes(id, carried)) {
            if (gap) {
                opening.forgotten.add(lane.id());
            }
            opening.begun.add(new Progress(context.pipeline(), lane.id(), identity, beginning));
            lanes.add(lane);
        }
        for (LaneTable table : carried) {
            if (table.move() == null
                    && Objects.requireNonNull(registered.get(table.table())).track()
                            != table.track()) {
                opening.riding
                        .computeIfAbsent(table.track(), _ -> new TreeSet<>())
                        .add(table.table());
            }
        }
    }

    /** Puts a table where the destination remembers it. */
    private void resume(Opening opening, LaneTable table, boolean gap) {
        Registered known = registered.get(table.table());
        if (known == null) {
            throw new IllegalStateException(table.table() + " was not registered");
        }
        Stage stage = known.stage();
        if (gap && stage != Stage.WAITING) {
            stage = Stage.MERGING;
            opening.merging.add(table.table());
        }
        TidetableException why = missing.refusal(table.table());
        if (why != null) {
            table.setAside(why.line());
            return;
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
}
