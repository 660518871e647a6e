package io.tidetable.node.queue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A place in the tree of a {@link WeightedFairQueue}: a group of further places, or a leaf that has
 * work. It is a handle; only the queue changes it.
 */
public abstract sealed class QueueNode<T> permits QueueGroup, QueueLeaf {
    /** Index of {@link #places} for the children that could be granted now. */
    static final int WAITING = 0;

    /** Index of {@link #places} for the children that are served and cannot take more now. */
    static final int SERVED = 1;

    final String name;
    final @Nullable QueueGroup<T> parent;

    /** Where this node stands in its parent's two heaps; -1 when it does not. */
    final int[] places = {-1, -1};

    double weight;

    /** Start tag of its next grant, in virtual time of its parent (cost per weight). */
    double tag;

    /**
     * By how much it stands further ahead in line than its tag says: once, after having been idle.
     */
    double advantage;

    /** Start tag of its latest grant. */
    double lastStart;

    /** Grants running in it. */
    int running;

    /** Most grants it may run at once. */
    int limit;

    /** Whether it was idle since it last waited, so that no credit is left. */
    boolean wasIdle = true;

    boolean removed;

    /** Order of joining. */
    long joined;

    /** Order among those with the same key and weight: who was idle comes before who was served. */
    long rank;

    QueueNode(String name, @Nullable QueueGroup<T> parent, double weight, int limit) {
        this.name = name;
        this.parent = parent;
        this.weight = weight;
        this.limit = limit;
    }

    /** Whether a grant could be given in it, the depth of the queue left aside. */
    abstract boolean isEligible();

    /** Its name in its group. */
    public final String name() {
        return name;
    }

    /** Its weight among the other members of its group. */
    public final double weight() {
        return weight;
    }

    /** How many grants run in it. */
    public final int running() {
        return running;
    }

    /** The names from below the root down to this node. */
    public final List<String> path() {
        List<String> path = new ArrayList<>();
        for (QueueNode<T> node = this; node.parent != null; node = node.parent) {
            path.add(node.name);
        }
        Collections.reverse(path);
        return path;
    }

    @Override
    public final String toString() {
        return String.join("/", path());
    }
}
