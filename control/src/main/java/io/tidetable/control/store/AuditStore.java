package io.tidetable.control.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.StatementContext;
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

    private static final String SINCE =
            """
            SELECT number, at, author, action, subject, reason, before::text AS before,
                after::text AS after
            FROM tidetable.audit
            WHERE pipeline = :pipeline AND number > :above ORDER BY number LIMIT :limit
            """;

    private static final String NEWEST =
            "SELECT coalesce(max(number), 0) FROM tidetable.audit WHERE pipeline = :pipeline";

    private final Jdbi jdbi;
    private final String pipeline;

    AuditStore(Jdbi jdbi, String pipeline) {
        this.jdbi = jdbi;
        this.pipeline = pipeline;
    }

    /** Writes entries that tell of no change in the store. */
    public void note(List<AuditEntry> entries) {
        jdbi.useTransaction(handle -> entries.forEach(it -> write(handle, it)));
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
                        .map(AuditStore::entry)
                        .list());
    }

    /** Entries with a higher number, the oldest first. */
    public List<AuditEntry> since(long above, int limit) {
        return jdbi.withHandle(handle ->
                handle.createQuery(SINCE)
                        .bind("pipeline", pipeline)
                        .bind("above", above)
                        .bind("limit", limit)
                        .map(AuditStore::entry)
                        .list());
    }

    /** The highest number there is; 0 where nothing was changed yet. */
    public long newest() {
        return jdbi.withHandle(handle ->
                handle.createQuery(NEWEST).bind("pipeline", pipeline).mapTo(Long.class).one());
    }

    private static AuditEntry entry(ResultSet row, StatementContext context) throws SQLException {
        return new AuditEntry(
                row.getLong("number"),
                row.getObject("at", OffsetDateTime.class).toInstant(),
                row.getString("author"),
                row.getString("action"),
                row.getString("subject"),
                row.getString("reason"),
                row.getString("before"),
                row.getString("after"));
    }
}
