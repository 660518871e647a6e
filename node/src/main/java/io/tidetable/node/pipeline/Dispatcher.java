package io.tidetable.node.pipeline;

import io.tidetable.node.queue.CostRule;
import io.tidetable.node.queue.Grant;
import io.tidetable.node.queue.QueueGroup;
import io.tidetable.node.queue.QueueLeaf;
import io.tidetable.node.queue.WeightedFairQueue;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Hands a destination's work to its appliers in the order of the fair queue. Copies and merges
 * share all slots but one, so that changes never wait for a chunk to end. Thread-safe.
 */
final class Dispatcher {
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final WeightedFairQueue<Work> queue;
    private final QueueGroup<Work> changes;
    private final QueueGroup<Work> copies;
    private final int slots;
    private final Map<Work, QueueLeaf<Work>> leaves = new HashMap<>();
    private boolean closed;

    /**
     * A dispatcher.
     *
     * @param slots how many appliers work at the same time, at least 2
     */
    Dispatcher(int slots) {
        this.slots = slots;
        queue = new WeightedFairQueue<>(slots, CostRule.DEFAULT);
        changes = queue.addGroup(queue.root(), "changes", 1);
        copies = queue.addGroup(queue.root(), "copies", 1);
        queue.setLimit(copies, slots - 1);
    }

    /** Work handed out; ends with {@link #done}. */
    record Assignment(Grant<Work> grant) {
        Work work() {
            return grant.subject();
        }
    }

    /** Adds work that is not active yet; does nothing where it is there. */
    void add(Work work, int weight) {
        lock.lock();
        try {
            if (!leaves.containsKey(work)) {
                leaves.put(work, leaf(work, weight));
            }
        } finally {
            lock.unlock();
        }
    }

    /** Gives work another weight; does nothing where it is not there. */
    void reweight(Work work, int weight) {
        lock.lock();
        try {
            QueueLeaf<Work> leaf = leaves.get(work);
            if (leaf != null) {
                queue.setWeight(leaf, weight);
            }
        } finally {
            lock.unlock();
        }
    }

    private QueueLeaf<Work> leaf(Work work, int weight) {
        return switch (work) {
            case Work.OfLane(var lane) -> queue.addLeaf(changes, lane.id().name(), weight, work);
            case Work.OfCopy(var copy) -> {
                QueueLeaf<Work> leaf = queue.addLeaf(copies, "copy " + copy.table(), weight, work);
                queue.setLimit(leaf, slots - 1);
                yield leaf;
            }
            case Work.OfMerge(var table, boolean _) ->
                    queue.addLeaf(copies, "merge " + table.table(), weight, work);
        };
    }

    /** The work has something to do. */
    void activate(Work work) {
        lock.lock();
        try {
            QueueLeaf<Work> leaf = leaves.get(work);
            if (leaf != null) {
                queue.activate(leaf);
                changed.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Takes work out for good. */
    void remove(Work work) {
        lock.lock();
        try {
            QueueLeaf<Work> leaf = leaves.remove(work);
            if (leaf != null) {
                queue.remove(leaf);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Waits for the next work; null once the dispatcher is closed. */
    @Nullable Assignment take() throws InterruptedException {
        lock.lock();
        try {
            while (!closed) {
                long now = System.nanoTime();
                Optional<Grant<Work>> grant = queue.next(now);
                if (grant.isPresent()) {
                    return new Assignment(grant.get());
                }
                OptionalLong release = queue.nextRelease();
                if (release.isPresent()) {
                    changed.awaitNanos(Math.max(NANOS_PER_MILLI, release.getAsLong() - now));
                } else {
                    changed.await();
                }
            }
            return null;
        } finally {
            lock.unlock();
        }
    }

    /** The work handed out has been done as far as the outcome says. */
    void done(Assignment assignment, Work.Outcome outcome) {
        lock.lock();
        try {
            long now = System.nanoTime();
            boolean later = outcome.retryAfterMillis() > 0;
            queue.complete(
                    assignment.grant(),
                    outcome.bytes(),
                    outcome.rows(),
                    outcome.more() || later,
                    now);
            if (later) {
                queue.defer(
                        assignment.grant().leaf(),
                        now + outcome.retryAfterMillis() * NANOS_PER_MILLI,
                        now);
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Appliers at work now. */
    int busy() {
        lock.lock();
        try {
            return queue.running();
        } finally {
            lock.unlock();
        }
    }

    /** Nobody is given anything any more. */
    void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
