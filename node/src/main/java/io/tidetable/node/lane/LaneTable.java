package io.tidetable.node.lane;

import io.tidetable.model.Consistency;
import io.tidetable.model.Lsn;
import io.tidetable.model.Position;
import io.tidetable.model.TableId;
import io.tidetable.model.TableShape;
import io.tidetable.model.Track;
import io.tidetable.model.schema.Strategy;
import io.tidetable.model.status.TableState;
import io.tidetable.node.strategy.AutomaticCadence;
import io.tidetable.node.strategy.LearnedCosts;
import io.tidetable.node.strategy.TableScope;
import io.tidetable.node.strategy.TableStrategy;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** One table within its lane at one destination: what it is, and where it stands. Thread-safe. */
public final class LaneTable {
    private final TableId table;
    private volatile Track track;
    private volatile @Nullable TrackMove move;
    private volatile String moveStage = "decided";
    private volatile Consistency consistency;
    private final ReentrantLock leading = new ReentrantLock();
    private volatile int priority;
    private final DelayStatistics delays = new DelayStatistics();
    private final AtomicLong quarantined = new AtomicLong();
    private volatile TableState state = TableState.WAITING;
    private volatile @Nullable CopyBoundary boundary;
    private volatile boolean needsMerge;
    private volatile @Nullable TableShape shape;
    private final LearnedCosts costs = new LearnedCosts();
    private volatile TableStrategy strategy = TableStrategy.usual(new Strategy.PrioritizedDelta());
    private volatile @Nullable Duration freshness;
    private volatile AutomaticCadence.@Nullable Choice cadence;
    private volatile @Nullable String message;
    private volatile @Nullable String absence;

    public LaneTable(TableId table, Track track, Consistency consistency, int priority) {
        this.table = table;
        this.track = track;
        this.consistency = consistency;
        this.priority = priority;
    }

    public TableId table() {
        return table;
    }

    /** Over which its changes come; while it moves, the one that it leaves. */
    public Track track() {
        return track;
    }

    /** Its move to the other track, from the decision until nothing is left on the old one. */
    public @Nullable TrackMove move() {
        return move;
    }

    /** Begins a move. */
    public void moves(TrackMove decided) {
        move = decided;
    }

    /** Where its move stands, for people; null when it does not move. */
    public @Nullable String moveText() {
        TrackMove under = move;
        return under == null
                ? null
                : "from %s to %s: %s; %s"
                        .formatted(
                                under.from().label(),
                                under.to().label(),
                                under.reason(),
                                moveStage);
    }

    /** Its move has come to another stage. */
    public void moveStands(String what) {
        moveStage = what;
    }

    /** Its move has ended on that track, or it was given up. */
    public void rides(Track now) {
        track = now;
        move = null;
        moveStage = "decided";
    }

    /** The tracks that its changes are read from. */
    public Set<Track> tracks() {
        TrackMove under = move;
        return under == null || under.turn() == null
                ? Set.of(track)
                : Set.of(under.from(), under.to());
    }

    /** In which order its changes are applied, and over how many lanes. */
    public Consistency consistency() {
        return consistency;
    }

    /** Its lanes are others from now on; by whoever holds the former ones. */
    public void consistency(Consistency other) {
        consistency = other;
    }

    /** Held by whoever leads its lanes somewhere, or puts others in their place. */
    public ReentrantLock leading() {
        return leading;
    }

    /** Its weight in the queue. */
    public int priority() {
        return priority;
    }

    /** Gives it another weight. */
    public void priority(int other) {
        priority = other;
    }

    public TableState state() {
        return state;
    }

    public @Nullable String message() {
        return message;
    }

    public DelayStatistics delays() {
        return delays;
    }

    public long quarantined() {
        return quarantined.get();
    }

    /** So many changes are in quarantine. */
    public void quarantinedInAll(long number) {
        quarantined.set(number);
    }

    /** Counts changes that the destination refused. */
    public void quarantined(long more) {
        quarantined.addAndGet(more);
    }

    /** Moves it to another state, with what an operator should know about that. */
    public void become(TableState next, @Nullable String reason) {
        message = reason;
        state = next;
    }

    /**
     * It is not at the destination and could not be created there: its lanes go on without it, and
     * pass its changes by, for it is brought whole once it is there.
     *
     * @param reason for people, with what to do
     */
    public void setAside(String reason) {
        absence = reason;
        become(TableState.FAILED, reason);
    }

    /** Whether it was set aside, and has not been taken in again. */
    public boolean isSetAside() {
        return absence != null;
    }

    /** Whether its lanes go on without it: set aside, and stopped by nothing else since. */
    boolean isPassedBy() {
        String why = absence;
        return why != null && state == TableState.FAILED && why.equals(message);
    }

    /** It is there now; while its lanes rest, and before it is copied or merged. */
    public void takeIn() {
        absence = null;
    }

    /**
     * Sets where its copy ends and its changes begin; null once every lane of it has passed that.
     */
    public void boundary(@Nullable CopyBoundary next) {
        boundary = next;
    }

    /** Whether a lane that is complete up to there has left the table's copy behind. */
    public boolean isBehind(Lsn completeUpTo) {
        CopyBoundary rule = boundary;
        return rule == null || rule.isPassedAt(completeUpTo);
    }

    /** The shape of its newest change that was applied or prepared for; null before the first. */
    public @Nullable TableShape shape() {
        return shape;
    }

    public void shape(TableShape newest) {
        shape = newest;
    }

    /** Whether the shape differs from the newest one known. */
    public boolean isNew(TableShape other) {
        return !other.equals(shape);
    }

    /** Whether rows of it could not be completed, so that it must be merged once it caught up. */
    public boolean needsMerge() {
        return needsMerge;
    }

    public void needsMerge(boolean needed) {
        needsMerge = needed;
    }

    /** What its changes and refreshes cost. */
    public LearnedCosts costs() {
        return costs;
    }

    /** How old its rows may be; null where nobody said so. */
    public @Nullable Duration freshness() {
        return freshness;
    }

    /** Sets how old its rows may be. */
    public void freshness(@Nullable Duration stated) {
        freshness = stated;
    }

    /** How often it is refreshed, where that was chosen by costs; null where it was not. */
    public AutomaticCadence.@Nullable Choice cadence() {
        return cadence;
    }

    /** Sets how often it is refreshed by what that costs. */
    public void cadence(AutomaticCadence.@Nullable Choice chosen) {
        cadence = chosen;
    }

    /** What of it is carried: strategy, scope, and as of when its rows are. */
    public TableStrategy strategy() {
        return strategy;
    }

    /** Sets what of it is carried; by whoever holds its lanes. */
    public void strategy(TableStrategy next) {
        strategy = next;
    }

    /** What of its rows and changes is carried. */
    public TableScope scope() {
        return strategy.scope();
    }

    /** Whether its copy holds what the transaction did to it. */
    boolean covers(Position transaction) {
        CopyBoundary rule = boundary;
        return rule != null && rule.covers(transaction);
    }

    /** Whether changes at the position are to be mended into rows that may hold them already. */
    boolean mends(Position transaction) {
        CopyBoundary rule = boundary;
        return (rule != null && rule.mends(transaction)) || scope().comesAndGoes();
    }
}
