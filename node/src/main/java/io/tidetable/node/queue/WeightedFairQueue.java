package io.tidetable.node.queue;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Decides which leaf of a tree of weights is served next: hierarchical start-time fair queueing
 * with depth.
 *
 * <p>Each group shares what it gets among its members. A member m of weight w(m) has a tag, the
 * virtual time at which its next grant starts; a grant of cost c moves it on:
 *
 * <pre>
 *   S(m) = max(v, F(m)) after having been idle, F(m) otherwise     (start tag)
 *   F(m) = S(m) + c / w(m)                                         (finish tag)
 *   v    = least start tag of what waits or is served, never falling
 * </pre>
 *
 * The waiting member with the least start tag is granted, from the root down to a leaf, as long as
 * less than D grants run. So while f and g both have work, their services per weight differ by at
 * most (D + 1) (c(f)/w(f) + c(g)/w(g)), c being their largest costs; a leaf of weight w among W is
 * served at least w/W of the total minus w times that, whatever others ask for. When a group has
 * nothing to do, v jumps to its largest finish tag and everyone starts anew.
 *
 * <p>The cost of a grant is not known before it is done: an average that learns (a quarter of each
 * new batch) is charged at the grant and corrected at its completion.
 *
 * <p>What is our own: members may be unable to use what they are due, since a lane takes one grant
 * at a time. Then others go ahead of them. What such a member is owed is limited to 2 min(s, n c /
 * w): s is the largest step c/w seen lately in the group, c the largest cost, n the grants it can
 * take at once; that much can be withheld from it by batches that cannot be interrupted, the rest
 * it could not have taken anyway. One that was idle is put in line by v but charged from that limit
 * on: it goes first once, and gathers no credit.
 *
 * <p>Sources: Goyal, Vin, Cheng, "Start-time Fair Queueing" (1997); Goyal, Guo, Vin, "A
 * Hierarchical CPU Scheduler" (1996); Jin, Chase, Kaur, "Interposed Proportional Sharing for a
 * Storage Service Utility" (2004), where v is that of MSF(D); Chandra et al., "Surplus Fair
 * Scheduling" (2000) on weights that cannot be used.
 *
 * <p>Time is given by the caller, in nanoseconds of any clock that does not go back. Not
 * thread-safe.
 */
public final class WeightedFairQueue<T> {
    private static final double LEAST_WEIGHT = 1e-6;
    private static final double LARGEST_WEIGHT = 1e6;

    private final QueueGroup<T> root;
    private final CostRule costRule;
    private final TreeSet<QueueLeaf<T>> held =
            new TreeSet<>(
                    Comparator.<QueueLeaf<T>>comparingLong(leaf -> leaf.heldUntil)
                            .thenComparingLong(leaf -> leaf.joined));
    private long order;

    /**
     * An empty queue.
     *
     * @param depth most grants that run at once, at least 1
     */
    public WeightedFairQueue(int depth, CostRule costRule) {
        this.root = new QueueGroup<>("", null, 1, positive(depth));
        this.costRule = costRule;
    }

    /** The group that holds everything. */
    public QueueGroup<T> root() {
        return root;
    }

    /** Adds a group whose members share its part. */
    public QueueGroup<T> addGroup(QueueGroup<T> parent, String name, double weight) {
        QueueGroup<T> group =
                new QueueGroup<>(name, parent, checkedWeight(weight), Integer.MAX_VALUE);
        join(parent, group);
        return group;
    }

    /**
     * Adds a leaf without work that is served one grant at a time.
     *
     * @param subject what it stands for
     */
    public QueueLeaf<T> addLeaf(QueueGroup<T> parent, String name, double weight, T subject) {
        QueueLeaf<T> leaf =
                new QueueLeaf<>(
                        name,
                        parent,
                        checkedWeight(weight),
                        1,
                        subject,
                        costRule.firstExpectation());
        join(parent, leaf);
        return leaf;
    }

    private void join(QueueGroup<T> parent, QueueNode<T> node) {
        if (parent.removed) {
            throw new IllegalStateException("the group '" + parent + "' has been removed");
        }
        if (parent.members.putIfAbsent(node.name, node) != null) {
            throw new IllegalArgumentException("'" + node + "' is in the queue already");
        }
        node.joined = order++;
    }

    /** Takes a node and all below it out; grants that run there are completed as usual. */
    public void remove(QueueNode<T> node) {
        QueueGroup<T> parent = node.parent;
        if (parent == null) {
            throw new IllegalArgumentException("the root cannot be removed");
        }
        node.removed = true;
        parent.members.remove(node.name, node);
        switch (node) {
            case QueueGroup<T> group -> List.copyOf(group.members.values()).forEach(this::remove);
            case QueueLeaf<T> leaf -> {
                unhold(leaf);
                place(leaf);
            }
        }
    }

    /** Changes how many grants may run at once; those that run go on. */
    public void setDepth(int depth) {
        root.limit = positive(depth);
    }

    /**
     * Changes a weight from now on; what the node is ahead or behind, in cost, stays what it is.
     */
    public void setWeight(QueueNode<T> node, double weight) {
        double old = node.weight;
        node.weight = checkedWeight(weight);
        QueueGroup<T> group = node.parent;
        if (group != null && old != weight) {
            double now = group.virtualTime();
            node.tag = now + (node.tag - now) * old / weight;
            node.advantage *= old / weight;
            group.waiting.rekey(node, node.tag - node.advantage);
        }
    }

    /**
     * Changes how many grants may run at once in a leaf or a group, for example to keep slots free
     * of copies; those that run go on.
     */
    public void setLimit(QueueNode<T> node, int limit) {
        node.limit = positive(limit);
        place(node);
    }

    /** Limits the bytes of a leaf, starting with a full bucket; null for no limit. */
    public void setRateLimit(QueueLeaf<T> leaf, @Nullable RateLimit limit, long now) {
        leaf.rateLimit = limit;
        leaf.tokens = limit == null ? 0 : limit.burstBytes();
        leaf.tokensAt = now;
        leaf.spendableFrom = now;
        hold(leaf, now);
        place(leaf);
    }

    /** A leaf has work. During a grant it counts for what comes after it. */
    public void activate(QueueLeaf<T> leaf) {
        leaf.activations++;
        if (!leaf.active) {
            leaf.active = true;
            place(leaf);
        }
    }

    /** A leaf has no work any more. */
    public void deactivate(QueueLeaf<T> leaf) {
        leaf.active = false;
        place(leaf);
    }

    /** Stops to serve a leaf, whatever work it has; a grant that runs goes on. */
    public void pause(QueueLeaf<T> leaf) {
        leaf.paused = true;
        place(leaf);
    }

    /** Goes on with a leaf that was paused. */
    public void resume(QueueLeaf<T> leaf) {
        leaf.paused = false;
        place(leaf);
    }

    /**
     * Does not serve a leaf before a time, for example because it failed and is to be tried again.
     */
    public void defer(QueueLeaf<T> leaf, long until, long now) {
        leaf.deferredUntil = until;
        hold(leaf, now);
        place(leaf);
    }

    /** Grants the next leaf its turn; empty when all slots are taken or nobody can be served. */
    public Optional<Grant<T>> next(long now) {
        while (!held.isEmpty() && held.first().heldUntil <= now) {
            QueueLeaf<T> leaf = held.first();
            unhold(leaf);
            place(leaf);
        }
        if (!root.isEligible()) {
            return Optional.empty();
        }
        QueueNode<T> node = root;
        while (node instanceof QueueGroup<T> group) {
            node = group.waiting.first();
        }
        QueueLeaf<T> leaf = (QueueLeaf<T>) node;
        Grant<T> grant = new Grant<>(leaf);
        leaf.grants++;
        for (QueueGroup<T> group = leaf.parent; group != null; group = group.parent) {
            group.granted(node.tag, grant.expectedCost, node.weight);
            node.lastStart = node.tag;
            node.tag += grant.expectedCost / node.weight;
            node.advantage = 0;
            node.rank = node.joined;
            node.running++;
            node = group;
        }
        root.running++;
        spend(leaf, grant.expectedBytes, now);
        place(leaf);
        return Optional.of(grant);
    }

    /**
     * Until when asking again is of no use unless something else happens: the time at which the
     * first leaf that is held back by a rate limit or deferred may be served; empty when there is
     * none.
     */
    public OptionalLong nextRelease() {
        return held.isEmpty() ? OptionalLong.empty() : OptionalLong.of(held.first().heldUntil);
    }

    /**
     * Ends a grant and charges what it really cost.
     *
     * @param stillHasWork whether the leaf has more to do, as far as was known when its batch was
     *     read; an activation since the grant counts as well
     */
    public void complete(Grant<T> grant, long bytes, long rows, boolean stillHasWork, long now) {
        if (grant.completed) {
            throw new IllegalStateException("a grant of '" + grant.leaf + "' is completed twice");
        }
        double cost = costRule.cost(bytes, rows);
        grant.completed = true;
        QueueLeaf<T> leaf = grant.leaf;
        QueueNode<T> node = leaf;
        for (QueueGroup<T> group = leaf.parent; group != null; group = group.parent) {
            node.running--;
            node.tag += (cost - grant.expectedCost) / node.weight;
            group.charged(node.tag, cost, node.weight);
            node = group;
        }
        root.running--;
        leaf.learn(cost, bytes, rows);
        leaf.active = stillHasWork || leaf.activations != grant.activations;
        spend(leaf, bytes - grant.expectedBytes, now);
        place(leaf);
    }

    /** How many grants run. */
    public int running() {
        return root.running;
    }

    /** Whether somebody can be granted a turn, those aside whose time comes later. */
    public boolean hasNext() {
        return root.isEligible();
    }

    /** Whether all slots are taken. */
    public boolean isFull() {
        return root.running >= root.limit;
    }

    /** How all leaves stand, in the order of the tree. */
    public List<Standing> standings() {
        List<Standing> standings = new ArrayList<>();
        addStandings(root, 1, standings);
        return standings;
    }

    private static <T> void addStandings(
            QueueGroup<T> group, double share, List<Standing> standings) {
        double total = group.members.values().stream().mapToDouble(QueueNode::weight).sum();
        for (QueueNode<T> member : group.members.values()) {
            double own = share * member.weight / total;
            switch (member) {
                case QueueGroup<T> inner -> addStandings(inner, own, standings);
                case QueueLeaf<T> leaf ->
                        standings.add(
                                new Standing(
                                        leaf.path(),
                                        leaf.weight,
                                        own,
                                        leaf.active,
                                        leaf.running,
                                        leaf.grants,
                                        leaf.bytes,
                                        leaf.rows));
            }
        }
    }

    /** Puts a node where it belongs in its group after a change, and so upwards. */
    private void place(QueueNode<T> changed) {
        QueueNode<T> node = changed;
        for (QueueGroup<T> group = node.parent; group != null; group = node.parent) {
            double least = group.leastTag(node, root.limit);
            if (!node.isEligible()) {
                group.waiting.remove(node);
                if (node.running > 0) {
                    group.served.put(node, node.lastStart);
                } else {
                    group.served.remove(node);
                    node.wasIdle = true;
                    if (group.waiting.isEmpty() && group.served.isEmpty()) {
                        group.becameIdle();
                    }
                }
            } else {
                if (node.wasIdle) {
                    double key = Math.max(node.tag, group.virtualTime());
                    node.tag = Math.max(key, least);
                    node.advantage = node.tag - key;
                    node.wasIdle = false;
                    node.rank = Long.MIN_VALUE + order++;
                }
                node.tag = Math.max(node.tag, least);
                group.served.remove(node);
                group.waiting.put(node, node.tag - node.advantage);
            }
            node = group;
        }
    }

    private void spend(QueueLeaf<T> leaf, double bytes, long now) {
        if (leaf.rateLimit != null) {
            leaf.spend(bytes, now);
            hold(leaf, now);
        }
    }

    /** Sets a leaf aside until its time, or takes it back when that has come. */
    private void hold(QueueLeaf<T> leaf, long now) {
        unhold(leaf);
        long until = Math.max(leaf.deferredUntil, leaf.spendableFrom);
        if (until > now && !leaf.removed) {
            leaf.held = true;
            leaf.heldUntil = until;
            held.add(leaf);
        }
    }

    private void unhold(QueueLeaf<T> leaf) {
        if (leaf.held) {
            held.remove(leaf);
            leaf.held = false;
        }
    }

    private static int positive(int limit) {
        if (limit < 1) {
            throw new IllegalArgumentException("at least one grant must be able to run: " + limit);
        }
        return limit;
    }

    private static double checkedWeight(double weight) {
        if (!(weight >= LEAST_WEIGHT && weight <= LARGEST_WEIGHT)) {
            throw new IllegalArgumentException(
                    "a weight takes %s to %s, got %s"
                            .formatted(LEAST_WEIGHT, LARGEST_WEIGHT, weight));
        }
        return weight;
    }
}
