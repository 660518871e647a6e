package io.tidetable.control.api;

import io.javalin.http.Context;
import java.net.URI;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Refuses requests that a web page somewhere else made the browser of somebody here send: their
 * Host or Origin does not name this machine.
 */
final class LoopbackGuard {
    private LoopbackGuard() {}

    static void check(Context context) {
        String host = context.header("Host");
        String origin = context.header("Origin");
        if (host != null && !isLoopback(hostOf("http://" + host))) {
            throw refusal("Host", host);
        }
        if (origin != null && !isLoopback(hostOf(origin))) {
            throw refusal("Origin", origin);
        }
    }

    private static ApiException refusal(String header, String value) {
        return new ApiException(
                403,
                "TT-602",
                "requests are answered for 127.0.0.1, ::1 and localhost only, this one has %s '%s'; reach the machine through an SSH tunnel"
                        .formatted(header, value));
    }

    private static @Nullable String hostOf(String url) {
        try {
            return URI.create(url).getHost();
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static boolean isLoopback(@Nullable String host) {
        return host != null
                && host.toLowerCase(Locale.ROOT)
                        .matches("localhost|127(\\.\\d{1,3}){3}|\\[::1]|\\[0:0:0:0:0:0:0:1]");
    }
}
