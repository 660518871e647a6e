package io.tidetable.control.api;

import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.security.RouteRole;
import io.tidetable.control.store.AccessToken;
import io.tidetable.model.TidetableException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets through what the sender may do: by the role of the token he shows, or, where none is needed,
 * because he is on this machine.
 */
final class AccessGuard {
    private static final Logger LOG = LoggerFactory.getLogger(AccessGuard.class);
    private static final String SCHEME = "Bearer ";

    private final boolean tokensRequired;
    private final KnownTokens tokens;
    private final FailedAttempts failures;

    /**
     * A guard.
     *
     * @param tokensRequired whether nobody is let through without one
     * @param store what is known of a token; empty when it is worth nothing
     */
    AccessGuard(
            boolean tokensRequired,
            Function<String, Optional<AccessToken>> store,
            InstantSource clock) {
        this.tokensRequired = tokensRequired;
        tokens = new KnownTokens(store, clock);
        failures = new FailedAttempts(clock);
    }

    /** Before each request that a route is there for. */
    void check(Context context) {
        Right right = right(context);
        if (right == Right.NONE) {
            if (!tokensRequired) {
                Caller.LOCAL.attach(context);
            }
            return;
        }
        Caller caller = caller(context);
        if (!right.isHeldBy(caller.role())) {
            LOG.info(
                    "token {} was refused {} {}: it is a {}'s",
                    caller.token(),
                    context.method(),
                    context.endpoint().path,
                    caller.role().label());
            throw new ApiException(
                    403,
                    "TT-653",
                    "this takes the role %s and the token '%s' has the role %s; ask an administrator for another ('tidetable token create')"
                            .formatted(
                                    right.least().label(), caller.token(), caller.role().label()));
        }
        caller.attach(context);
    }

    /** HEAD is answered without a route: it tells which there are, and no more. */
    void checkHead(Context context) {
        if (tokensRequired
                && HandlerType.HEAD.equals(context.method())
                && context.path().matches("/+(api|events|metrics)(/.*)?")) {
            caller(context);
        }
    }

    /** What stands at the route; files of the page have none and tell nothing. */
    private static Right right(Context context) {
        if (context.endpoints().matchedHttpEndpoint() == null) {
            return Right.NONE;
        }
        for (RouteRole role : context.routeRoles()) {
            if (role instanceof Right right) {
                return right;
            }
        }
        return Right.GOVERN;
    }

    private Caller caller(Context context) {
        String header = context.header("Authorization");
        if (header == null) {
            if (tokensRequired) {
                throw challenge(
                        context,
                        "TT-650",
                        "this needs a token: give it in the header 'Authorization: Bearer TOKEN', by TIDETABLE_TOKEN or --token-file on the command line; 'tidetable token create' makes one");
            }
            return Caller.LOCAL;
        }
        String address = context.ip();
        Duration wait = failures.remaining(address);
        if (wait.isPositive()) {
            long seconds = wait.toSeconds() + 1;
            context.header("Retry-After", Long.toString(seconds));
            throw new ApiException(
                    429,
                    "TT-652",
                    "too many wrong tokens came from %s; try again in %d s"
                            .formatted(address, seconds));
        }
        String token =
                header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
                        ? header.substring(SCHEME.length()).strip()
                        : "";
        Optional<AccessToken> found = known(token);
        if (found.isEmpty()) {
            failures.count(address);
            if (failures.remaining(address).isPositive()) {
                LOG.warn("too many wrong tokens came from {}; it has to wait", address);
            }
            throw challenge(
                    context,
                    "TT-651",
                    "the token is not known, or was revoked; 'tidetable token list' shows those there are");
        }
        return new Caller(found.get().name(), found.get().role(), () -> known(token).isPresent());
    }

    private Optional<AccessToken> known(String token) {
        try {
            return tokens.find(token);
        } catch (TidetableException e) {
            throw e;
        } catch (RuntimeException e) {
            LOG.warn("a token could not be checked: {}", e.getClass().getSimpleName(), e);
            throw new ApiException(
                    503,
                    "TT-654",
                    "the token cannot be checked now, because the metadata store does not answer; try again");
        }
    }

    private static ApiException challenge(Context context, String code, String sentence) {
        context.header("WWW-Authenticate", "Bearer");
        return new ApiException(401, code, sentence);
    }
}
