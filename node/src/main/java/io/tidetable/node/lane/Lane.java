package io.tidetable.node.lane;

import io.tidetable.model.LaneId;
import io.tidetable.model.Lsn;
import io.tidetable.model.Position;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.model.status.TableState;
import io.tidetable.node.apply.Progress;
import io.tidetable.node.journal.JournalGapException;
import io.tidetable.node.journal.TransactionFeed;
import io.tidetable.node.journal.TransactionPart;
import io.tidetable.node.postgres.SourceSnapshot;
import io.tidetable.node.strategy.ScopedPart;
import io.tidetable.node.strategy.TableScope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Changes that must be applied in order to one destination, and how far they have come. It decides
 * what the next batch is; somebody else writes it.
 *
 * <p>Whoever works on the lane holds its lock meanwhile. The other methods may be called by
 * anybody.
 */
public final class Lane {
    private final LaneId id;
    private final Map<TableId, LaneTable> tables = new TreeMap<>();
    private final Announced announced;
    private final @Nullable KeyBucket bucket;
    private final AppliedTransactions applied = new AppliedTransactions();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    /** Where the destination stands; null until it was read from there. */
    private @Nullable Progress progress;

    /** While set, nothing is applied that the snapshot does not see. */
    private @Nullable SourceSnapshot stop;

    private boolean atStop;
    private volatile boolean held;

    /** Others have taken its place: it never works again. */
    private volatile boolean retired;

    /** Whether this process has raised the lane's epoch: nobody else can commit for it. */
    private boolean owned;

    /** Counts announcements, so that a look which found nothing is known to be the newest. */
    private final AtomicLong wakes = new AtomicLong();

    /** The announcement after which nothing was left to apply; -1 while something is. */
    private volatile long idleSince = -1;

    private volatile Lsn completeUpTo = Lsn.ZERO;

    /** Where the feed stands: beyond the progress while a batch is on its way. */
    private @Nullable Position read;

    /** What {@link #foresee} found; null once anything has changed. */
    private @Nullable Foreseen foreseen;

    private TransactionFeed feed;

    /** The tracks that the feed reads. */
    private volatile Set<Track> tracks;

    private final Object handing = new Object();

    /** What is to be read instead of the feed; null for nothing. Changes under {@link #handing}. */
    private volatile @Nullable Reading upcoming;

    /** The progress at the destination as far as is known, for those without the lock. */
    private volatile Lsn standing = Lsn.ZERO;

    /** The progress is to be at least here as soon as everything before is applied. */
    private volatile Lsn goal = Lsn.ZERO;

    /** What is below is not in the feed: it came over a track that the lane has left. */
    private Lsn complete = Lsn.ZERO;

    private volatile long backlog;

    /**
     * A lane over the tables.
     *
     * @param tracks those that the feed reads
     * @param announced how far each track has told its lanes what is new
     */
    public Lane(
            LaneId id,
            Collection<LaneTable> tables,
            TransactionFeed feed,
            Set<Track> tracks,
            Announced announced) {
        this(id, tables, feed, tracks, announced, null);
    }

    /**
     * One of the lanes over which a table's rows are spread by key.
     *
     * @param bucket which one; null for a lane that carries all rows of its tables
     */
    public Lane(
            LaneId id,
            Collection<LaneTable> tables,
            TransactionFeed feed,
            Set<Track> tracks,
            Announced announced,
            @Nullable KeyBucket bucket) {
        this.bucket = bucket;
        this.id = id;
        tables.forEach(table -> this.tables.put(table.table(), table));
        this.feed = feed;
        this.tracks = Set.copyOf(tracks);
        this.announced = announced;
    }

    public LaneId id() {
        return id;
    }

    public Collection<LaneTable> tables() {
        return tables.values();
    }

    /**
     * The tables that have to stop for the lane to stop: those that were set aside keep saying why,
     * and it goes on without them once the others go on.
     */
    public Collection<LaneTable> stopping() {
        List<LaneTable> carried =
                tables.values().stream().filter(table -> !table.isSetAside()).toList();
        return carried.isEmpty() ? tables() : carried;
    }

    /** The lane's table of that name, or null. */
    public @Nullable LaneTable table(TableId table) {
        return tables.get(table);
    }

    /** Takes the lane; nobody else works on it until {@link #unlock}. */
    public void lock() {
        lock.lock();
    }

    public void unlock() {
        lock.unlock();
    }

    /** New commits for the lane were announced: it is no longer known to be complete. */
    public void wake() {
        wakes.incrementAndGet();
    }

    /** Whether all that was announced is applied. */
    public boolean idle() {
        return idleSince == wakes.get();
    }

    /**
     * Bytes of changes that wait for the lane in the journal; as of before, while it is at work.
     */
    public long backlogBytes() {
        if (idle()) {
            return 0;
        }
        // A feed has one reader at a time.
        if (lock.tryLock()) {
            try {
                Foreseen ready = foreseen;
                backlog = feed.backlogBytes() + (ready == null ? 0 : ready.batch().bytes());
            } finally {
                lock.unlock();
            }
        }
        return backlog;
    }

    /**
     * Everything committed at the source up to here is at the destination: the lane's progress, or,
     * where nothing waits for it, as far as its tracks have announced.
     */
    public Lsn completeUpTo() {
        Set<Track> before = tracks;
        Lsn told = announced.upTo(before);
        // Idle over other tracks would say nothing about these.
        return idle() && tracks.equals(before) ? Lsn.max(told, completeUpTo) : completeUpTo;
    }

    /** The tracks over which its changes come. */
    public Set<Track> tracks() {
        return tracks;
    }

    /** Whether its changes come from the track, or will. */
    public boolean reads(Track track) {
        synchronized (handing) {
            Reading next = upcoming;
            return tracks.contains(track) || (next != null && next.tracks().contains(track));
        }
    }

    /**
     * A feed in waiting.
     *
     * @param tracks those that it reads
     * @param completeBelow what is below came over other tracks
     */
    private record Reading(TransactionFeed feed, Set<Track> tracks, Lsn completeBelow) {}

    /**
     * Reads another feed from now on. Whatever was applied, and whatever is on its way, stays
     * right: both feeds show the same beyond where the lane stands.
     *
     * <p>Nobody is waited for. What the former feed gets to hold after this call is not applied any
     * more: whoever works on the lane looks for another feed after each transaction that he was
     * shown.
     *
     * @param from those tracks that the feed reads
     * @param completeBelow what is below came over other tracks; the destination must hold it
     */
    public void readNext(TransactionFeed next, Set<Track> from, Lsn completeBelow) {
        synchronized (handing) {
            Reading before = upcoming;
            Lsn below = completeBelow;
            if (before != null) {
                before.feed().close();
                below = Lsn.max(below, before.completeBelow());
            }
            upcoming = new Reading(next, Set.copyOf(from), below);
        }
        wake();
        if (lock.tryLock()) {
            try {
                takeUp();
            } finally {
                lock.unlock();
            }
        }
    }

    /** The progress that the destination holds, as far as is known now; not necessarily on disk. */
    public Lsn standing() {
        return standing;
    }

    /**
     * As soon as everything up to the position is applied, the progress at the destination says so,
     * even if no change came.
     */
    public void reachFor(Lsn position) {
        goal = Lsn.max(goal, position);
        wake();
    }

    /**
     * Whether a worker would find something to do: not held, and every table can be applied to or
     * is passed by.
     */
    public boolean runnable() {
        return !held
                && !retired
                && tables.values().stream()
                        .allMatch(table -> table.isPassedBy() || applies(table.state()));
    }

    private static boolean applies(TableState state) {
        return switch (state) {
            case CATCHING_UP, STREAMING -> true;
            case WAITING, COPYING, MERGING, PAUSED, FAILED -> false;
        };
    }

    // Everything below is for whoever holds the lock.

    /** Never works again: other lanes go on where it stands, or will. */
    public void retire() {
        retired = true;
    }

    /** What is below came over tracks that the lanes before this one have left. */
    public void goesOnAbove(Lsn completeBelow) {
        complete = Lsn.max(complete, completeBelow);
    }

    /** Where the destination stands as far as is known; null until it was read from there. */
    public @Nullable Progress progress() {
        return progress;
    }

    /** Goes on with the feed that {@link #readNext} gave, if it gave one. */
    private void takeUp() {
        synchronized (handing) {
            Reading next = upcoming;
            if (next == null) {
                return;
            }
            feed.close();
            feed = next.feed();
            tracks = next.tracks();
            complete = Lsn.max(complete, next.completeBelow());
            read = null;
            foreseen = null;
            upcoming = null;
        }
    }

    /** The lane cannot go on from below this position. */
    public Lsn completeBelow() {
        takeUp();
        return complete;
    }

    /**
     * The destination said where it stands.
     *
     * @throws JournalGapException when the journal lacks what follows
     */
    public void standsAt(Progress found) {
        takeUp();
        if (complete.isAfter(found.position().commitEnd())) {
            throw new JournalGapException(
                    "Lane %s stands at %s, though it held everything up to %s when its changes moved to another track: the destination has lost commits."
                            .formatted(id, found.position().commitEnd(), complete));
        }
        foreseen = null;
        feed.seek(found.position());
        read = found.position();
        progress = found;
        standing = found.position().commitEnd();
        applied.add(found.position().xid());
        noteFirst(found.position());
        completeUpTo = found.position().commitEnd();
        idleSince = -1;
    }

    /**
     * Whatever is remembered may be wrong (a connection was lost): it is read again before more.
     */
    public void forget() {
        foreseen = null;
        progress = null;
        standing = Lsn.ZERO;
        idleSince = -1;
        completeUpTo = Lsn.ZERO;
        if (bucket != null) {
            bucket.buckets().leave(bucket.number());
        }
        noteFirst(Position.START);
    }

    /** The others of its table's lanes learn how far the first has come. */
    private void noteFirst(Position position) {
        if (bucket != null && bucket.isFirst()) {
            bucket.buckets().firstStandsAt(position);
        }
    }

    /** Whether this process has claimed the lane. */
    public boolean owned() {
        return owned;
    }

    public void owned(boolean nowOwned) {
        owned = nowOwned;
    }

    /**
     * What is to be applied next, as one destination transaction; null when there is nothing.
     *
     * @param mostBytes bound of a batch; a transaction that is larger by itself comes alone
     */
    public @Nullable Batch collect(long mostBytes) {
        if (progress == null) {
            throw new IllegalStateException("the progress of lane " + id + " is not known");
        }
        Position from = progress.position();
        // First: a feed that comes later wakes the lane again.
        long wake = wakes.get();
        takeUp();
        Foreseen ready = foreseen;
        foreseen = null;
        if (ready != null && ready.mostBytes() == mostBytes && comesNext(ready)) {
            return ready.batch();
        }
        if (!from.equals(read)) {
            feed.seek(from);
        }
        // Until the walk is over, nobody knows where the feed stands: a failure may end it
        // anywhere.
        read = null;
        Lsn readable = feed.watermark();
        List<TransactionPart> parts = new ArrayList<>();
        Position upTo = from;
        long bytes = 0;
        boolean mend = false;
        boolean moved = false;
        TransactionPart next = feed.peek();
        // What was shown before another feed came is whole, what is shown later need not be.
        while (next != null && upcoming == null && mayPass(next)) {
            boolean barrier = bucket != null && KeyBuckets.isBarrier(next);
            if (barrier && !mayCross(next, moved)) {
                break;
            }
            boolean mends = mends(next.position());
            TransactionPart wanted = ofBucket(wanted(next), barrier);
            long more = wanted == null ? 0 : wanted.bytes();
            if (moved && (mends != mend || bytes + more > mostBytes)) {
                break;
            }
            mend = mends;
            bytes += more;
            upTo = next.position();
            moved = true;
            if (wanted != null) {
                parts.add(wanted);
            }
            feed.advance();
            next = feed.peek();
            if (barrier && wanted != null) {
                break;
            }
        }
        read = upTo;
        if (upcoming != null) {
            return moved
                    ? new Batch(parts, upTo, bytes, mend, upTo.commitEnd(), -1)
                    : collect(mostBytes);
        }
        if (!moved) {
            if (next == null) {
                completeUpTo = Lsn.max(completeUpTo, readable);
                idleSince = wake;
            }
            noteStop(next, readable);
            return next == null ? stepToGoal(from, readable, wake) : null;
        }
        return next == null
                ? new Batch(parts, upTo, bytes, mend, Lsn.max(readable, upTo.commitEnd()), wake)
                : new Batch(parts, upTo, bytes, mend, upTo.commitEnd(), -1);
    }

    /**
     * The batch that {@link #collect} gives once the present one is committed, if nothing changes
     * meanwhile: the very same object then, and another one otherwise. Moves nothing but the feed.
     *
     * @param present what was collected last
     * @return null where the next batch is not certain yet, or nothing that can be foreseen
     */
    public @Nullable Batch foresee(Batch present, long mostBytes) {
        foreseen = null;
        if (bucket != null
                || stop != null
                || upcoming != null
                || present.mend()
                || !present.upTo().equals(read)) {
            return null;
        }
        read = null;
        List<TransactionPart> parts = new ArrayList<>();
        Position upTo = present.upTo();
        long bytes = 0;
        TransactionPart next = feed.peek();
        while (next != null && upcoming == null && isUsual(next.position())) {
            if (bytes + next.bytes() > mostBytes) {
                read = upTo;
                if (parts.isEmpty()) {
                    return null;
                }
                Batch batch = new Batch(parts, upTo, bytes, false, upTo.commitEnd(), -1);
                foreseen = new Foreseen(present.upTo(), batch, mostBytes);
                return batch;
            }
            parts.add(next);
            bytes += next.bytes();
            upTo = next.position();
            feed.advance();
            next = feed.peek();
        }
        // More may come before the next batch is collected, which may then become larger than this.
        feed.seek(present.upTo());
        read = present.upTo();
        return null;
    }

    /**
     * A batch that was collected before its time.
     *
     * @param from where the lane stands when its turn comes
     */
    private record Foreseen(Position from, Batch batch, long mostBytes) {}

    /** Whether what was foreseen is what would be collected now; the feed stands behind it then. */
    private boolean comesNext(Foreseen ready) {
        if (progress == null
                || !ready.from().equals(progress.position())
                || !ready.batch().upTo().equals(read)) {
            return false;
        }
        for (TransactionPart part : ready.batch().parts()) {
            if (!isUsual(part.position()) || !mayPass(part)) {
                return false;
            }
        }
        return true;
    }

    /** Whether a transaction is applied whole and as it is. */
    private boolean isUsual(Position position) {
        for (LaneTable table : tables.values()) {
            if (!table.scope().isEverything()
                    || table.isSetAside()
                    || table.covers(position)
                    || table.mends(position)) {
                return false;
            }
        }
        return true;
    }

    /** Nothing but progress, where the lane is asked for it and holds everything up to there. */
    private @Nullable Batch stepToGoal(Position from, Lsn readable, long wake) {
        Lsn wanted = goal;
        if (!wanted.isAfter(from.commitEnd()) || wanted.isAfter(readable)) {
            return null;
        }
        // The transaction that was applied last stays known: a snapshot may not see it yet.
        Position upTo = new Position(wanted, from.xid());
        read = upTo;
        return new Batch(List.of(), upTo, 0, false, readable, wake);
    }

    /** Whether the lane may take part in a barrier now; where not, it says that it waits there. */
    private boolean mayCross(TransactionPart part, boolean moved) {
        if (bucket == null || progress == null) {
            return true;
        }
        KeyBuckets all = bucket.buckets();
        Position barrier = part.position();
        if (bucket.isFirst()) {
            return !moved && all.allStandAt(barrier);
        }
        if (all.isCrossed(barrier)) {
            all.leave(bucket.number());
            return true;
        }
        if (!moved) {
            all.arrive(bucket.number(), barrier, progress.position());
        }
        return false;
    }

    /** What of a part is this lane's: a barrier is the first one's as a whole. */
    private @Nullable TransactionPart ofBucket(@Nullable TransactionPart part, boolean barrier) {
        if (bucket == null || part == null) {
            return part;
        }
        if (barrier) {
            return bucket.isFirst() ? part : null;
        }
        return bucket.buckets().partOf(part, bucket.number());
    }

    /** Which of its table's lanes it is; null for a lane that carries all rows of its tables. */
    public @Nullable KeyBucket bucket() {
        return bucket;
    }

    /**
     * One of several lanes of a table.
     *
     * @param number from 0, which is the first
     */
    public record KeyBucket(KeyBuckets buckets, int number) {
        public boolean isFirst() {
            return number == 0;
        }
    }

    /** Whether the batch is a barrier of the table's lanes, which the first applies for all. */
    public boolean isBarrier(Batch batch) {
        return bucket != null
                && bucket.isFirst()
                && batch.parts().size() == 1
                && KeyBuckets.isBarrier(whole(batch.parts().getFirst()));
    }

    /** Barriers are those of the source, whatever is carried of them. */
    private static TransactionPart whole(TransactionPart part) {
        return part instanceof ScopedPart scoped ? scoped.whole() : part;
    }

    /** Whether a batch that was collected before may still be applied. */
    public boolean mayApply(Batch batch) {
        return batch.parts().stream().allMatch(this::mayPass);
    }

    private boolean mayPass(TransactionPart part) {
        SourceSnapshot limit = stop;
        return limit == null || limit.sees(part.position().xid());
    }

    private boolean mends(Position position) {
        return tables.values().stream().anyMatch(table -> table.mends(position));
    }

    /** What of a part is to be applied; null when nothing is left. */
    private @Nullable TransactionPart wanted(TransactionPart part) {
        TransactionPart left = uncovered(part);
        Map<TableId, TableScope> scopes = new TreeMap<>();
        boolean nothing = true;
        for (LaneTable table : tables.values()) {
            TableScope scope = table.scope();
            if (!scope.isEverything()) {
                scopes.put(table.table(), scope);
            }
            nothing &= scope instanceof TableScope.AsOfRefresh;
        }
        if (scopes.isEmpty()) {
            return left;
        }
        // What is passed by counts as applied: a snapshot that does not see it comes too early.
        applied.add(part.position().xid());
        return left == null ? null : new ScopedPart(left, scopes, nothing);
    }

    /** The part without what copies hold already or will hold; null when nothing is left. */
    private @Nullable TransactionPart uncovered(TransactionPart part) {
        Set<TableId> covered = null;
        for (LaneTable table : tables.values()) {
            boolean aside = table.isSetAside();
            if (aside) {
                // As below: whatever brings the table has to see what is passed by.
                applied.add(part.position().xid());
            }
            if (aside || table.covers(part.position())) {
                covered = covered == null ? new HashSet<>() : covered;
                covered.add(table.table());
            }
        }
        if (covered == null) {
            return part;
        }
        return covered.size() == tables.size() ? null : new UncoveredPart(part, covered);
    }

    /** The batch was committed at the destination, which holds that progress now. */
    public void committed(Batch batch, Progress reached) {
        progress = reached;
        standing = reached.position().commitEnd();
        noteFirst(reached.position());
        completeUpTo = Lsn.max(completeUpTo, batch.completeUpTo());
        idleSince = batch.emptiedBy();
        if (batch.emptiedBy() >= 0) {
            // Nobody may look again: the lane is idle now.
            noteStop(null, batch.completeUpTo());
        }
        batch.parts().forEach(part -> applied.add(part.position().xid()));
    }

    /** Transactions of this lane that the source, by this snapshot, shows to everybody. */
    public void confirm(SourceSnapshot snapshot) {
        applied.confirm(snapshot);
    }

    /** Whether the snapshot sees everything the lane has applied. */
    public boolean allAppliedVisibleIn(SourceSnapshot snapshot) {
        return applied.allVisibleIn(snapshot);
    }

    /** Holds the lane where it is: its workers find nothing to do. */
    public void hold() {
        held = true;
    }

    /** Lets it go on, up to the first transaction that the snapshot does not see. */
    public void goOnWithin(SourceSnapshot snapshot) {
        stop = snapshot;
        atStop = false;
        held = false;
        idleSince = -1;
    }

    /** Lets it go on without a limit. */
    public void release() {
        stop = null;
        atStop = false;
        held = false;
        idleSince = -1;
    }

    /**
     * Whether the snapshot sees nothing among what comes next up to its horizon. Where it does, the
     * order of becoming visible was not that of committing, and another snapshot has to be taken.
     */
    public boolean nothingSeenBeyond(SourceSnapshot snapshot) {
        if (progress == null) {
            return false;
        }
        takeUp();
        read = null;
        foreseen = null;
        try {
            feed.seek(progress.position());
            TransactionPart next = feed.peek();
            while (next != null && snapshot.horizon().isAtOrAfter(next.position().commitEnd())) {
                if (snapshot.sees(next.position().xid())) {
                    return false;
                }
                feed.advance();
                next = feed.peek();
            }
            return upcoming == null;
        } finally {
            feed.seek(progress.position());
            read = progress.position();
        }
    }

    private void noteStop(@Nullable TransactionPart next, Lsn readable) {
        SourceSnapshot limit = stop;
        // A lane that waits at a barrier goes on yet: the others come up to it.
        if (limit != null
                && (next == null ? readable.isAtOrAfter(limit.horizon()) : !mayPass(next))) {
            atStop = true;
            changed.signalAll();
        }
    }

    /**
     * Waits, giving the lock up meanwhile, until everything that the snapshot of {@link
     * #goOnWithin} sees has been applied.
     *
     * @return false when the time ran out
     */
    public boolean awaitStop(Duration limit) throws InterruptedException {
        long left = limit.toNanos();
        while (!atStop) {
            if (left <= 0) {
                return false;
            }
            left = changed.awaitNanos(left);
        }
        return true;
    }

    /**
     * The next batch.
     *
     * @param parts in commit order; empty when copies hold all of it already
     * @param upTo the progress it makes
     * @param mend whether rows may hold its changes already
     * @param completeUpTo what the lane is complete up to once it is committed
     * @param emptiedBy the announcement after which it leaves nothing; -1 when it leaves something
     */
    public record Batch(
            List<TransactionPart> parts,
            Position upTo,
            long bytes,
            boolean mend,
            Lsn completeUpTo,
            long emptiedBy) {
        public Batch {
            parts = List.copyOf(parts);
        }
    }

    /** How far each track has told its lanes what is new. Thread-safe. */
    public static final class Announced {
        private final Map<Track, Lsn> positions = new EnumMap<>(Track.class);

        public synchronized void upTo(Track track, Lsn watermark) {
            positions.merge(track, watermark, Lsn::max);
            notifyAll();
        }

        /** How far the track has told. */
        public synchronized Lsn upTo(Track track) {
            return positions.getOrDefault(track, Lsn.ZERO);
        }

        /**
         * Waits until the track has told as much.
         *
         * @return false when the time ran out
         */
        public synchronized boolean await(Track track, Lsn position, Duration limit)
                throws InterruptedException {
            long deadline = System.nanoTime() + limit.toNanos();
            while (position.isAfter(upTo(track))) {
                long left = (deadline - System.nanoTime()) / 1_000_000;
                if (left <= 0) {
                    return false;
                }
                wait(left);
            }
            return true;
        }

        synchronized Lsn upTo(Set<Track> tracks) {
            return tracks.stream()
                    .map(track -> positions.getOrDefault(track, Lsn.ZERO))
                    .reduce(Lsn::min)
                    .orElse(Lsn.ZERO);
        }
    }
}
