package io.tidetable.control.store;

import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What is known of an access token; the token itself is kept nowhere.
 *
 * @param name how people speak of it
 * @param revokedAt null while it opens doors
 */
public record AccessToken(
        long number,
        String name,
        Role role,
        String author,
        Instant createdAt,
        @Nullable Instant revokedAt) {
    /** What the bearer of a token may do; each may what those before it may. */
    public enum Role {
        /** Look. */
        VIEWER,
        /** Pause, resume, resync, override. */
        OPERATOR,
        /** Change rules and tokens. */
        ADMIN;

        /** The word in settings and answers. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }

        /**
         * The role of that word.
         *
         * @throws IllegalArgumentException when there is none
         */
        public static Role parse(String label) {
            for (Role role : values()) {
                if (role.label().equals(label)) {
                    return role;
                }
            }
            throw new IllegalArgumentException(
                    "a role is viewer, operator or admin, got '" + label + "'");
        }
    }
}
