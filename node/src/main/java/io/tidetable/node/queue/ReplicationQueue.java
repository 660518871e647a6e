package io.tidetable.node.queue;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * A {@link WeightedFairQueue} for many threads: appliers wait in {@link #take} for their turn,
 * others say who has work. All it adds is a lock and waking up.
 */
public final class ReplicationQueue<T> implements AutoCloseable {
    private final WeightedFairQueue<T> queue;
    private final LongSupplier nanoClock;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean closed;

    /**
     * A queue of its own.
     *
     * @param depth most grants that run at once
     * @param nanoClock nanoseconds of a clock that does not go back
     */
    public ReplicationQueue(int depth, CostRule costRule, LongSupplier nanoClock) {
        this.queue = new WeightedFairQueue<>(depth, costRule);
        this.nanoClock = nanoClock;
    }

    /** A change of the queue that gives something back. */
    public interface Change<T, R> extends Function<WeightedFairQueue<T>, R> {}

    /** A change of the queue. */
    public interface Action<T> {
        /** Makes the change. */
        void accept(WeightedFairQueue<T> queue);
    }

    /** Changes the tree (adds, removes, weighs, limits, pauses) and wakes those who wait. */
    public void change(Action<T> action) {
        lock.lock();
        try {
            action.accept(queue);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Changes the tree and gives what came out of it, for example the leaf that was added. */
    public <R> R changing(Change<T, R> change) {
        lock.lock();
        try {
            R result = change.apply(queue);
            changed.signalAll();
            return result;
        } finally {
            lock.unlock();
        }
    }

    /** A leaf has work. */
    public void activate(QueueLeaf<T> leaf) {
        lock.lock();
        try {
            queue.activate(leaf);
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Waits for a turn; empty once the queue is closed. */
    public Optional<Grant<T>> take() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!closed) {
                long now = nanoClock.getAsLong();
                Optional<Grant<T>> grant = queue.next(now);
                if (grant.isPresent()) {
                    wakeNext();
                    return grant;
                }
                OptionalLong release = queue.nextRelease();
                if (release.isPresent() && !queue.isFull()) {
                    changed.awaitNanos(Math.max(1, release.getAsLong() - now));
                } else {
                    changed.await();
                }
            }
            return Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    /** There may be a turn for another thread, now or at a time that it must wait for. */
    private void wakeNext() {
        if (queue.hasNext() || (!queue.isFull() && queue.nextRelease().isPresent())) {
            changed.signal();
        }
    }

    /** Ends a grant with what it cost; see {@link WeightedFairQueue#complete}. */
    public void complete(Grant<T> grant, long bytes, long rows, boolean stillHasWork) {
        lock.lock();
        try {
            queue.complete(grant, bytes, rows, stillHasWork, nanoClock.getAsLong());
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Does not serve a leaf for a time, for example because it failed and is to be tried again. */
    public void defer(QueueLeaf<T> leaf, long nanos) {
        lock.lock();
        try {
            long now = nanoClock.getAsLong();
            queue.defer(leaf, now + nanos, now);
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** How all leaves stand. */
    public List<Standing> standings() {
        lock.lock();
        try {
            return queue.standings();
        } finally {
            lock.unlock();
        }
    }

    /** Sends everyone away who waits; grants that run may still be completed. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
