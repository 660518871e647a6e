package io.tidetable.node.queue;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A place that shares its service among its members by their weights. */
public final class QueueGroup<T> extends QueueNode<T> {
    final Map<String, QueueNode<T>> members = new LinkedHashMap<>();
    final NodeHeap<T> waiting = new NodeHeap<>(WAITING);
    final NodeHeap<T> served = new NodeHeap<>(SERVED);

    /** The largest start tag granted so far. */
    private double front;

    /** The start tag granted last. */
    private double latest;

    /** The largest tag given so far. */
    private double farthest;

    /** What the virtual time has reached; it never goes back. */
    private double reached;

    private double epochStart;
    private double stepNow;
    private double stepBefore;
    private double costNow;
    private double costBefore;

    QueueGroup(String name, @Nullable QueueGroup<T> parent, double weight, int limit) {
        super(name, parent, weight, limit);
    }

    @Override
    boolean isEligible() {
        return running < limit && !waiting.isEmpty();
    }

    /** The least start tag of what waits or is served. */
    double virtualTime() {
        double least = Math.min(latest, Math.min(waiting.firstKey(), served.firstKey()));
        reached = Math.max(reached, least);
        return reached;
    }

    /** A member has been granted something. */
    void granted(double start, double cost, double memberWeight) {
        latest = start;
        front = Math.max(front, start);
        charged(start + cost / memberWeight, cost, memberWeight);
    }

    /** A member's next start tag and the cost that led to it are known. */
    void charged(double next, double cost, double memberWeight) {
        farthest = Math.max(farthest, next);
        double step = cost / memberWeight;
        if (front - epochStart > 2 * Math.max(stepNow, stepBefore)) {
            epochStart = front;
            stepBefore = stepNow;
            costBefore = costNow;
            stepNow = 0;
            costNow = 0;
        }
        stepNow = Math.max(stepNow, step);
        costNow = Math.max(costNow, cost);
    }

    /**
     * The least tag a member may have: it may be owed what it could not be given while the largest
     * batches ran in all slots, but not what it could not have taken anyway.
     */
    double leastTag(QueueNode<T> member, int depth) {
        double step = Math.max(stepNow, stepBefore);
        double cost = Math.max(costNow, costBefore);
        double own = cost * Math.min(member.limit, depth) / member.weight;
        return front - 2 * Math.min(step, own);
    }

    /** Nothing waits or is served any more: everyone starts from the same tag again. */
    void becameIdle() {
        reached = Math.max(reached, farthest);
        front = Math.max(front, reached);
        latest = reached;
        epochStart = front;
    }
}
