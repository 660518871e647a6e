package io.tidetable.control.api;

import io.javalin.http.Context;
import io.tidetable.control.store.AccessToken.Role;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Who sent a request.
 *
 * @param token the name of the token that was shown; null for somebody on this machine who needs
 *     none
 * @param welcome whether he still is, for answers that do not end
 */
record Caller(@Nullable String token, Role role, BooleanSupplier welcome) {
    private static final String ATTRIBUTE = "tidetable.caller";

    /** Whoever can reach a loopback address of this machine. */
    static final Caller LOCAL = new Caller(null, Role.ADMIN, () -> true);

    void attach(Context context) {
        context.attribute(ATTRIBUTE, this);
    }

    /** Whether anything may be told that is not for everybody. */
    static boolean isKnown(Context context) {
        return context.attribute(ATTRIBUTE) != null;
    }

    static Caller of(Context context) {
        Caller caller = context.attribute(ATTRIBUTE);
        return Objects.requireNonNull(caller, "a route that nobody guards");
    }
}
