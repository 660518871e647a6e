package io.tidetable.node.pipeline;

import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.node.fault.FaultPoint;
import io.tidetable.node.fault.Faults;
import io.tidetable.node.lane.TrackMove;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves tables between the tracks while they are written to. Each move is carried out on a thread
 * of its own; after a crash it goes on from the ledger, in steps that may all be done again:
 *
 * <ol>
 *   <li>the decision is written down;
 *   <li>both tracks carry the tables;
 *   <li>all transactions that wrote to them before have ended: what commits from now on is on the
 *       new track whole;
 *   <li>the turn is written down: a position of the source between then and the next step but one;
 *   <li>the lanes read the old track up to the turn and the new one beyond;
 *   <li>the old track no longer carries the tables: what committed before is on it whole;
 *   <li>every destination has on its disk what committed up to the turn;
 *   <li>the destinations learn the new track, the decision is struck out, the lanes read the new
 *       track alone.
 * </ol>
 *
 * <p>Where a table may have to leave express in a hurry, bulk carries it all the time. Then the
 * second and third step are done already on the way out, which begins in the middle of whatever
 * floods, and the sixth is left out on the way back.
 */
final class TrackMover implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TrackMover.class);
    private static final Duration POLL = Duration.ofMillis(50);
    private static final Duration AGAIN = Duration.ofMillis(500);

    private final SourceSide source;
    private final Collection<DestinationSide> destinations;
    private final TrackUnits units;
    private final MoveLedger ledger;
    private final TrackExits exits;
    private final Opener opener;
    private final Object opening = new Object();

    /**
     * Tables that bulk carries whole, because everybody has ended who wrote to them before it did.
     */
    private final Set<TableId> ready = ConcurrentHashMap.newKeySet();

    private final InstantSource clock;
    private final RandomGenerator chance;
    private final Faults faults;
    private final Map<TableId, TrackMove> underWay = new HashMap<>();
    private final List<Thread> carriers = new ArrayList<>();
    private @Nullable String refusal;
    private volatile boolean closed;

    TrackMover(
            SourceSide source,
            Collection<DestinationSide> destinations,
            TrackUnits units,
            MoveLedger ledger,
            TrackExits exits,
            Opener opener,
            InstantSource clock,
            RandomGenerator chance,
            Faults faults) {
        this.source = source;
        this.destinations = destinations;
        this.units = units;
        this.ledger = ledger;
        this.exits = exits;
        this.opener = opener;
        this.clock = clock;
        this.chance = chance;
        this.faults = faults;
    }

    /** Makes a track that there is not yet. */
    interface Opener {
        void open(Track track) throws SQLException, InterruptedException;
    }

    /**
     * Goes on with what was under way, and moves to their pins what the settings pin elsewhere.
     *
     * @param prepared those that bulk carries beside express, so that they can leave it at once
     * @param whyNot why tables cannot move at this source; null where they can
     */
    synchronized void start(Set<TableId> prepared, @Nullable String whyNot) {
        refusal = whyNot;
        for (TrackMove move : ledger.all()) {
            LOG.info(
                    "the move of {} from {} to {} goes on: {}",
                    move.tables(),
                    move.from().label(),
                    move.to().label(),
                    move.reason());
            begin(move);
        }
        if (!prepared.isEmpty()) {
            carriers.add(Thread.ofVirtual().name("move-prepare").start(() -> makeReady(prepared)));
        }
        units.all().forEach(this::moveToPins);
    }

    private void moveToPins(TrackUnit unit) {
        if (unit.isFree() || isMoving(unit)) {
            return;
        }
        Map.Entry<TableId, Track> pin = unit.pins().entrySet().iterator().next();
        try {
            move(pin.getKey(), pin.getValue(), "the settings pin it there");
        } catch (TidetableException e) {
            LOG.warn("table {} stays on its track: {}", pin.getKey(), e.line());
        }
    }

    /** From when on tables may leave express at any place, also within transactions. */
    private void makeReady(Set<TableId> prepared) {
        while (!closed) {
            try {
                source.awaitWriters(
                        prepared,
                        waiting ->
                                LOG.debug(
                                        "until {} end, no table leaves the express track at once",
                                        waiting.blockers()));
                ready.addAll(prepared);
                return;
            } catch (SQLException e) {
                LOG.info("tables are not ready yet to leave express: {}", e.getMessage());
            } catch (InterruptedException e) {
                return;
            }
            if (!pause(AGAIN)) {
                return;
            }
        }
    }

    /**
     * Moves a table to the track, with the others of its group. Returns when that is decided.
     *
     * @param reason why, for people
     * @throws TidetableException when it cannot be begun; nothing was changed then
     */
    synchronized void move(TableId table, Track to, String reason) {
        TrackUnit unit = units.of(table);
        if (unit == null) {
            throw new TidetableException(
                    "TT-405",
                    "table %s is not replicated; 'tidetable tables' lists those that are"
                            .formatted(table));
        }
        if (refusal != null) {
            throw new TidetableException("TT-247", refusal);
        }
        if (closed) {
            throw new TidetableException("TT-402", "the pipeline is being stopped");
        }
        for (TableId member : unit.tables()) {
            TrackMove before = underWay.get(member);
            if (before != null) {
                throw new TidetableException(
                        "TT-249",
                        "%s moves from %s to %s just now; 'tidetable table' shows when that is done, ask again then"
                                .formatted(
                                        before.tables(),
                                        before.from().label(),
                                        before.to().label()));
            }
        }
        Set<TableId> together = new TreeSet<>(unit.tables());
        together.removeIf(member -> track(member) == to);
        for (TableId member : together) {
            Track pin = unit.pins().get(member);
            if (pin != null && pin != to) {
                throw new TidetableException(
                        "TT-248",
                        "the settings pin %s to the %s track; change or remove 'track' there to let it move"
                                .formatted(member, pin.label()));
            }
        }
        if (!together.isEmpty()) {
            decide(together, to, reason);
        }
    }

    /** Where a table rides; while it moves, what it leaves. */
    Track track(TableId table) {
        return destinations.stream()
                .flatMap(there -> there.tables().stream())
                .filter(it -> it.table().equals(table))
                .findFirst()
                .orElseThrow()
                .track();
    }

    /** Where all tables ride. */
    Map<TableId, Track> tracks() {
        Map<TableId, Track> tracks = new HashMap<>();
        for (DestinationSide there : destinations) {
            there.tables().forEach(table -> tracks.put(table.table(), table.track()));
        }
        return tracks;
    }

    /** Whether one of the tables is on its way. */
    synchronized boolean isMoving(TrackUnit unit) {
        return unit.tables().stream().anyMatch(underWay::containsKey);
    }

    private void decide(Set<TableId> together, Track to, String reason) {
        Track from = to == Track.EXPRESS ? Track.BULK : Track.EXPRESS;
        String id = "move " + Long.toHexString(chance.nextLong());
        TrackMove move = new TrackMove(id, together, from, to, null, reason, clock.instant());
        try {
            if (source.captures().containsKey(to)) {
                ledger.decide(move);
            }
        } catch (IOException e) {
            throw new TidetableException(
                    "TT-301",
                    "the move could not be written down: %s; nothing was changed"
                            .formatted(e.getMessage()),
                    e);
        }
        LOG.info("{} moves from {} to {}: {}", together, from.label(), to.label(), reason);
        begin(move);
    }

    private void begin(TrackMove move) {
        move.tables().forEach(table -> underWay.put(table, move));
        destinations.forEach(there -> there.announce(move));
        carriers.removeIf(thread -> !thread.isAlive());
        carriers.add(Thread.ofVirtual().name("move-" + move.to().label()).start(() -> carry(move)));
    }

    private synchronized void over(TrackMove move) {
        underWay.values().removeIf(move::equals);
    }

    private void carry(TrackMove decided) {
        while (!closed) {
            TrackMove move = current(decided);
            try {
                carryThrough(move);
                over(decided);
                return;
            } catch (SQLException | IOException e) {
                if (closed) {
                    return;
                }
                say(move, "tried again after: " + e.getMessage());
                LOG.warn("the move of {} is tried again: {}", move.tables(), e.getMessage());
            } catch (TidetableException e) {
                if (!isDecided(move)) {
                    // The track could not be made.
                    givenUp(move, e);
                    over(decided);
                    return;
                }
                LOG.warn("the move of {} is tried again: {}", move.tables(), e.line());
            } catch (RuntimeException e) {
                if (closed) {
                    return;
                }
                LOG.error("TT-492 the move of {} failed unexpectedly", move.tables(), e);
            } catch (InterruptedException e) {
                return;
            }
            if (!pause(AGAIN)) {
                return;
            }
        }
    }

    private boolean isDecided(TrackMove move) {
        return ledger.all().stream().anyMatch(known -> known.id().equals(move.id()));
    }

    /** The move as it is written down. */
    private TrackMove current(TrackMove decided) {
        return ledger.all().stream()
                .filter(known -> known.id().equals(decided.id()))
                .findFirst()
                .orElse(decided);
    }

    private void carryThrough(TrackMove move)
            throws SQLException, IOException, InterruptedException {
        TrackMove turning = move;
        Lsn turn = move.turn();
        if (turn == null) {
            open(move);
            ledger.decide(move);
            faults.reach(FaultPoint.MOVE_DECIDED);
            if (!isReady(move)) {
                say(move, "both tracks are to carry it");
                ready.removeAll(move.tables());
                TidetableException refused = source.join(move, faults);
                if (refused != null) {
                    ledger.end(move);
                    givenUp(move, refused);
                    return;
                }
                awaitWriters(move);
            }
            faults.reach(FaultPoint.MOVE_SETTLED);
            turn = source.mark(move.id() + " turns");
            if (!source.joined(move)) {
                throw new SQLException("a crash of the source took it off the new track");
            }
            turning = move.turningAt(turn);
            ledger.decide(turning);
        }
        faults.reach(FaultPoint.MOVE_TURNED);
        for (DestinationSide there : destinations) {
            there.turn(turning);
        }
        faults.reach(FaultPoint.MOVE_READ);
        if (keepsBulk(turning)) {
            ready.addAll(turning.tables());
        } else {
            leave(turning);
        }
        say(turning, "destinations apply what committed before " + turn);
        for (DestinationSide there : destinations) {
            there.reachFor(turning, turn);
        }
        while (!haveFlushed(turning, turn)) {
            Thread.sleep(POLL);
        }
        faults.reach(FaultPoint.MOVE_FLUSHED);
        for (DestinationSide there : destinations) {
            there.noteTrack(turning.tables(), turning.to());
        }
        faults.reach(FaultPoint.MOVE_NOTED);
        ledger.end(turning);
        faults.reach(FaultPoint.MOVE_ENDED);
        arrived(turning, turn);
    }

    /** Never tried again: the ledger knows nothing of the move any more. */
    private void arrived(TrackMove move, Lsn turn) {
        for (DestinationSide there : destinations) {
            try {
                there.endMove(move, move.to(), turn);
            } catch (RuntimeException e) {
                LOG.error(
                        "TT-492 lanes of {} go on reading both tracks until the next start",
                        move.tables(),
                        e);
            }
        }
        LOG.info("{} rides {} now", move.tables(), move.to().label());
    }

    private void open(TrackMove move) throws SQLException, InterruptedException {
        // Two moves may be the first to a track.
        synchronized (opening) {
            if (!source.captures().containsKey(move.to())) {
                say(move, "the track is made, which waits for all open transactions of the source");
                opener.open(move.to());
            }
        }
    }

    /** Whether the new track carries the tables whole already. */
    private boolean isReady(TrackMove move) throws SQLException {
        return move.to() == Track.BULK
                && ready.containsAll(move.tables())
                && source.carries(Track.BULK, move.tables());
    }

    /** Whether the tables stay on bulk, as their way out of express. */
    private boolean keepsBulk(TrackMove move) throws SQLException {
        return move.from() == Track.BULK
                && exits.areFor(move.tables())
                && source.carries(Track.BULK, move.tables());
    }

    /** From then on the new track has everything whole that commits. */
    private void awaitWriters(TrackMove move) throws SQLException, InterruptedException {
        say(move, "transactions that wrote to it before must end");
        source.awaitWriters(
                move.tables(),
                waiting ->
                        say(
                                move,
                                "waits for the end of %s"
                                        .formatted(String.join(", ", waiting.blockers()))));
    }

    /** There is no way back from the turn: it is tried until it is so. */
    private void leave(TrackMove move) throws SQLException, InterruptedException {
        say(move, "the old track is left");
        TidetableException notYet = source.leave(move, faults);
        while (notYet != null) {
            LOG.warn("the move of {} is tried again: {}", move.tables(), notYet.line());
            say(move, "the old track cannot be left: " + notYet.getMessage());
            Thread.sleep(AGAIN);
            notYet = source.leave(move, faults);
        }
    }

    private boolean haveFlushed(TrackMove move, Lsn position) {
        return destinations.stream().allMatch(there -> there.hasFlushed(move, position));
    }

    private void givenUp(TrackMove move, TidetableException why) {
        destinations.forEach(there -> there.endMove(move, move.from(), Lsn.ZERO));
        LOG.warn("{} stays on {}: {}", move.tables(), move.from().label(), why.line());
    }

    private void say(TrackMove move, String what) {
        destinations.forEach(there -> there.moveStands(move, what));
    }

    private boolean pause(Duration time) {
        try {
            Thread.sleep(time);
            return true;
        } catch (InterruptedException e) {
            return false;
        }
    }

    @Override
    public void close() {
        closed = true;
        List<Thread> running;
        synchronized (this) {
            running = List.copyOf(new HashSet<>(carriers));
        }
        running.forEach(Thread::interrupt);
        for (Thread thread : running) {
            try {
                thread.join(Duration.ofSeconds(30));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
