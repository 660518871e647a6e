package io.tidetable.control.api;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Counts wrong tokens by the address they come from: who shows too many is not listened to for a
 * while, right or wrong. Bounded; thread-safe.
 */
final class FailedAttempts {
    static final int ALLOWED = 10;
    static final Duration WINDOW = Duration.ofMinutes(1);
    private static final int REMEMBERED = 10_000;

    private final InstantSource clock;
    private final Map<String, Attempts> attempts = new LinkedHashMap<>();

    FailedAttempts(InstantSource clock) {
        this.clock = clock;
    }

    private record Attempts(int count, Instant since) {}

    /** How long the address has to wait; zero for not at all. */
    synchronized Duration remaining(String address) {
        Attempts known = attempts.get(network(address));
        if (known == null || known.count() < ALLOWED) {
            return Duration.ZERO;
        }
        Duration left = Duration.between(clock.instant(), known.since().plus(WINDOW));
        return left.isPositive() ? left : Duration.ZERO;
    }

    /** A wrong token came from the address. */
    synchronized void count(String address) {
        Instant now = clock.instant();
        String network = network(address);
        Attempts known = attempts.remove(network);
        attempts.put(
                network,
                known == null || !now.isBefore(known.since().plus(WINDOW))
                        ? new Attempts(1, now)
                        : new Attempts(known.count() + 1, known.since()));
        if (attempts.size() > REMEMBERED) {
            attempts.remove(attempts.keySet().iterator().next());
        }
    }

    /** Whoever has an IPv6 address has a network of them. */
    private static String network(String address) {
        String[] groups = address.replaceAll("[\\[\\]]", "").split(":", -1);
        return groups.length < 5 || address.contains(".")
                ? address
                : String.join(":", groups[0], groups[1], groups[2], groups[3]);
    }
}
