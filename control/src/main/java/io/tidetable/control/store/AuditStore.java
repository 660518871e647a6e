package io.tidetable.control.store;

import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/**
 * Who changed what, when and why. Entries are written in the transaction of the change they tell
 * of. Thread-safe.
 */
public final class AuditStore {
    private static final String WRITE =
            """
            INSERT INTO tidetable.audit (pipeline, at, author, action, subject, reason, before, after)
            VALUES (:pipeline, :at, :author, :action, :subject, :reason, :before::jsonb, :after::jsonb)
            """;

    private static final String READ =
            """
            SELECT number, at, author, action, subject, reason, before::text AS before,
                after::text AS after
            FROM tidetable.audit
            WHERE pipeline = :pipeline AND number < :below
                AND (:subject::text IS NULL OR subject = :subject)
            ORDER BY number DESC LIMIT :limit
            """;

    private final Jdbi jdbi;
    private final String pipeline;

    AuditStore(Jdbi jdbi, String pipeline) {
        this.jdbi = jdbi;
        this.pipeline = pipeline;
    }

    /** Writes an entry within a transaction. */
    void write(Handle handle, AuditEntry entry) {
        handle.createUpdate(WRITE)
                .bind("pipeline", pipeline)
                .bind("at", entry.at().atOffset(ZoneOffset.UTC))
                .bind("author", entry.author())
                .bind("action", entry.action())
                .bind("subject", entry.subject())
                .bind("reason", entry.reason())
                .bind("before", entry.before())
                .bind("after", entry.after())
                .execute();
    }

    /**
     * Entries, the newest first.
     *
     * @param subject null for all
     * @param below only entries with a lower number
     */
    public List<AuditEntry> entries(@Nullable String subject, long below, int limit) {
        return jdbi.withHandle(handle ->
                handle.createQuery(READ)
                        .bind("pipeline", pipeline)
                        .bind("below", below)
                        .bind("subject", subject)
                        .bind("limit", limit)
                        .map((row, context) ->
                                new AuditEntry(
                                        row.getLong("number"),
                                        row.getObject("at", OffsetDateTime.class).toInstant(),
                                        row.getString("author"),
                                        row.getString("action"),
                                        row.getString("subject"),
                                        row.getString("reason"),
                                        row.getString("before"),
                                        row.getString("after")))
                        .list());
    }
}
