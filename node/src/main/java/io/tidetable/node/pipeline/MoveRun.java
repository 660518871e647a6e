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
import java.util.Collection;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries one move between tracks through, on a thread of its own; after a crash it goes on from
 * the ledger, in steps that may all be done again:
 *
 * <ol>
 *   <li>the decision is written down;
 *   <li>both tracks carry the tables;
 *   <li>all transactions that wrote to them before have ended: what commits from now on is on the
 *       new track whole;
 *   <li>the journal keeps what the new track gets of them;
 *   <li>the turn is chosen: a position of the source between then and the next step but three; the
 *       new track's journal says that it lacks what came before;
 *   <li>the turn is written down;
 *   <li>the lanes read the old track up to the turn and the new one beyond;
 *   <li>the old track no longer carries the tables: what committed before is on it whole;
 *   <li>every destination has on its disk what committed up to the turn;
 *   <li>the destinations learn the new track, the decision is struck out, the lanes read the new
 *       track alone.
 * </ol>
 *
 * <p>Where a table may have to leave express in a hurry, bulk carries it all the time. Then the
 * second and third step are done already on the way out, which begins in the middle of whatever
 * floods, and the eighth is left out on the way back. Until the last step that way back may be
 * taken back: bulk has everything.
 */
final class MoveRun {
    private static final Logger LOG = LoggerFactory.getLogger(MoveRun.class);
    private static final Duration POLL = Duration.ofMillis(50);
    private static final Duration AGAIN = Duration.ofMillis(500);

    private final TrackMove decided;
    private final Place place;
    private final Ending ending;
    private final Thread thread;
    private volatile @Nullable String takenBack;
    private volatile boolean closed;

    /**
     * A run; nothing happens before {@link #start}.
     *
     * @param ending called once the move has come to its end, whichever
     */
    MoveRun(TrackMove decided, Place place, Ending ending) {
        this.decided = decided;
        this.place = place;
        this.ending = ending;
        thread = Thread.ofVirtual().name("move-" + decided.to().label()).unstarted(this::run);
    }

    /**
     * Where moves take place.
     *
     * @param failed hears why the pipeline cannot go on
     */
    record Place(
            SourceSide source,
            Collection<DestinationSide> destinations,
            MoveLedger ledger,
            TrackExits exits,
            Opener opener,
            Consumer<TidetableException> failed,
            Faults faults) {}

    /** Makes a track that there is not yet; one at a time. */
    interface Opener {
        void open(Track track) throws SQLException, InterruptedException;
    }

    /** The end of a move. */
    interface Ending {
        /** Does the last of it, which nobody has to wait for, and counts it as over then. */
        void end(Runnable last);
    }

    void start() {
        thread.start();
    }

    TrackMove move() {
        return decided;
    }

    /** Whether it may still be taken back: bulk carries the tables all the time. */
    boolean mayBeTakenBack() {
        return decided.to() == Track.EXPRESS
                && takenBack == null
                && place.exits().areFor(decided.tables());
    }

    /** The tables stay on bulk after all; unless they have arrived already. */
    void takeBack(String reason) {
        takenBack = reason;
    }

    private boolean isWanted() {
        return takenBack == null;
    }

    private void run() {
        while (!closed) {
            TrackMove move = current();
            try {
                ending.end(carryThrough(move));
                return;
            } catch (SQLException | IOException e) {
                if (closed) {
                    return;
                }
                say("tried again after: " + e.getMessage());
                LOG.warn("the move of {} is tried again: {}", move.tables(), e.getMessage());
            } catch (TidetableException e) {
                if (!isDecided()) {
                    // The track could not be made.
                    ending.end(() -> givenUp(e));
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
            } catch (Error e) {
                // Nobody knows what else is broken.
                place.failed()
                        .accept(
                                new TidetableException(
                                        "TT-492",
                                        "the move of %s was ended by %s; its tables can be read wherever it stands, start again and it goes on"
                                                .formatted(move.tables(), e),
                                        e));
                return;
            }
            if (!pause(AGAIN)) {
                return;
            }
        }
    }

    private boolean isDecided() {
        return place.ledger().all().stream().anyMatch(known -> known.id().equals(decided.id()));
    }

    /** The move as it is written down. */
    private TrackMove current() {
        return place.ledger().all().stream()
                .filter(known -> known.id().equals(decided.id()))
                .findFirst()
                .orElse(decided);
    }

    /** Returns what is left to do at its end. */
    private Runnable carryThrough(TrackMove move)
            throws SQLException, IOException, InterruptedException {
        TrackMove turning = move;
        Lsn turn = move.turn();
        if (turn == null) {
            Runnable ended = letBothCarry(move);
            if (ended != null) {
                return ended;
            }
            reach(FaultPoint.MOVE_SETTLED);
            place.destinations().forEach(there -> there.lanes().keep(move));
            turn = place.source().mark(move.id() + " turns");
            if (!place.source().joined(move)) {
                throw new SQLException("a crash of the source took it off the new track");
            }
            // First: once the turn is written down, lanes look for what lies beyond it.
            place.source().cut(move, turn);
            turning = move.turningAt(turn);
            place.ledger().decide(turning);
        }
        reach(FaultPoint.MOVE_TURNED);
        for (DestinationSide there : place.destinations()) {
            there.lanes().turn(turning);
        }
        reach(FaultPoint.MOVE_READ);
        boolean keepsBulk = keepsBulk(turning);
        if (keepsBulk) {
            place.exits().open(turning.tables());
        } else {
            leave(turning);
        }
        say("destinations apply what committed before " + turn);
        for (DestinationSide there : place.destinations()) {
            there.lanes().reachFor(turning, turn);
        }
        while (!haveFlushed(turning, turn)) {
            if (keepsBulk && !isWanted()) {
                goBack(turning);
                return () -> {};
            }
            Thread.sleep(POLL);
        }
        return arrive(turning, turn);
    }

    private Runnable arrive(TrackMove move, Lsn turn) throws SQLException, IOException {
        reach(FaultPoint.MOVE_FLUSHED);
        for (DestinationSide there : place.destinations()) {
            there.noteTrack(move.tables(), move.to());
        }
        reach(FaultPoint.MOVE_NOTED);
        place.ledger().end(move);
        reach(FaultPoint.MOVE_ENDED);
        // Never tried again: the ledger knows nothing of the move any more.
        return () -> {
            endAt(move, move.to(), turn);
            LOG.info("{} rides {} now", move.tables(), move.to().label());
        };
    }

    private void endAt(TrackMove move, Track track, Lsn completeBelow) {
        for (DestinationSide there : place.destinations()) {
            try {
                there.lanes().endMove(move, track, completeBelow);
            } catch (RuntimeException e) {
                LOG.error(
                        "TT-492 lanes of {} go on reading as if it still moved, until the next start",
                        move.tables(),
                        e);
            }
        }
    }

    /**
     * Decides it, and lets both tracks carry the tables whole.
     *
     * @return null where they do; else it has ended, and that is left to do
     */
    private @Nullable Runnable letBothCarry(TrackMove move)
            throws SQLException, IOException, InterruptedException {
        if (!place.source().captures().containsKey(move.to())) {
            say("the track is made, which waits for all open transactions of the source");
            place.opener().open(move.to());
        }
        place.ledger().decide(move);
        reach(FaultPoint.MOVE_DECIDED);
        if (isReady(move)) {
            return null;
        }
        say("both tracks are to carry it");
        if (move.to() == Track.BULK) {
            place.exits().shut(move.tables());
        }
        // Looked at once the move is over.
        place.destinations()
                .forEach(there -> there.publications().rebound(move.tables(), move.to()));
        TidetableException refused = place.source().join(move, place.faults());
        if (refused != null) {
            place.ledger().end(move);
            return () -> givenUp(refused);
        }
        if (!awaitWriters(move) || !isWanted()) {
            goBack(move);
            return () -> {};
        }
        return null;
    }

    /** Whether the new track carries the tables whole already. */
    private boolean isReady(TrackMove move) throws SQLException {
        return move.to() == Track.BULK
                && place.exits().areOpenTo(move.tables())
                && place.source().carries(Track.BULK, move.tables());
    }

    /** Whether the tables stay on bulk, as their way out of express. */
    private boolean keepsBulk(TrackMove move) throws SQLException {
        return move.from() == Track.BULK
                && place.exits().areFor(move.tables())
                && place.source().carries(Track.BULK, move.tables());
    }

    /**
     * From then on the new track has everything whole that commits.
     *
     * @return false where it was taken back meanwhile
     */
    private boolean awaitWriters(TrackMove move) throws SQLException, InterruptedException {
        say("transactions that wrote to it before must end");
        return place.source()
                .awaitWriters(
                        move.tables(),
                        this::isWanted,
                        waiting ->
                                say(
                                        "waits for the end of %s"
                                                .formatted(String.join(", ", waiting.blockers()))));
    }

    /** There is no way back from the turn: it is tried until it is so. */
    private void leave(TrackMove move) throws SQLException, InterruptedException {
        say("the old track is left");
        TidetableException notYet = place.source().leave(move, place.faults());
        while (notYet != null) {
            LOG.warn("the move of {} is tried again: {}", move.tables(), notYet.line());
            say("the old track cannot be left: " + notYet.getMessage());
            Thread.sleep(AGAIN);
            notYet = place.source().leave(move, place.faults());
        }
    }

    /**
     * The tables stay on the old track, which has had all of them all the time: the lanes read it
     * alone again, wherever they stand. The decision is struck out first: a start that finds none
     * reads the old track, and takes the tables off the new one.
     */
    private void goBack(TrackMove move) throws IOException, InterruptedException {
        LOG.info("{} stays on {} after all: {}", move.tables(), move.from().label(), takenBack);
        place.ledger().end(move);
        reach(FaultPoint.MOVE_TAKEN_BACK);
        endAt(move, move.from(), Lsn.ZERO);
        // Never begun anew: the ledger knows nothing of the move any more.
        while (!closed) {
            try {
                leave(move.reversed());
                return;
            } catch (SQLException e) {
                LOG.warn(
                        "{} cannot be taken off {} yet: {}",
                        move.tables(),
                        move.to().label(),
                        e.getMessage());
                Thread.sleep(AGAIN);
            }
        }
    }

    private boolean haveFlushed(TrackMove move, Lsn position) {
        return place.destinations().stream().allMatch(there -> there.hasFlushed(move, position));
    }

    private void givenUp(TidetableException why) {
        place.destinations()
                .forEach(there -> there.lanes().endMove(decided, decided.from(), Lsn.ZERO));
        LOG.warn("{} stays on {}: {}", tables(), decided.from().label(), why.line());
    }

    private Set<TableId> tables() {
        return decided.tables();
    }

    private void say(String what) {
        place.destinations().forEach(there -> there.lanes().moveStands(decided, what));
    }

    private void reach(FaultPoint point) {
        place.faults().reach(point);
    }

    private static boolean pause(Duration time) {
        try {
            Thread.sleep(time);
            return true;
        } catch (InterruptedException e) {
            return false;
        }
    }

    /** Asks it to end soon. */
    void stop() {
        closed = true;
        thread.interrupt();
    }

    void awaitEnd() throws InterruptedException {
        thread.join(Duration.ofSeconds(30));
    }
}
