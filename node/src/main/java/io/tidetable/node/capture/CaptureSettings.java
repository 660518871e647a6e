package io.tidetable.node.capture;

import java.time.Duration;

/**
 * Knobs of reading the source.
 *
 * @param feedback longest time between two acknowledgements; shortened where the source's
 *     wal_sender_timeout asks for it
 * @param fullLimit how long a connection is held open without reading from it while the journal is
 *     full; a full walsender blocks the source's shutdown
 * @param shortestBackoff wait after a connection was lost
 * @param longestBackoff longest wait between attempts to connect
 * @param silence how long nothing may be heard before it is asked whether the network still works
 * @param spillCheck how often, with streaming off, it asks whether it may be on again
 */
public record CaptureSettings(
        Duration feedback,
        Duration fullLimit,
        Duration shortestBackoff,
        Duration longestBackoff,
        Duration silence,
        Duration spillCheck) {
    public static final CaptureSettings DEFAULT =
            new CaptureSettings(
                    Duration.ofSeconds(1),
                    Duration.ofMinutes(10),
                    Duration.ofMillis(100),
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(30),
                    Duration.ofSeconds(5));

    public CaptureSettings {
        if (feedback.toMillis() < 10 || feedback.toSeconds() > 10) {
            throw new IllegalArgumentException(
                    "capture feedback takes 10 ms to 10 s, got " + feedback);
        }
        if (!fullLimit.isPositive() || !shortestBackoff.isPositive() || !spillCheck.isPositive()) {
            throw new IllegalArgumentException("capture's times must be above zero");
        }
        if (silence.compareTo(feedback.multipliedBy(3)) < 0) {
            throw new IllegalArgumentException(
                    "capture's silence must be three times its feedback or more, got " + silence);
        }
        if (longestBackoff.compareTo(shortestBackoff) < 0) {
            throw new IllegalArgumentException(
                    "capture's longest backoff is shorter than its shortest");
        }
    }
}
