package io.tidetable.app.demo;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The shop open for business: each activity at its own pace on a connection of its own. What
 * happens is the same for the same seed; when it happens depends on the machine. A machine that
 * cannot keep up gets less load, never a growing pile of it.
 */
final class Shop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Shop.class);

    /** How far an activity may lag behind its pace before the lag is forgiven. */
    private static final long FORGIVEN_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    private final Callable<Connection> connect;
    private final ShopClock clock;
    private final SplittableRandom random;
    private final List<Thread> workers = new ArrayList<>();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final LongAdder transactions = new LongAdder();
    private final LongAdder rows = new LongAdder();

    Shop(Callable<Connection> connect, ShopClock clock, long seed) {
        this.connect = connect;
        this.clock = clock;
        this.random = new SplittableRandom(seed);
    }

    void open() {
        for (Activity activity : Activities.all()) {
            SplittableRandom own = random.split();
            workers.add(
                    Thread.ofPlatform()
                            .daemon()
                            .name("shop " + activity.name())
                            .start(() -> work(activity, own)));
        }
    }

    long transactions() {
        return transactions.sum();
    }

    long rows() {
        return rows.sum();
    }

    ShopClock clock() {
        return clock;
    }

    private void work(Activity activity, SplittableRandom own) {
        try (Connection connection = connect.call()) {
            connection.setAutoCommit(false);
            long next = System.nanoTime();
            while (pause(next - System.nanoTime())) {
                long changed = activity.happen(connection, own, clock);
                if (changed > 0) {
                    rows.add(changed);
                    transactions.increment();
                }
                double perSecond = Math.max(0.1, activity.perSecond(clock.hour()));
                next =
                        Math.max(
                                next + (long) (1e9 / perSecond),
                                System.nanoTime() - FORGIVEN_NANOS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (SQLException e) {
            if (closing.getCount() > 0) {
                LOG.error("the shop's {} has stopped: {}", activity.name(), e.getMessage(), e);
            }
        } catch (Exception e) {
            LOG.error("the shop's {} has stopped", activity.name(), e);
        }
    }

    /**
     * Waits.
     *
     * @return whether the shop is still open
     */
    private boolean pause(long nanos) throws InterruptedException {
        return !closing.await(Math.max(0, nanos), TimeUnit.NANOSECONDS);
    }

    @Override
    public void close() {
        shut();
    }

    /** Ends business; what has begun is finished. */
    void shut() {
        closing.countDown();
        for (Thread worker : workers) {
            try {
                worker.join();
            } catch (InterruptedException e) {
                worker.interrupt();
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
