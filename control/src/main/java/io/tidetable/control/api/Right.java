package io.tidetable.control.api;

import io.javalin.security.RouteRole;
import io.tidetable.control.store.AccessToken.Role;

/** What a route asks of the bearer of a token. A route without one is answered to nobody. */
enum Right implements RouteRole {
    /** Nothing, not even a token: what tells no more than that there is a Tidetable. */
    NONE,
    /** To look. */
    LOOK,
    /** To steer what runs. */
    STEER,
    /** To change who and what decides. */
    GOVERN;

    boolean isHeldBy(Role role) {
        return switch (this) {
            case NONE, LOOK -> true;
            case STEER -> role != Role.VIEWER;
            case GOVERN -> role == Role.ADMIN;
        };
    }

    /** The least role that has it. */
    Role least() {
        return switch (this) {
            case NONE, LOOK -> Role.VIEWER;
            case STEER -> Role.OPERATOR;
            case GOVERN -> Role.ADMIN;
        };
    }
}
