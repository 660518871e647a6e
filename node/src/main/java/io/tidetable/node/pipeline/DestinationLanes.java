package io.tidetable.node.pipeline;

import io.tidetable.model.Consistency;
import io.tidetable.model.LaneId;
import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.node.journal.Journal;
import io.tidetable.node.journal.TrackJournal;
import io.tidetable.node.journal.TransactionFeed;
import io.tidetable.node.lane.Feeds;
import io.tidetable.node.lane.KeyBuckets;
import io.tidetable.node.lane.Lane;
import io.tidetable.node.lane.LaneTable;
import io.tidetable.node.lane.TrackMove;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * The lanes of a destination: which tables each carries, which tracks it reads, and what the
 * journal keeps for them.
 */
final class DestinationLanes {
    /** Of the source's log: a lane that is no further behind is at work on what just came. */
    private static final long NEAR_BYTES = 32L << 20;

    private final DestinationContext context;
    private final Journal journal;
    private final Lane.Announced announced;
    private final Dispatcher dispatcher;
    private final Map<TableId, LaneTable> tables = new TreeMap<>();
    private final Map<LaneId, Lane> lanes = new ConcurrentSkipListMap<>();
    private final Map<TableId, List<Lane>> lanesByTable = new ConcurrentHashMap<>();
    private final Set<Lane> mergedLanes = ConcurrentHashMap.newKeySet();

    /** What the journal keeps for this destination; its own monitor. */
    private final Map<TableId, Set<Track>> kept = new HashMap<>();

    private final Object handing = new Object();

    DestinationLanes(
            DestinationContext context,
            Journal journal,
            Lane.Announced announced,
            Dispatcher dispatcher) {
        this.context = context;
        this.journal = journal;
        this.announced = announced;
        this.dispatcher = dispatcher;
    }

    /** Every table that is replicated here. */
    Collection<LaneTable> tables() {
        return tables.values();
    }

    Collection<Lane> all() {
        return lanes.values();
    }

    Collection<LaneId> ids() {
        return lanes.keySet();
    }

    /** The lanes that carry the table: one, or its key lanes. */
    List<Lane> of(TableId table) {
        return lanesByTable.getOrDefault(table, List.of());
    }

    /** A table that is replicated here; null for any other. */
    @Nullable LaneTable table(TableId table) {
        return tables.get(table);
    }

    /** From now on the table is replicated here. */
    void add(LaneTable table) {
        tables.put(table.table(), table);
    }

    /**
     * What is to carry the tables: one lane; or, for a table whose rows are spread by key, several.
     */
    List<Lane> newLanes(LaneId id, List<LaneTable> carried) {
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

    /** From now on the lane is at work, as soon as it is activated. */
    void add(Lane lane) {
        context.claimed().remove(lane.id());
        lanes.put(lane.id(), lane);
        for (LaneTable table : lane.tables()) {
            lanesByTable.merge(table.table(), List.of(lane), DestinationLanes::together);
        }
        if (lane.tracks().size() > 1) {
            mergedLanes.add(lane);
        }
        dispatcher.add(new Work.OfLane(lane), priorityOf(lane));
    }

    private static List<Lane> together(List<Lane> before, List<Lane> more) {
        List<Lane> all = new ArrayList<>(before);
        all.addAll(more);
        return List.copyOf(all);
    }

    /** Writes down that other lanes go on where the former ones stand. */
    interface Handover {
        void commit() throws SQLException;
    }

    /**
     * Puts other lanes in the place of those that carry a table alone; whoever calls holds them.
     *
     * @return false where the table is on its way to another track; nothing was changed then
     */
    boolean replace(LaneTable table, Consistency ordered, Handover handover) throws SQLException {
        synchronized (handing) {
            if (table.move() != null) {
                return false;
            }
            handover.commit();
            List<Lane> former = of(table.table());
            former.forEach(Lane::retire);
            table.consistency(ordered);
            List<Lane> next =
                    newLanes(
                            WantedTable.ownLanes(table.table(), ordered).getFirst(),
                            List.of(table));
            for (Lane lane : former) {
                lanes.remove(lane.id());
                mergedLanes.remove(lane);
                dispatcher.remove(new Work.OfLane(lane));
                next.forEach(it -> it.goesOnAbove(lane.completeBelow()));
            }
            for (Lane lane : next) {
                context.claimed().remove(lane.id());
                lanes.put(lane.id(), lane);
                dispatcher.add(new Work.OfLane(lane), priorityOf(lane));
            }
            lanesByTable.put(table.table(), List.copyOf(next));
            next.forEach(lane -> dispatcher.activate(new Work.OfLane(lane)));
            return true;
        }
    }

    /** From where the tables' tracks will have everything of them. */
    Lsn beginningOf(Collection<LaneTable> carried) {
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

    static Set<Track> tracksOf(Collection<LaneTable> carried) {
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
    void keepFromHere(LaneTable table) {
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
                                && of(name).stream().noneMatch(it -> needs(it, track))) {
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
        of(move).forEach(lane -> readAnew(lane, Lsn.ZERO));
    }

    /** Says that tables move, in the status. */
    void announce(TrackMove move) {
        // Lanes that are made meanwhile would else not hear of the turn.
        synchronized (handing) {
            tablesOf(move).forEach(table -> table.moves(move));
        }
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
        of(move).forEach(lane -> readAnew(lane, completeBelow));
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

    Set<Lane> of(TrackMove move) {
        Set<Lane> found = new LinkedHashSet<>();
        move.tables().forEach(table -> found.addAll(of(table)));
        return found;
    }

    /** Asks the lanes of the move's tables to note progress up to the position. */
    void reachFor(TrackMove move, Lsn position) {
        for (Lane lane : of(move)) {
            lane.reachFor(position);
            dispatcher.activate(new Work.OfLane(lane));
        }
    }

    /** Whether the table's lanes are at work here, and not far behind. */
    boolean keepsUp(TableId table) {
        return !context.isDistrusted()
                && of(table).stream()
                        .allMatch(lane ->
                                lane.runnable()
                                        && lane.completeUpTo().value() + NEAR_BYTES
                                                >= announced(lane).value());
    }

    private Lsn announced(Lane lane) {
        return lane.tracks().stream().map(announced::upTo).reduce(Lsn::min).orElse(Lsn.ZERO);
    }

    /** The lane is looked at again. */
    void wake(Lane lane) {
        lane.wake();
        dispatcher.activate(new Work.OfLane(lane));
    }

    /** Everything is looked at. */
    void activateAll() {
        lanes.values().forEach(lane -> dispatcher.activate(new Work.OfLane(lane)));
    }

    /** Gives the table's lanes the weight of their heaviest table. */
    void reweight(TableId table) {
        for (Lane lane : of(table)) {
            dispatcher.reweight(new Work.OfLane(lane), priorityOf(lane));
        }
    }

    private static int priorityOf(Lane lane) {
        return lane.tables().stream().mapToInt(LaneTable::priority).max().orElse(1);
    }

    /** The journal has new commits. */
    void readable(Track track, Set<TableId> changed) {
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
}
