package io.tidetable.node.queue;

import org.jspecify.annotations.Nullable;

/** A place that has work of its own: a lane, a shard of a table, or a copy. */
public final class QueueLeaf<T> extends QueueNode<T> {
    /** Weight of the newest batch in the learned averages. */
    private static final double LEARNING = 0.25;

    final T subject;

    boolean active;
    boolean paused;

    /** How often it was told to have work: one that comes during a grant is not lost. */
    long activations;

    double expectedCost;
    double expectedBytes;

    /** Whether it must wait for its time. */
    boolean held;

    /** When that time comes, in nanoseconds of the caller's clock. */
    long heldUntil;

    long deferredUntil = Long.MIN_VALUE;
    long spendableFrom = Long.MIN_VALUE;

    @Nullable RateLimit rateLimit;
    double tokens;
    long tokensAt;

    long grants;
    long bytes;
    long rows;

    QueueLeaf(
            String name,
            QueueGroup<T> parent,
            double weight,
            int concurrency,
            T subject,
            double firstExpectation) {
        super(name, parent, weight, concurrency);
        this.subject = subject;
        this.expectedCost = firstExpectation;
        this.expectedBytes = firstExpectation;
    }

    /** What it stands for. */
    public T subject() {
        return subject;
    }

    /** Whether it has work, as far as the queue was told. */
    public boolean isActive() {
        return active;
    }

    @Override
    boolean isEligible() {
        return active && !paused && !held && !removed && running < limit;
    }

    void learn(double cost, long batchBytes, long batchRows) {
        expectedCost += LEARNING * (cost - expectedCost);
        expectedBytes += LEARNING * (batchBytes - expectedBytes);
        bytes += batchBytes;
        rows += batchRows;
    }

    /** Takes bytes out of the bucket of its rate limit, or gives them back; it may be overdrawn. */
    void spend(double spentBytes, long now) {
        RateLimit limited = rateLimit;
        if (limited != null) {
            double flown = (double) Math.max(0, now - tokensAt) * limited.bytesPerSecond() / 1e9;
            tokens = Math.min(limited.burstBytes(), tokens + flown) - spentBytes;
            tokensAt = now;
            spendableFrom =
                    tokens > 0
                            ? now
                            : now + (long) Math.ceil((1 - tokens) * 1e9 / limited.bytesPerSecond());
        }
    }
}
