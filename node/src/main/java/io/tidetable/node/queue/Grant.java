package io.tidetable.node.queue;

/** The permission to serve a leaf once; it ends with {@link WeightedFairQueue#complete}. */
public final class Grant<T> {
    final QueueLeaf<T> leaf;
    final double expectedCost;
    final double expectedBytes;
    final long activations;
    boolean completed;

    Grant(QueueLeaf<T> leaf) {
        this.leaf = leaf;
        this.expectedCost = leaf.expectedCost;
        this.expectedBytes = leaf.expectedBytes;
        this.activations = leaf.activations;
    }

    /** Whom to serve. */
    public QueueLeaf<T> leaf() {
        return leaf;
    }

    /** What the leaf stands for. */
    public T subject() {
        return leaf.subject;
    }
}
