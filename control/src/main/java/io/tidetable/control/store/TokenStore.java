package io.tidetable.control.store;

import io.tidetable.control.document.Documents;
import io.tidetable.control.store.AccessToken.Role;
import io.tidetable.model.TidetableException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

/** Access tokens, by their hashes. Thread-safe. */
public final class TokenStore {
    /** What every token begins with, so that it is known for one where it should not be. */
    public static final String PREFIX = "tidetable_";

    private static final int RANDOM_BYTES = 32;

    private static final String COLUMNS =
            """
            SELECT number, name, role, author, created_at, revoked_at
            FROM tidetable.access_token WHERE pipeline = :pipeline
            """;

    private static final String ALL = COLUMNS + " ORDER BY number";

    private static final String BY_HASH = COLUMNS + " AND sha256 = :sha256 AND revoked_at IS NULL";

    private static final String CREATE =
            """
            INSERT INTO tidetable.access_token (pipeline, name, role, sha256, author, created_at)
            VALUES (:pipeline, :name, :role, :sha256, :author, :at)
            ON CONFLICT DO NOTHING
            """;

    private static final String REVOKE =
            """
            UPDATE tidetable.access_token SET revoked_at = :at
            WHERE pipeline = :pipeline AND name = :name AND revoked_at IS NULL
            """;

    private final Jdbi jdbi;
    private final String pipeline;
    private final AuditStore audit;
    private final SecureRandom random = new SecureRandom();

    TokenStore(Jdbi jdbi, String pipeline, AuditStore audit) {
        this.jdbi = jdbi;
        this.pipeline = pipeline;
        this.audit = audit;
    }

    /** Every token there is or was. */
    public List<AccessToken> all() {
        return jdbi.withHandle(handle ->
                handle.createQuery(ALL).bind("pipeline", pipeline).map(TokenStore::token).list());
    }

    /** What is known of a token that somebody shows; empty when it opens nothing. */
    public Optional<AccessToken> find(String token) {
        return jdbi.withHandle(handle ->
                handle.createQuery(BY_HASH)
                        .bind("pipeline", pipeline)
                        .bind("sha256", sha256(token))
                        .map(TokenStore::token)
                        .findOne());
    }

    /**
     * Makes a token.
     *
     * @return the token, which is told here and never again
     * @throws TidetableException TT-633 when there is one of that name
     */
    public String create(String name, Role role, String author, Instant at) {
        if (!name.matches("[A-Za-z0-9._@-]{1,100}")) {
            throw new TidetableException(
                    "TT-634",
                    "a token's name takes up to 100 letters, digits and . _ @ -, got '%s'"
                            .formatted(name));
        }
        byte[] bytes = new byte[RANDOM_BYTES];
        random.nextBytes(bytes);
        String token = PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        jdbi.useTransaction(handle -> {
            int made =
                    handle.createUpdate(CREATE)
                            .bind("pipeline", pipeline)
                            .bind("name", name)
                            .bind("role", role.label())
                            .bind("sha256", sha256(token))
                            .bind("author", author)
                            .bind("at", at.atOffset(ZoneOffset.UTC))
                            .execute();
            if (made == 0) {
                throw new TidetableException(
                        "TT-633",
                        "there is a token named '%s' already; revoke it first, or choose another name"
                                .formatted(name));
            }
            audit.write(handle, entry("token created", name, role, author, at, false));
        });
        return token;
    }

    /**
     * Makes a token worthless.
     *
     * @throws TidetableException TT-635 when there is none of that name
     */
    public void revoke(String name, String author, Instant at) {
        jdbi.useTransaction(handle -> {
            int revoked =
                    handle.createUpdate(REVOKE)
                            .bind("pipeline", pipeline)
                            .bind("name", name)
                            .bind("at", at.atOffset(ZoneOffset.UTC))
                            .execute();
            if (revoked == 0) {
                throw new TidetableException(
                        "TT-635",
                        "there is no token named '%s' that could be revoked; 'tidetable token list' shows those there are"
                                .formatted(name));
            }
            audit.write(handle, entry("token revoked", name, null, author, at, true));
        });
    }

    private static AuditEntry entry(
            String action,
            String name,
            @Nullable Role role,
            String author,
            Instant at,
            boolean gone) {
        String document =
                Documents.text(
                        role == null
                                ? Map.of("name", name)
                                : Map.of("name", name, "role", role.label()));
        return new AuditEntry(
                0,
                at,
                author,
                action,
                "token " + name,
                null,
                gone ? document : null,
                gone ? null : document);
    }

    private static byte[] sha256(String token) {
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest(token.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static AccessToken token(ResultSet row, StatementContext context) throws SQLException {
        OffsetDateTime revoked = row.getObject("revoked_at", OffsetDateTime.class);
        return new AccessToken(
                row.getLong("number"),
                row.getString("name"),
                Role.parse(row.getString("role")),
                row.getString("author"),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                revoked == null ? null : revoked.toInstant());
    }
}
