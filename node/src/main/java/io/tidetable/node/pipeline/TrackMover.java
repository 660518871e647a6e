package io.tidetable.node.pipeline;

import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import io.tidetable.node.lane.TrackMove;
import java.io.IOException;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Decides upon moves of tables between the tracks, and knows which are under way. */
final class TrackMover implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TrackMover.class);

    private final MoveRun.Place place;
    private final TrackUnits units;
    private final InstantSource clock;
    private final RandomGenerator chance;
    private final Map<TableId, MoveRun> underWay = new HashMap<>();
    private @Nullable String refusal;
    private boolean closed;

    TrackMover(MoveRun.Place place, TrackUnits units, InstantSource clock, RandomGenerator chance) {
        this.place = place;
        this.units = units;
        this.clock = clock;
        this.chance = chance;
    }

    /**
     * Goes on with what was under way, and moves to their pins what the settings pin elsewhere.
     *
     * @param prepared those that bulk carries beside express, so that they can leave it at once
     * @param whyNot why tables cannot move at this source; null where they can
     */
    synchronized void start(Set<TableId> prepared, @Nullable String whyNot) {
        refusal = whyNot;
        for (TrackMove move : place.ledger().all()) {
            LOG.info(
                    "the move of {} from {} to {} goes on: {}",
                    move.tables(),
                    move.from().label(),
                    move.to().label(),
                    move.reason());
            begin(move);
        }
        place.exits().openWhenPossible(prepared, place.source());
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

    /**
     * Moves a table to the track, with the others of its group; or takes its move to express back,
     * where bulk has everything still. Returns when that is decided.
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
            MoveRun before = underWay.get(member);
            if (before != null) {
                takeBack(before, to, reason);
                return;
            }
        }
        Set<TableId> together = new TreeSet<>(unit.tables());
        together.removeIf(member -> track(member) == to);
        for (TableId member : together) {
            Track pin = unit.pins().get(member);
            if (pin != null && pin != to) {
                throw new TidetableException(
                        "TT-248",
                        "the settings or an override pin %s to the %s track; change 'track' there, or end the override, to let it move"
                                .formatted(member, pin.label()));
            }
        }
        if (!together.isEmpty()) {
            decide(together, to, reason);
        }
    }

    /** Moves a table by command: it stays there, until something else is asked for it. */
    synchronized void send(TableId table, Track to) {
        move(table, to, "asked for");
        units.send(table, to);
    }

    /**
     * A destination's replication schema asks for the track: the table goes there by itself, once
     * that troubles nobody; at once where an override pins it.
     */
    synchronized void place(DestinationId destination, TableId table, Track track, boolean pinned) {
        units.ask(destination, table, track, pinned);
        if (pinned) {
            move(table, track, "an override pins it there");
        }
    }

    private static void takeBack(MoveRun before, Track to, String reason) {
        TrackMove move = before.move();
        if (to != move.from() || !before.mayBeTakenBack()) {
            throw new TidetableException(
                    "TT-249",
                    "%s moves from %s to %s just now; 'tidetable table' shows when that is done, ask again then"
                            .formatted(move.tables(), move.from().label(), move.to().label()));
        }
        LOG.info("{} is to stay on {}: {}", move.tables(), to.label(), reason);
        before.takeBack(reason);
    }

    /** Where a table rides; while it moves, what it leaves. */
    Track track(TableId table) {
        return place.destinations().stream()
                .flatMap(there -> there.tables().stream())
                .filter(it -> it.table().equals(table))
                .findFirst()
                .orElseThrow()
                .track();
    }

    /** Where all tables ride. */
    Map<TableId, Track> tracks() {
        Map<TableId, Track> tracks = new HashMap<>();
        for (DestinationSide there : place.destinations()) {
            there.tables().forEach(table -> tracks.put(table.table(), table.track()));
        }
        return tracks;
    }

    /** Whether one of the tables is on its way. */
    synchronized boolean isMoving(TrackUnit unit) {
        return unit.tables().stream().anyMatch(underWay::containsKey);
    }

    /** Whether the tables are on their way to express, and could stay on bulk after all. */
    synchronized boolean mayStay(TrackUnit unit) {
        return unit.tables().stream()
                .map(underWay::get)
                .anyMatch(run -> run != null && run.mayBeTakenBack());
    }

    /** Whether every destination applies the tables' changes soon after they come. */
    boolean keepsUp(TrackUnit unit) {
        return place.destinations().stream()
                .allMatch(
                        there -> unit.tables().stream().allMatch(it -> there.lanes().keepsUp(it)));
    }

    private void decide(Set<TableId> together, Track to, String reason) {
        Track from = to == Track.EXPRESS ? Track.BULK : Track.EXPRESS;
        String id = "move " + Long.toHexString(chance.nextLong());
        TrackMove move = new TrackMove(id, together, from, to, null, reason, clock.instant());
        try {
            if (place.source().captures().containsKey(to)) {
                place.ledger().decide(move);
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
        MoveRun run = new MoveRun(move, place, last -> end(move, last));
        move.tables().forEach(table -> underWay.put(table, run));
        place.destinations().forEach(there -> there.lanes().announce(move));
        run.start();
    }

    /** Whoever sees that it is over can begin another. */
    private synchronized void end(TrackMove move, Runnable last) {
        last.run();
        underWay.values().removeIf(run -> run.move().equals(move));
    }

    @Override
    public void close() {
        Set<MoveRun> running;
        synchronized (this) {
            closed = true;
            running = new HashSet<>(underWay.values());
        }
        place.exits().close();
        running.forEach(MoveRun::stop);
        for (MoveRun run : running) {
            try {
                run.awaitEnd();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
