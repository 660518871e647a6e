package io.tidetable.node.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.testkit.VirtualTime;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A hot lane of 200 small transactions a second beside lanes that flood the same slots: its wait
 * depends on one batch of the flood, never on how much of it there is.
 */
class HotLaneTest {
    private static final int DEPTH = 4;
    private static final long FLOOD_BATCH_BYTES = 16_000_000;
    private static final double NANOS_PER_BYTE = 20;
    private static final Duration FLOOD_BATCH =
            Duration.ofNanos((long) (FLOOD_BATCH_BYTES * NANOS_PER_BYTE));
    private static final Duration HOT_BATCH = Duration.ofMillis(1);
    private static final Duration BETWEEN = Duration.ofMillis(5);

    private final VirtualTime time = new VirtualTime(7);
    private final WeightedFairQueue<String> queue =
            new WeightedFairQueue<>(DEPTH, CostRule.DEFAULT);
    private final QueueGroup<String> hot = queue.addGroup(queue.root(), "hot", 100);
    private final QueueGroup<String> cold = queue.addGroup(queue.root(), "cold", 1);
    private final QueueLeaf<String> orders = queue.addLeaf(hot, "orders", 1, "orders");
    private long oldestArrival = Long.MAX_VALUE;
    private int waiting;
    private int transactions;
    private long longestWait;
    private double waits;
    private long floodBytes;

    @ParameterizedTest
    @CsvSource({"1, 4", "8, 4", "200, 4", "8, 3", "200, 3"})
    void itWaitsAtMostForOneBatchOfTheFlood(int floods, int floodSlots) {
        queue.setLimit(cold, floodSlots);
        for (int number = 0; number < floods; number++) {
            queue.activate(queue.addLeaf(cold, "flood" + number, 1, "flood"));
        }
        time.every(BETWEEN, this::arrive);
        serve();

        time.runFor(Duration.ofMinutes(10));

        System.out.printf(
                "figure: %d floods in %d of %d slots: hot waits %.2f ms on average, %.2f ms at most%n",
                floods, floodSlots, DEPTH, waits / transactions / 1e6, longestWait / 1e6);
        assertThat(transactions).isGreaterThan(119_000);
        // Busy with one batch of its own, then all slots with one of the flood's.
        Duration bound =
                Math.min(floods, floodSlots) < DEPTH ? HOT_BATCH : HOT_BATCH.plus(FLOOD_BATCH);
        assertThat(Duration.ofNanos(longestWait)).isLessThanOrEqualTo(bound);
        assertThat(floodBytes * NANOS_PER_BYTE / time.nanos())
                .as("slots kept busy by the flood")
                .isGreaterThan(Math.min(floods, floodSlots) * 0.95 - 0.25);
    }

    private boolean arrive() {
        oldestArrival = Math.min(oldestArrival, time.nanos());
        waiting++;
        queue.activate(orders);
        serve();
        return true;
    }

    private void serve() {
        for (Optional<Grant<String>> next = queue.next(time.nanos());
                next.isPresent();
                next = queue.next(time.nanos())) {
            Grant<String> grant = next.get();
            if (grant.leaf() == orders) {
                serveHot(grant);
            } else {
                time.schedule(FLOOD_BATCH, () -> floodDone(grant));
            }
        }
    }

    private void floodDone(Grant<String> grant) {
        floodBytes += FLOOD_BATCH_BYTES;
        queue.complete(grant, FLOOD_BATCH_BYTES, 100_000, true, time.nanos());
        serve();
    }

    /** Takes all that waits in one batch. */
    private void serveHot(Grant<String> grant) {
        int batch = waiting;
        if (batch > 0) {
            long wait = time.nanos() - oldestArrival;
            longestWait = Math.max(longestWait, wait);
            waits += (double) wait * batch;
            transactions += batch;
        }
        waiting = 0;
        oldestArrival = Long.MAX_VALUE;
        time.schedule(
                HOT_BATCH,
                () -> {
                    queue.complete(grant, batch * 500L, batch, waiting > 0, time.nanos());
                    serve();
                });
    }
}
