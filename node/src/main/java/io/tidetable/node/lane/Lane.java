package io.tidetable.node.lane;

import io.tidetable.model.LaneId;
import io.tidetable.model.Lsn;
import io.tidetable.model.Position;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.model.status.TableState;
import io.tidetable.node.journal.TransactionFeed;
import io.tidetable.node.journal.TransactionPart;
import io.tidetable.node.postgres.SourceSnapshot;
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
    private final TransactionFeed feed;
    private final Announced announced;
    private final AppliedTransactions applied = new AppliedTransactions();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    /** Where the destination stands; null until it was read from there. */
    private @Nullable Position progress;

    private long epoch;

    /** While set, nothing is applied that the snapshot does not see. */
    private @Nullable SourceSnapshot stop;

    private boolean atStop;
    private boolean held;

    /** Counts announcements, so that a look which found nothing is known to be the newest. */
    private final AtomicLong wakes = new AtomicLong();

    /** The announcement after which nothing was left to apply; -1 while something is. */
    private volatile long idleSince = -1;

    private volatile Lsn completeUpTo = Lsn.ZERO;

    /** Where the feed stands: beyond the progress while a batch is on its way. */
    private @Nullable Position read;

    /**
     * A lane over the tables.
     *
     * @param announced how far each track has told its lanes what is new
     */
    public Lane(
            LaneId id, Collection<LaneTable> tables, TransactionFeed feed, Announced announced) {
        this.id = id;
        tables.forEach(table -> this.tables.put(table.table(), table));
        this.feed = feed;
        this.announced = announced;
    }

    public LaneId id() {
        return id;
    }

    public Collection<LaneTable> tables() {
        return tables.values();
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

    /** Bytes of changes that wait for the lane in the journal. */
    public long backlogBytes() {
        return idle() ? 0 : feed.backlogBytes();
    }

    /**
     * Everything committed at the source up to here is at the destination: the lane's progress, or,
     * where nothing waits for it, as far as its tracks have announced.
     */
    public Lsn completeUpTo() {
        Lsn told = announced.upTo(tracks());
        return idle() ? Lsn.max(told, completeUpTo) : completeUpTo;
    }

    private Set<Track> tracks() {
        Set<Track> tracks = java.util.EnumSet.noneOf(Track.class);
        tables.values().forEach(table -> tracks.add(table.track()));
        return tracks;
    }

    /** Whether a worker would find something to do: not held, and every table can be applied to. */
    public boolean runnable() {
        return !held && tables.values().stream().allMatch(table -> applies(table.state()));
    }

    private static boolean applies(TableState state) {
        return switch (state) {
            case CATCHING_UP, STREAMING -> true;
            case WAITING, COPYING, MERGING, PAUSED, FAILED -> false;
        };
    }

    // Everything below is for whoever holds the lock.

    /** Where the destination stands as far as is known; null until it was read from there. */
    public @Nullable Position progress() {
        return progress;
    }

    public long epoch() {
        return epoch;
    }

    /**
     * The destination said where it stands.
     *
     * @throws io.tidetable.node.journal.JournalGapException when the journal lacks what follows
     */
    public void standsAt(Position position, long epoch) {
        feed.seek(position);
        read = position;
        progress = position;
        this.epoch = epoch;
        completeUpTo = position.commitEnd();
        idleSince = -1;
    }

    /**
     * Whatever is remembered may be wrong (a connection was lost): it is read again before more.
     */
    public void forget() {
        progress = null;
        idleSince = -1;
    }

    /**
     * What is to be applied next, as one destination transaction; null when there is nothing.
     *
     * @param mostBytes bound of a batch; a transaction that is larger by itself comes alone
     */
    public @Nullable Batch collect(long mostBytes) {
        Position from = progress;
        if (from == null) {
            throw new IllegalStateException("the progress of lane " + id + " is not known");
        }
        if (!from.equals(read)) {
            feed.seek(from);
        }
        long wake = wakes.get();
        Lsn readable = feed.watermark();
        List<TransactionPart> parts = new ArrayList<>();
        Position upTo = from;
        long bytes = 0;
        boolean mend = false;
        boolean moved = false;
        TransactionPart next = feed.peek();
        while (next != null && mayPass(next)) {
            boolean mends = mends(next.position());
            TransactionPart wanted = uncovered(next);
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
        }
        read = upTo;
        if (!moved) {
            if (next == null) {
                completeUpTo = Lsn.max(completeUpTo, readable);
                idleSince = wake;
            }
            noteStop(next, readable);
            return null;
        }
        return next == null
                ? new Batch(parts, upTo, bytes, mend, Lsn.max(readable, upTo.commitEnd()), wake)
                : new Batch(parts, upTo, bytes, mend, upTo.commitEnd(), -1);
    }

    private boolean mayPass(TransactionPart part) {
        SourceSnapshot limit = stop;
        return limit == null || limit.sees(part.position().xid());
    }

    private boolean mends(Position position) {
        return tables.values().stream().anyMatch(table -> table.mends(position));
    }

    /** The part without what copies hold already; null when nothing is left. */
    private @Nullable TransactionPart uncovered(TransactionPart part) {
        Set<TableId> covered = null;
        for (LaneTable table : tables.values()) {
            if (table.covers(part.position())) {
                covered = covered == null ? new HashSet<>() : covered;
                covered.add(table.table());
            }
        }
        if (covered == null) {
            return part;
        }
        return covered.size() == tables.size() ? null : new UncoveredPart(part, covered);
    }

    /** The batch was committed at the destination. */
    public void committed(Batch batch) {
        progress = batch.upTo();
        completeUpTo = Lsn.max(completeUpTo, batch.completeUpTo());
        idleSince = batch.emptiedBy();
        batch.parts().forEach(part -> applied.add(part.position().xid()));
        for (LaneTable table : tables.values()) {
            CopyBoundary boundary = table.boundary();
            if (boundary != null && boundary.isPassedAt(batch.upTo().commitEnd())) {
                table.boundary(null);
            }
        }
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

    private void noteStop(@Nullable TransactionPart next, Lsn readable) {
        SourceSnapshot limit = stop;
        if (limit != null && (next != null || readable.isAtOrAfter(limit.horizon()))) {
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
    public boolean awaitStop(java.time.Duration limit) throws InterruptedException {
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
        }

        synchronized Lsn upTo(Set<Track> tracks) {
            return tracks.stream()
                    .map(track -> positions.getOrDefault(track, Lsn.ZERO))
                    .reduce(Lsn::min)
                    .orElse(Lsn.ZERO);
        }
    }
}
