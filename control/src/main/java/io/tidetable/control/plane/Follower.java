package io.tidetable.control.plane;

import io.tidetable.control.store.Key;
import io.tidetable.model.schema.SchemaOverride.InForce;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells of what counts in another way than when it was last told, on a thread of its own. */
final class Follower implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Follower.class);

    private final Supplier<List<InForce>> current;
    private final Supplier<Duration> nextTurn;
    private final Consumer<InForce> told;
    private final Duration retry;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<Key, InForce> known = new HashMap<>();
    private final Map<Key, String> complaints = new HashMap<>();
    private final List<Predicate<InForce>> again = new ArrayList<>();
    private boolean awake;
    private boolean closed;
    private @Nullable Thread thread;

    /**
     * A follower.
     *
     * @param nextTurn after which time something may change by itself
     * @param retry after which time it is told again what could not be followed
     */
    Follower(
            Supplier<List<InForce>> current,
            Supplier<Duration> nextTurn,
            Consumer<InForce> told,
            Duration retry) {
        this.current = current;
        this.nextTurn = nextTurn;
        this.told = told;
        this.retry = retry;
    }

    void start() {
        thread = Thread.ofVirtual().name("control-follower").start(this::run);
    }

    /** Something may have changed. */
    void wake() {
        lock.lock();
        try {
            awake = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Tells of those again, though they count as before: something else has changed. */
    void tellAgain(Predicate<InForce> which) {
        lock.lock();
        try {
            again.add(which);
        } finally {
            lock.unlock();
        }
        wake();
    }

    private void forget() {
        lock.lock();
        try {
            again.forEach(which -> known.values().removeIf(which));
            again.clear();
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        try {
            while (true) {
                boolean failed = tellChanges();
                Duration next = nextTurn.get();
                Duration wait = failed && retry.compareTo(next) < 0 ? retry : next;
                lock.lock();
                try {
                    long nanos = wait.toNanos();
                    while (!awake && !closed && nanos > 0) {
                        nanos = changed.awaitNanos(nanos);
                    }
                    if (closed) {
                        return;
                    }
                    awake = false;
                } finally {
                    lock.unlock();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether something could not be followed. */
    private boolean tellChanges() {
        boolean failed = false;
        forget();
        for (InForce now : current.get()) {
            Key key = Key.of(now.schema());
            InForce before = known.get(key);
            if (before != null
                    && before.paused() == now.paused()
                    && before.schema().asksTheSame(now.schema())) {
                continue;
            }
            try {
                told.accept(now);
                known.put(key, now);
                complaints.remove(key);
            } catch (RuntimeException e) {
                failed = true;
                String complaint = String.valueOf(e.getMessage());
                if (complaint.equals(complaints.put(key, complaint))) {
                    continue;
                }
                LOG.warn("{}: what counts now is not followed yet: {}", key, complaint);
            }
        }
        return failed;
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        Thread running = thread;
        thread = null;
        if (running != null) {
            try {
                running.join(Duration.ofSeconds(10));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
