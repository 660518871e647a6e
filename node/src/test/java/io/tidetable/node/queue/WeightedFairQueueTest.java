package io.tidetable.node.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.tidetable.node.queue.QueueSimulation.Load;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WeightedFairQueueTest {
    private static final Duration LONG = Duration.ofMillis(200);

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void backloggedLeavesAreServedByTheirWeights(long seed) {
        int depth = 1 + (int) (seed % 4);
        QueueSimulation simulation = new QueueSimulation(seed, depth);
        RandomGenerator random = simulation.time.random();
        List<QueueLeaf<Load>> leaves = new ArrayList<>();
        double weights = 0;
        for (int number = 0; number < 12; number++) {
            double weight = 1 + random.nextInt(10);
            long size = 100L << random.nextInt(7);
            Load load = Load.backlogged(() -> 1 + random.nextLong(2 * size));
            leaves.add(simulation.leaf(simulation.queue.root(), "leaf" + number, weight, load));
            simulation.queue.setLimit(leaves.getLast(), depth);
            weights += weight;
        }

        simulation.activateAll();
        simulation.time.runFor(Duration.ofMillis(50));

        assertThat(simulation.total).isCloseTo(50_000_000L * depth, Percentage.withPercentage(1));
        for (QueueLeaf<Load> leaf : leaves) {
            double due = simulation.total * leaf.weight() / weights;
            assertThat((double) simulation.servedIn(leaf))
                    .as("%s of weight %s, seed %d", leaf, leaf.weight(), seed)
                    .isCloseTo(due, Percentage.withPercentage(5));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 10, 300})
    void theShareOfAGroupDoesNotDependOnHowManyLeavesOthersHave(int leavesOfOthers) {
        QueueSimulation simulation = new QueueSimulation(1, 4);
        var root = simulation.queue.root();
        QueueGroup<Load> hot = simulation.queue.addGroup(root, "hot", 3);
        QueueGroup<Load> cold = simulation.queue.addGroup(root, "cold", 1);
        for (int number = 0; number < 4; number++) {
            simulation.leaf(hot, "orders" + number, 1, Load.backlogged(() -> 1_000));
        }
        for (int number = 0; number < leavesOfOthers; number++) {
            var leaf = simulation.leaf(cold, "audit" + number, 1, Load.backlogged(() -> 5_000));
            simulation.queue.setLimit(leaf, 4);
        }

        simulation.activateAll();
        simulation.time.runFor(LONG);

        assertThat((double) simulation.servedIn(hot) / simulation.total)
                .isCloseTo(0.75, within(0.01));
    }

    @Test
    void aLeafThatWasIdleIsServedAtOnceButIsNotPaidForItsRest() {
        QueueSimulation simulation = new QueueSimulation(1, 1);
        var root = simulation.queue.root();
        var busy = simulation.leaf(root, "busy", 1, Load.backlogged(() -> 1_000));
        var other = simulation.leaf(root, "other", 1, Load.backlogged(() -> 1_000));
        var idle = simulation.leaf(root, "idle", 1, Load.backlogged(() -> 1_000));
        simulation.activate(busy);
        simulation.activate(other);
        simulation.time.runFor(LONG);
        long before = simulation.total;
        List<QueueLeaf<Load>> order = new ArrayList<>();
        simulation.listeners.add(order::add);

        simulation.activate(idle);
        simulation.time.runFor(LONG);

        assertThat(order.indexOf(idle)).isLessThanOrEqualTo(1);
        assertThat((double) simulation.servedIn(idle) / (simulation.total - before))
                .isCloseTo(1 / 3.0, within(0.01));
    }

    @Test
    void whatALaneCannotUseIsNotSavedForLater() {
        QueueSimulation simulation = new QueueSimulation(1, 2);
        var root = simulation.queue.root();
        var heavy = simulation.leaf(root, "heavy", 100, Load.backlogged(() -> 1_000));
        var light = simulation.leaf(root, "light", 1, Load.backlogged(() -> 20_000));
        simulation.activate(heavy);
        simulation.activate(light);
        simulation.time.runFor(Duration.ofSeconds(1));
        assertThat((double) simulation.servedIn(heavy) / simulation.total)
                .as("a lane fills one slot of two")
                .isCloseTo(0.5, within(0.01));

        List<QueueLeaf<Load>> others = new ArrayList<>();
        for (int number = 0; number < 9; number++) {
            others.add(simulation.leaf(root, "other" + number, 100, Load.backlogged(() -> 1_000)));
        }
        others.forEach(simulation::activate);
        long heavyBefore = simulation.servedIn(heavy);
        long before = simulation.total;
        simulation.time.runFor(Duration.ofMillis(5));

        assertThat(
                        (double) (simulation.servedIn(heavy) - heavyBefore)
                                / (simulation.total - before))
                .isCloseTo(0.1, within(0.02));
    }

    @Test
    void aWrongExpectationIsPutRightWhenTheCostIsKnown() {
        QueueSimulation simulation = new QueueSimulation(1, 1);
        var root = simulation.queue.root();
        // Tiny and giant in turn: the learned average is always wrong.
        long[] count = {0};
        var unsteady =
                simulation.leaf(
                        root, "a", 1, Load.backlogged(() -> count[0]++ % 2 == 0 ? 1 : 100_000));
        var steady = simulation.leaf(root, "b", 1, Load.backlogged(() -> 1_000));

        simulation.activateAll();
        simulation.time.runFor(LONG);

        assertThat((double) simulation.servedIn(unsteady))
                .isCloseTo((double) simulation.servedIn(steady), within(300_000.0));
    }

    @Test
    void weightsCanBeChangedWhileItRuns() {
        QueueSimulation simulation = new QueueSimulation(1, 1);
        var root = simulation.queue.root();
        var one = simulation.leaf(root, "one", 0.01, Load.backlogged(() -> 10_000));
        simulation.leaf(root, "two", 10, Load.backlogged(() -> 1_000));
        simulation.activateAll();
        simulation.time.runFor(LONG);
        assertThat((double) simulation.servedIn(one) / simulation.total).isLessThan(0.002);

        simulation.queue.setWeight(one, 30);
        long oneBefore = simulation.servedIn(one);
        long before = simulation.total;
        simulation.time.runFor(Duration.ofMillis(20));

        assertThat((double) (simulation.servedIn(one) - oneBefore) / (simulation.total - before))
                .as("at once, however far ahead its small weight had put it")
                .isCloseTo(0.75, within(0.02));
    }

    @Test
    void neverMoreGrantsRunThanTheDepthNorInAGroupThanItsLimit() {
        QueueSimulation simulation = new QueueSimulation(1, 5);
        var root = simulation.queue.root();
        var copies = simulation.queue.addGroup(root, "copies", 1000);
        var lanes = simulation.queue.addGroup(root, "lanes", 1);
        simulation.queue.setLimit(copies, 4);
        for (int number = 0; number < 8; number++) {
            simulation.leaf(copies, "copy" + number, 1, Load.backlogged(() -> 10_000));
        }
        simulation.leaf(lanes, "lane", 1, Load.backlogged(() -> 100));
        int[] most = {0, 0};
        simulation.listeners.add(_ -> {
            most[0] = Math.max(most[0], copies.running());
            most[1] = Math.max(most[1], lanes.running());
        });

        simulation.activateAll();
        simulation.time.runFor(LONG);

        assertThat(simulation.mostRunning).isEqualTo(5);
        assertThat(most).containsExactly(4, 1);
        assertThat((double) simulation.servedIn(lanes) / simulation.total)
                .as("the slot that copies cannot take")
                .isCloseTo(0.2, within(0.01));

        simulation.queue.setDepth(2);
        simulation.time.runFor(Duration.ofMillis(1));
        simulation.mostRunning = 0;
        simulation.time.runFor(LONG);
        assertThat(simulation.mostRunning).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void aRateLimitHoldsInEverySpanOfTimeAndOthersTakeTheRest(long seed) {
        QueueSimulation simulation = new QueueSimulation(seed, 2);
        RandomGenerator random = simulation.time.random();
        var root = simulation.queue.root();
        var limited =
                simulation.leaf(
                        root, "limited", 50, Load.backlogged(() -> 1 + random.nextLong(2_000)));
        var free = simulation.leaf(root, "free", 1, Load.backlogged(() -> 700));
        simulation.queue.setLimit(free, 2);
        double rate = 100e6;
        simulation.queue.setRateLimit(
                limited, new RateLimit(rate, 10_000), simulation.time.nanos());
        double[] least = {0};
        simulation.listeners.add(_ -> {
            double above = simulation.servedIn(limited) - simulation.time.nanos() * rate / 1e9;
            least[0] = Math.min(least[0], above);
            assertThat(above - least[0]).isLessThanOrEqualTo(10_000 + 2 * 2_000);
        });

        simulation.activateAll();
        simulation.time.runFor(LONG);

        assertThat((double) simulation.servedIn(limited)).isCloseTo(20e6, within(0.2e6));
        assertThat((double) simulation.total).isCloseTo(400e6, within(1e6));
    }

    @Test
    void workThatArrivesDuringAGrantIsNotForgotten() {
        WeightedFairQueue<String> queue = new WeightedFairQueue<>(1, CostRule.DEFAULT);
        QueueLeaf<String> leaf = queue.addLeaf(queue.root(), "orders", 1, "orders");
        queue.activate(leaf);
        Grant<String> grant = queue.next(0).orElseThrow();
        assertThat(queue.next(0)).isEmpty();

        queue.activate(leaf);
        queue.complete(grant, 10, 1, false, 0);

        Grant<String> second = queue.next(0).orElseThrow();
        queue.complete(second, 10, 1, false, 0);
        assertThat(queue.next(0)).isEmpty();
        assertThatThrownBy(() -> queue.complete(second, 10, 1, false, 0))
                .hasMessageContaining("twice");
    }

    @Test
    void pausedDeferredAndRemovedLeavesAreNotServed() {
        WeightedFairQueue<String> queue = new WeightedFairQueue<>(4, CostRule.DEFAULT);
        QueueGroup<String> group = queue.addGroup(queue.root(), "warm", 1);
        QueueLeaf<String> leaf = queue.addLeaf(group, "orders", 1, "orders");
        queue.activate(leaf);

        queue.pause(leaf);
        assertThat(queue.next(0)).isEmpty();
        queue.resume(leaf);
        queue.defer(leaf, 500, 0);
        assertThat(queue.next(499)).isEmpty();
        assertThat(queue.nextRelease()).hasValue(500);
        Grant<String> grant = queue.next(500).orElseThrow();
        assertThat(queue.nextRelease()).isEmpty();
        queue.remove(group);
        queue.complete(grant, 1, 1, true, 600);

        assertThat(queue.next(600)).isEmpty();
        assertThat(queue.running()).isZero();
        assertThat(queue.standings()).isEmpty();
        QueueGroup<String> again = queue.addGroup(queue.root(), "warm", 1);
        QueueLeaf<String> next = queue.addLeaf(again, "orders", 1, "orders");
        queue.activate(next);
        assertThat(queue.next(700)).map(Grant::leaf).contains(next);
    }

    @Test
    void itSaysHowLeavesStand() {
        WeightedFairQueue<String> queue = new WeightedFairQueue<>(4, CostRule.DEFAULT);
        QueueGroup<String> hot = queue.addGroup(queue.root(), "hot", 3);
        QueueGroup<String> cold = queue.addGroup(queue.root(), "cold", 1);
        QueueLeaf<String> orders = queue.addLeaf(hot, "orders", 1, "orders");
        queue.addLeaf(hot, "clicks", 1, "clicks");
        queue.addLeaf(cold, "audit_log", 7, "audit_log");
        queue.activate(orders);
        queue.complete(queue.next(0).orElseThrow(), 100, 3, false, 1);

        assertThat(queue.standings())
                .containsExactly(
                        new Standing(List.of("hot", "orders"), 1, 0.375, false, 0, 1, 100, 3),
                        new Standing(List.of("hot", "clicks"), 1, 0.375, false, 0, 0, 0, 0),
                        new Standing(List.of("cold", "audit_log"), 7, 0.25, false, 0, 0, 0, 0));
        assertThat(orders).hasToString("hot/orders");
    }

    @Test
    void tenThousandLeavesAreServedQuickly() {
        double nanos = Math.min(nanosPerGrant(1), nanosPerGrant(100));

        System.out.printf("figure: %.0f ns for next and complete, 10,000 leaves%n", nanos);
        assertThat(nanos).isLessThan(10_000);
    }

    private static double nanosPerGrant(int groups) {
        WeightedFairQueue<String> queue = new WeightedFairQueue<>(8, CostRule.DEFAULT);
        for (int group = 0; group < groups; group++) {
            QueueGroup<String> parent =
                    queue.addGroup(queue.root(), "group" + group, 1 + group % 3);
            for (int leaf = 0; leaf < 10_000 / groups; leaf++) {
                queue.activate(queue.addLeaf(parent, "leaf" + leaf, 1 + leaf % 7, "lane"));
            }
        }
        double best = Double.POSITIVE_INFINITY;
        for (int round = 0; round < 10; round++) {
            long start = System.nanoTime();
            for (int count = 0; count < 100_000; count++) {
                queue.complete(queue.next(0).orElseThrow(), 500 + count % 100, 3, true, 0);
            }
            best = Math.min(best, (System.nanoTime() - start) / 100_000.0);
        }
        System.out.printf("figure: %d groups: %.0f ns%n", groups, best);
        return best;
    }
}
