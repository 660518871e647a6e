package io.tidetable.node.queue;

import io.tidetable.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** Slots that serve a queue in virtual time: a batch of n bytes takes n nanoseconds. */
final class QueueSimulation {
    /** Bytes alone, so that cost and time are one. */
    static final CostRule BYTES = new CostRule(0, CostRule.Combination.SUM, 1000);

    final VirtualTime time;
    final WeightedFairQueue<Load> queue;
    final Map<QueueLeaf<Load>, Long> served = new HashMap<>();
    final List<Consumer<QueueLeaf<Load>>> listeners = new ArrayList<>();
    long total;
    int completions;
    int mostRunning;

    /** What a leaf asks for. */
    static final class Load {
        private final LongSupplier batch;

        /** Nanoseconds it has nothing to do after a batch; 0 for backlogged. */
        private final LongSupplier rest;

        long largest;

        Load(LongSupplier batch, LongSupplier rest) {
            this.batch = batch;
            this.rest = rest;
        }

        static Load backlogged(LongSupplier batch) {
            return new Load(batch, () -> 0);
        }
    }

    QueueSimulation(long seed, int depth) {
        time = new VirtualTime(seed);
        queue = new WeightedFairQueue<>(depth, BYTES);
    }

    QueueLeaf<Load> leaf(QueueGroup<Load> group, String name, double weight, Load load) {
        QueueLeaf<Load> leaf = queue.addLeaf(group, name, weight, load);
        served.put(leaf, 0L);
        return leaf;
    }

    void activate(QueueLeaf<Load> leaf) {
        queue.activate(leaf);
        serve();
    }

    void activateAll() {
        served.keySet().stream()
                .sorted((a, b) -> Long.compare(a.joined, b.joined))
                .forEach(queue::activate);
        serve();
    }

    /** Gives all free slots something to do. */
    void serve() {
        for (Optional<Grant<Load>> next = queue.next(time.nanos());
                next.isPresent();
                next = queue.next(time.nanos())) {
            Grant<Load> grant = next.get();
            mostRunning = Math.max(mostRunning, queue.running());
            long bytes = grant.subject().batch.getAsLong();
            grant.subject().largest = Math.max(grant.subject().largest, bytes);
            time.schedule(Duration.ofNanos(bytes), () -> completed(grant, bytes));
        }
        queue.nextRelease()
                .ifPresent(release ->
                        time.schedule(
                                Duration.ofNanos(Math.max(0, release - time.nanos())),
                                this::serveIfFree));
    }

    private void serveIfFree() {
        if (!queue.isFull() && queue.nextRelease().stream().anyMatch(at -> at <= time.nanos())) {
            serve();
        }
    }

    private void completed(Grant<Load> grant, long bytes) {
        QueueLeaf<Load> leaf = grant.leaf();
        long rest = grant.subject().rest.getAsLong();
        queue.complete(grant, bytes, 1, rest == 0, time.nanos());
        if (rest > 0) {
            time.schedule(Duration.ofNanos(rest), () -> activate(leaf));
        }
        served.merge(leaf, bytes, Long::sum);
        total += bytes;
        completions++;
        listeners.forEach(listener -> listener.accept(leaf));
        serve();
    }

    long servedIn(QueueNode<Load> node) {
        return switch (node) {
            case QueueLeaf<Load> leaf -> served.getOrDefault(leaf, 0L);
            case QueueGroup<Load> group ->
                    group.members.values().stream().mapToLong(this::servedIn).sum();
        };
    }

    static long largestIn(QueueNode<Load> node) {
        return switch (node) {
            case QueueLeaf<Load> leaf -> leaf.subject().largest;
            case QueueGroup<Load> group ->
                    group.members.values().stream()
                            .mapToLong(QueueSimulation::largestIn)
                            .max()
                            .orElse(0);
        };
    }
}
