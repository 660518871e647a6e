package io.tidetable.control.api;

import org.jspecify.annotations.Nullable;

/**
 * Where the HTTP interface listens, and to whom.
 *
 * @param port 0 takes any free one
 * @param tokens whether tokens are needed on a loopback address too
 * @param certificate null for unencrypted HTTP
 */
public record Listening(
        String host, int port, boolean tokens, @Nullable ServerCertificate certificate) {
    /** Unencrypted, and without tokens where that is safe. */
    public static Listening at(String host, int port) {
        return new Listening(host, port, false, null);
    }

    /** Whether nobody else than this machine can reach the host. */
    public static boolean isLoopback(String host) {
        return host.equals("localhost")
                || host.equals("::1")
                || host.matches("127(\\.\\d{1,3}){3}");
    }

    /** Whether nobody is answered without a token. */
    public boolean tokensRequired() {
        return tokens || !isLoopback(host);
    }
}
