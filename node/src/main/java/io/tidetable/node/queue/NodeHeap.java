package io.tidetable.node.queue;

import java.util.Arrays;

/**
 * A binary heap of nodes by a key, least first; of two with the same key the heavier one first,
 * then the one of lower rank. A node knows its place, so it can be found, moved and taken out.
 */
final class NodeHeap<T> {
    private final int kind;
    private double[] keys = new double[4];

    @SuppressWarnings({"unchecked", "rawtypes"})
    private QueueNode<T>[] nodes = new QueueNode[4];

    private int size;

    /**
     * An empty heap.
     *
     * @param kind which of a node's places it uses
     */
    NodeHeap(int kind) {
        this.kind = kind;
    }

    boolean isEmpty() {
        return size == 0;
    }

    QueueNode<T> first() {
        return nodes[0];
    }

    /** The least key; infinite when it is empty. */
    double firstKey() {
        return size == 0 ? Double.POSITIVE_INFINITY : keys[0];
    }

    /** Adds a node, or gives it another key. */
    void put(QueueNode<T> node, double key) {
        int place = node.places[kind];
        if (place < 0) {
            if (size == nodes.length) {
                nodes = Arrays.copyOf(nodes, 2 * size);
                keys = Arrays.copyOf(keys, 2 * size);
            }
            place = size++;
        }
        settle(place, node, key);
    }

    /** Gives a node another key, if it is in. */
    void rekey(QueueNode<T> node, double key) {
        if (node.places[kind] >= 0) {
            settle(node.places[kind], node, key);
        }
    }

    /** Takes a node out, if it is in. */
    void remove(QueueNode<T> node) {
        int place = node.places[kind];
        if (place < 0) {
            return;
        }
        node.places[kind] = -1;
        size--;
        QueueNode<T> last = nodes[size];
        double lastKey = keys[size];
        clear(size);
        if (place < size) {
            settle(place, last, lastKey);
        }
    }

    @SuppressWarnings("NullAway") // the part of the array beyond the size is nobody's
    private void clear(int place) {
        nodes[place] = null;
    }

    private void settle(int hole, QueueNode<T> node, double key) {
        int place = hole;
        while (place > 0) {
            int above = (place - 1) >> 1;
            if (!isBefore(key, node, keys[above], nodes[above])) {
                break;
            }
            set(place, nodes[above], keys[above]);
            place = above;
        }
        while (true) {
            int below = 2 * place + 1;
            if (below >= size) {
                break;
            }
            int right = below + 1;
            if (right < size && isBefore(keys[right], nodes[right], keys[below], nodes[below])) {
                below = right;
            }
            if (!isBefore(keys[below], nodes[below], key, node)) {
                break;
            }
            set(place, nodes[below], keys[below]);
            place = below;
        }
        set(place, node, key);
    }

    private void set(int place, QueueNode<T> node, double key) {
        nodes[place] = node;
        keys[place] = key;
        node.places[kind] = place;
    }

    private static boolean isBefore(
            double key, QueueNode<?> node, double otherKey, QueueNode<?> other) {
        if (key != otherKey) {
            return key < otherKey;
        }
        return node.weight != other.weight ? node.weight > other.weight : node.rank < other.rank;
    }
}
