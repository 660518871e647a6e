package io.tidetable.node.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.node.queue.QueueSimulation.Load;
import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A leaf that always has work gets its share less a constant, in every span of time. */
class StarvationBoundTest {
    private static final int RUNS = 100;
    private static final int COMPLETIONS = 10_000;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 8})
    void aBackloggedLeafIsServedItsShareLessTheBoundInEverySpanOfTime(int depth) {
        double closest = 0;
        for (long seed = 1; seed <= RUNS; seed++) {
            closest = Math.max(closest, run(seed, depth));
        }
        System.out.printf("figure: depth %d: closest to the bound %.2f%n", depth, closest);
    }

    /** How much of the bound was used up. */
    private static double run(long seed, int depth) {
        QueueSimulation simulation = new QueueSimulation(seed, depth);
        RandomGenerator random = simulation.time.random();
        QueueGroup<Load> root = simulation.queue.root();
        int groups = random.nextInt(1, 4);
        for (int group = 0; group < groups; group++) {
            QueueGroup<Load> parent =
                    simulation.queue.addGroup(root, "group" + group, weight(random));
            int leaves = random.nextInt(1, 8);
            for (int leaf = 0; leaf < leaves; leaf++) {
                var added = simulation.leaf(parent, "leaf" + leaf, weight(random), load(random));
                simulation.queue.setLimit(added, random.nextInt(1, depth + 1));
            }
        }
        QueueGroup<Load> mine = simulation.queue.addGroup(root, "mine", weight(random));
        QueueLeaf<Load> watched =
                simulation.leaf(mine, "watched", weight(random), Load.backlogged(batches(random)));
        // It can use all that it is due.
        simulation.queue.setLimit(watched, depth);
        int siblings = random.nextInt(0, 4);
        for (int sibling = 0; sibling < siblings; sibling++) {
            simulation.leaf(mine, "sibling" + sibling, weight(random), load(random));
        }

        double share = share(watched);
        double[] least = {0};
        double[] closest = {0};
        simulation.listeners.add(_ -> {
            double deficit = share * simulation.total - simulation.servedIn(watched);
            least[0] = Math.min(least[0], deficit);
            double bound = bound(watched, depth);
            closest[0] = Math.max(closest[0], (deficit - least[0]) / bound);
            assertThat(deficit - least[0])
                    .as("seed %d, depth %d, share %f", seed, depth, share)
                    .isLessThanOrEqualTo(bound);
        });
        simulation.activateAll();
        simulation.time.runUntil(() -> simulation.completions >= COMPLETIONS, Duration.ofDays(1));
        assertThat(simulation.mostRunning).isLessThanOrEqualTo(depth);
        return closest[0];
    }

    private static double share(QueueNode<Load> node) {
        QueueGroup<Load> group = node.parent;
        if (group == null) {
            return 1;
        }
        double all = group.members.values().stream().mapToDouble(QueueNode::weight).sum();
        return share(group) * node.weight / all;
    }

    /** The bound of each level, with the share of what lies below it. */
    private static double bound(QueueNode<Load> node, int depth) {
        QueueGroup<Load> group = node.parent;
        if (group == null) {
            return 0;
        }
        double all = 0;
        double step = 0;
        for (QueueNode<Load> member : group.members.values()) {
            all += member.weight;
            step = Math.max(step, QueueSimulation.largestIn(member) / member.weight);
        }
        double own = QueueSimulation.largestIn(node) / node.weight;
        return bound(group, depth) * node.weight / all + (depth + 1) * (own + step) * node.weight;
    }

    private static double weight(RandomGenerator random) {
        return Math.exp(random.nextDouble() * Math.log(100));
    }

    /** Batches of one size, of a mix, or mostly small ones and a giant now and then. */
    private static LongSupplier batches(RandomGenerator random) {
        long typical = (long) Math.exp(random.nextDouble() * Math.log(10_000)) + 10;
        return switch (random.nextInt(3)) {
            case 0 -> () -> typical;
            case 1 -> () -> 1 + random.nextLong(2 * typical);
            default -> () -> random.nextInt(50) == 0 ? 50 * typical : typical;
        };
    }

    private static Load load(RandomGenerator random) {
        LongSupplier batches = batches(random);
        long rest = (long) Math.exp(random.nextDouble() * Math.log(1_000_000));
        return switch (random.nextInt(3)) {
            case 0 -> Load.backlogged(batches);
            case 1 -> new Load(batches, () -> 1 + random.nextLong(rest));
            default -> new Load(batches, () -> random.nextInt(20) == 0 ? rest : 0);
        };
    }
}
