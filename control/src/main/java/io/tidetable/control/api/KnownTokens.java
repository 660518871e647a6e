package io.tidetable.control.api;

import io.tidetable.control.store.AccessToken;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Asks the metadata store for a token at most once a second, so that a revoked one is worth nothing
 * a second later and a page that is drawn each second costs no queries. Bounded; thread-safe.
 */
final class KnownTokens {
    private static final Duration FRESH = Duration.ofSeconds(1);
    private static final int REMEMBERED = 1_000;

    private final Function<String, Optional<AccessToken>> store;
    private final InstantSource clock;
    private final Map<String, Known> known = new LinkedHashMap<>();

    KnownTokens(Function<String, Optional<AccessToken>> store, InstantSource clock) {
        this.store = store;
        this.clock = clock;
    }

    private record Known(AccessToken token, Instant asked) {}

    Optional<AccessToken> find(String token) {
        Instant now = clock.instant();
        synchronized (known) {
            Known found = known.get(token);
            if (found != null && now.isBefore(found.asked().plus(FRESH))) {
                return Optional.of(found.token());
            }
            known.remove(token);
        }
        Optional<AccessToken> found = store.apply(token);
        synchronized (known) {
            found.ifPresent(it -> known.put(token, new Known(it, now)));
            if (known.size() > REMEMBERED) {
                known.remove(known.keySet().iterator().next());
            }
        }
        return found;
    }
}
