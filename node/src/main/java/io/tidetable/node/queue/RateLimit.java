package io.tidetable.node.queue;

/**
 * A limit of the bytes a leaf may move: a token bucket. A grant needs a token left and may
 * overdraw, so any span of time sees at most the burst, the rate times its length, and one batch
 * per grant that runs at once.
 *
 * @param bytesPerSecond what flows in
 * @param burstBytes what the bucket holds
 */
public record RateLimit(double bytesPerSecond, double burstBytes) {
    public RateLimit {
        if (!(bytesPerSecond > 0) || !(burstBytes > 0)) {
            throw new IllegalArgumentException(
                    "a rate and a burst must be positive, got %s and %s"
                            .formatted(bytesPerSecond, burstBytes));
        }
    }
}
