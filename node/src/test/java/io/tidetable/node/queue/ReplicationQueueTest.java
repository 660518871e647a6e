package io.tidetable.node.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ReplicationQueueTest {
    @Test
    void noWorkIsLostAndNoLaneIsServedTwiceAtOnce() throws Exception {
        int lanes = 50;
        int perLane = 400;
        ReplicationQueue<Integer> queue =
                new ReplicationQueue<>(6, CostRule.DEFAULT, System::nanoTime);
        AtomicIntegerArray pending = new AtomicIntegerArray(lanes);
        AtomicIntegerArray inService = new AtomicIntegerArray(lanes);
        AtomicInteger overlaps = new AtomicInteger();
        CountDownLatch left = new CountDownLatch(lanes * perLane);
        List<QueueLeaf<Integer>> leaves = new ArrayList<>();
        for (int lane = 0; lane < lanes; lane++) {
            int number = lane;
            leaves.add(queue.changing(q -> q.addLeaf(q.root(), "lane" + number, 1, number)));
        }
        List<Thread> appliers = new ArrayList<>();
        for (int applier = 0; applier < 8; applier++) {
            appliers.add(
                    Thread.ofVirtual()
                            .start(() -> apply(queue, pending, inService, overlaps, left)));
        }
        for (int round = 0; round < perLane; round++) {
            for (int lane = 0; lane < lanes; lane++) {
                pending.incrementAndGet(lane);
                queue.activate(leaves.get(lane));
            }
        }

        assertThat(left.await(30, TimeUnit.SECONDS)).isTrue();

        queue.close();
        for (Thread applier : appliers) {
            applier.join();
        }
        assertThat(overlaps).hasValue(0);
    }

    private static void apply(
            ReplicationQueue<Integer> queue,
            AtomicIntegerArray pending,
            AtomicIntegerArray inService,
            AtomicInteger overlaps,
            CountDownLatch left) {
        try {
            for (Optional<Grant<Integer>> grant = queue.take();
                    grant.isPresent();
                    grant = queue.take()) {
                int lane = grant.get().subject();
                if (inService.incrementAndGet(lane) != 1) {
                    overlaps.incrementAndGet();
                }
                int taken = pending.getAndSet(lane, 0);
                inService.decrementAndGet(lane);
                queue.complete(grant.get(), taken, taken, false);
                for (int count = 0; count < taken; count++) {
                    left.countDown();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void leavesWhoseTimeComesAreTakenWithoutAnyoneElseWakingTheQueue() throws Exception {
        ReplicationQueue<Integer> queue =
                new ReplicationQueue<>(4, CostRule.DEFAULT, System::nanoTime);
        CountDownLatch taken = new CountDownLatch(3);
        for (int lane = 0; lane < 3; lane++) {
            int number = lane;
            QueueLeaf<Integer> leaf =
                    queue.changing(q -> q.addLeaf(q.root(), "lane" + number, 1, number));
            queue.defer(leaf, Duration.ofMillis(100).toNanos());
            queue.activate(leaf);
        }
        for (int applier = 0; applier < 4; applier++) {
            Thread.ofVirtual()
                    .start(() -> {
                        try {
                            // Each keeps its grant, so nobody completes anything.
                            if (queue.take().isPresent()) {
                                taken.countDown();
                            }
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                    });
        }

        assertThat(taken.await(30, TimeUnit.SECONDS)).isTrue();
        queue.close();
    }

    @Test
    void whoWaitsIsSentAwayByClosing() throws Exception {
        ReplicationQueue<Integer> queue =
                new ReplicationQueue<>(4, CostRule.DEFAULT, System::nanoTime);
        AtomicReference<Optional<Grant<Integer>>> result = new AtomicReference<>();
        Thread applier =
                Thread.ofVirtual()
                        .start(() -> {
                            try {
                                result.set(queue.take());
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        });

        queue.close();
        applier.join();

        assertThat(result.get()).isEmpty();
    }
}
