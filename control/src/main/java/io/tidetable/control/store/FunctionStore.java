package io.tidetable.control.store;

import io.tidetable.control.document.Documents;
import io.tidetable.control.document.FunctionDocument;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

/** Functions that were declared while the pipeline ran. Thread-safe. */
public final class FunctionStore {
    private static final String ALL =
            """
            SELECT name, version, document::text AS document, author, decided_at
            FROM tidetable.declared_function WHERE pipeline = :pipeline AND document IS NOT NULL
            ORDER BY name
            """;

    private static final String ONE =
            """
            SELECT name, version, document::text AS document, author, decided_at
            FROM tidetable.declared_function WHERE pipeline = :pipeline AND name = :name
            """;

    /** One that is gone keeps its row, so that its version never comes again. */
    private static final String SAVE =
            """
            INSERT INTO tidetable.declared_function AS f
                (pipeline, name, version, document, author, decided_at)
            SELECT :pipeline, :name, 1, :document::jsonb, :author, :at
            WHERE :expected = 0 OR EXISTS (SELECT FROM tidetable.declared_function
                WHERE pipeline = :pipeline AND name = :name)
            ON CONFLICT (pipeline, name) DO UPDATE
            SET version = f.version + 1, document = excluded.document, author = excluded.author,
                decided_at = excluded.decided_at
            WHERE CASE WHEN f.document IS NULL THEN 0 ELSE f.version END = :expected
            RETURNING version
            """;

    private final Jdbi jdbi;
    private final String pipeline;
    private final AuditStore audit;

    FunctionStore(Jdbi jdbi, String pipeline, AuditStore audit) {
        this.jdbi = jdbi;
        this.pipeline = pipeline;
        this.audit = audit;
    }

    /** All, in the order of their names. */
    public List<StoredFunction> all() {
        return jdbi.withHandle(handle ->
                handle.createQuery(ALL)
                        .bind("pipeline", pipeline)
                        .map(FunctionStore::function)
                        .list());
    }

    /**
     * Saves one, or takes it away.
     *
     * @param expected its version as the caller knows it; 0 where there is none
     * @param document null takes it away
     * @return its version now
     * @throws StaleVersionException when it has another version by now
     */
    public long save(
            String name,
            long expected,
            @Nullable FunctionDocument document,
            String author,
            Instant at) {
        return jdbi.inTransaction(handle -> {
            String before = one(handle, name).orElse(null);
            String after = document == null ? null : Documents.text(document);
            long version =
                    handle.createQuery(SAVE)
                            .bind("pipeline", pipeline)
                            .bind("name", name)
                            .bind("expected", expected)
                            .bind("document", after)
                            .bind("author", author)
                            .bind("at", at.atOffset(ZoneOffset.UTC))
                            .mapTo(Long.class)
                            .findOne()
                            .orElseThrow(
                                    () -> new StaleVersionException("function " + name, expected));
            audit.write(
                    handle,
                    new AuditEntry(
                            0,
                            at,
                            author,
                            after == null ? "function taken away" : "function declared",
                            "function " + name,
                            null,
                            before,
                            after));
            return version;
        });
    }

    private Optional<String> one(Handle handle, String name) {
        return handle.createQuery(ONE)
                .bind("pipeline", pipeline)
                .bind("name", name)
                .map((row, context) -> Optional.ofNullable(row.getString("document")))
                .findOne()
                .flatMap(it -> it);
    }

    private static StoredFunction function(ResultSet row, StatementContext context)
            throws SQLException {
        return new StoredFunction(
                row.getString("name"),
                row.getLong("version"),
                Documents.read(row.getString("document"), FunctionDocument.class),
                row.getString("author"),
                row.getObject("decided_at", OffsetDateTime.class).toInstant());
    }
}
