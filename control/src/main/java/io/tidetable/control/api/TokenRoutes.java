package io.tidetable.control.api;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.tidetable.control.plane.ControlPlane;
import io.tidetable.control.store.AccessToken;
import io.tidetable.control.store.AccessToken.Role;
import io.tidetable.model.TidetableException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Access tokens: which there are, new ones, and an end to them. */
final class TokenRoutes {
    private static final String ROOT = "/api/v1/tokens";

    private final ControlPlane control;
    private final InstantSource clock;

    TokenRoutes(ControlPlane control, InstantSource clock) {
        this.control = control;
        this.clock = clock;
    }

    void register(RoutesConfig routes) {
        routes.get(ROOT, this::all, Right.GOVERN);
        routes.post(ROOT, this::create, Right.GOVERN);
        routes.delete(ROOT + "/{name}", this::revoke, Right.GOVERN);
    }

    /** What is known of a token. */
    record OfToken(
            String name,
            String role,
            String author,
            Instant createdAt,
            @Nullable Instant revokedAt) {
        static OfToken of(AccessToken token) {
            return new OfToken(
                    token.name(),
                    token.role().label(),
                    token.author(),
                    token.createdAt(),
                    token.revokedAt());
        }
    }

    /** A page of them. */
    record Tokens(List<OfToken> tokens, @Nullable String next) {}

    /** What a new one takes. */
    record Wanted(@Nullable String name, @Nullable String role) {}

    /** A new one; the token itself is told here and never again. */
    record Created(String name, String role, String token) {}

    private void all(Context context) {
        Page<AccessToken> page =
                Page.of(
                        context,
                        control.store().tokens().all().stream(),
                        // Numbers in the order of their texts.
                        it -> "%019d".formatted(it.number()),
                        ControlRequests.USUAL_PAGE);
        ApiServer.json(
                context, new Tokens(page.items().stream().map(OfToken::of).toList(), page.next()));
    }

    private void create(Context context) {
        Wanted wanted = ControlRequests.body(context, Wanted.class);
        String name = wanted.name();
        String label = wanted.role();
        if (name == null || label == null) {
            throw ApiException.badRequest(
                    "a token takes 'name' and 'role' (viewer, operator or admin)");
        }
        Role role = ControlRequests.checked(() -> Role.parse(label));
        String token;
        try {
            token =
                    control.store()
                            .tokens()
                            .create(name, role, ControlRequests.author(context), clock.instant());
        } catch (TidetableException e) {
            throw e.code().equals("TT-634")
                    ? new ApiException(400, e.code(), String.valueOf(e.getMessage()))
                    : e;
        }
        context.header("Cache-Control", "no-store");
        ApiServer.json(context, new Created(name, role.label(), token));
    }

    private void revoke(Context context) {
        String name = context.pathParam("name");
        try {
            control.store().tokens().revoke(name, ControlRequests.author(context), clock.instant());
        } catch (TidetableException e) {
            throw e.code().equals("TT-635")
                    ? new ApiException(404, e.code(), String.valueOf(e.getMessage()))
                    : e;
        }
        ApiServer.json(
                context,
                new Tokens(
                        control.store().tokens().all().stream()
                                .filter(it -> it.name().equals(name))
                                .map(OfToken::of)
                                .toList(),
                        null));
    }
}
