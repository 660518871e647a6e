package io.tidetable.control.store;

import io.tidetable.control.document.Documents;
import io.tidetable.control.document.OverrideDocument;
import io.tidetable.control.document.PinsDocument;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.schema.SchemaOverride;
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

/** Overrides, those that ended too. Thread-safe. */
public final class OverrideStore {
    private static final String COLUMNS =
            """
            SELECT number, namespace, name, destination, pins::text AS pins, reason, author, since,
                until, ended_at
            FROM tidetable.schema_override WHERE pipeline = :pipeline
            """;

    private static final String OPEN =
            COLUMNS + " AND ended_at IS NULL AND (until IS NULL OR until > :at) ORDER BY number";

    private static final String ONE = COLUMNS + " AND number = :number FOR UPDATE";

    private static final String ALL =
            COLUMNS + " AND number < :below ORDER BY number DESC LIMIT :limit";

    private static final String ADD =
            """
            INSERT INTO tidetable.schema_override
                (pipeline, destination, namespace, name, pins, reason, author, since, until)
            VALUES (:pipeline, :destination, :namespace, :name, :pins::jsonb, :reason, :author,
                :since, :until)
            RETURNING number
            """;

    private static final String END =
            """
            UPDATE tidetable.schema_override SET ended_at = :at, ended_by = :author
            WHERE pipeline = :pipeline AND number = :number
            """;

    private final Jdbi jdbi;
    private final String pipeline;
    private final AuditStore audit;

    OverrideStore(Jdbi jdbi, String pipeline, AuditStore audit) {
        this.jdbi = jdbi;
        this.pipeline = pipeline;
        this.audit = audit;
    }

    /** Those that count at that time or will. */
    public List<SchemaOverride> open(Instant at) {
        return jdbi.withHandle(handle -> open(handle, at));
    }

    /** The same within a transaction. */
    List<SchemaOverride> open(Handle handle, Instant at) {
        return handle.createQuery(OPEN)
                .bind("pipeline", pipeline)
                .bind("at", time(at))
                .map(OverrideStore::override)
                .list();
    }

    /**
     * All, the newest first.
     *
     * @param below only overrides with a lower number
     */
    public List<SchemaOverride> all(long below, int limit) {
        return jdbi.withHandle(handle ->
                handle.createQuery(ALL)
                        .bind("pipeline", pipeline)
                        .bind("below", below)
                        .bind("limit", limit)
                        .map(OverrideStore::override)
                        .list());
    }

    /**
     * Adds one.
     *
     * @return it with its number
     */
    public SchemaOverride add(SchemaOverride wanted) {
        return jdbi.inTransaction(handle -> add(handle, wanted));
    }

    /** The same within a transaction. */
    SchemaOverride add(Handle handle, SchemaOverride wanted) {
        DestinationId destination = wanted.destination();
        Instant until = wanted.until();
        long number =
                handle.createQuery(ADD)
                        .bind("pipeline", pipeline)
                        .bind("destination", destination == null ? null : destination.name())
                        .bind("namespace", wanted.table().namespace())
                        .bind("name", wanted.table().name())
                        .bind("pins", Documents.text(PinsDocument.of(wanted.pins())))
                        .bind("reason", wanted.reason())
                        .bind("author", wanted.author())
                        .bind("since", time(wanted.since()))
                        .bind("until", until == null ? null : time(until))
                        .mapTo(Long.class)
                        .one();
        SchemaOverride added = wanted.numbered(number);
        note(handle, "override set", added.author(), added.since(), null, added);
        return added;
    }

    /**
     * Ends one by hand: automatic control comes back.
     *
     * @throws TidetableException TT-631 when there is none of that number, TT-632 when it has ended
     *     already
     */
    public SchemaOverride end(long number, String author, Instant at) {
        return jdbi.inTransaction(handle -> end(handle, number, author, at));
    }

    /** The same within a transaction. */
    SchemaOverride end(Handle handle, long number, String author, Instant at) {
        SchemaOverride known =
                one(handle, number)
                        .orElseThrow(() ->
                                new TidetableException(
                                        "TT-631",
                                        "there is no override %d; 'tidetable override list' shows those there are"
                                                .formatted(number)));
        if (known.endedAt() != null || !isBefore(at, known.until())) {
            throw new TidetableException(
                    "TT-632",
                    "override %d of %s has ended already, at %s; nothing was changed"
                            .formatted(
                                    number,
                                    known.table(),
                                    known.endedAt() != null ? known.endedAt() : known.until()));
        }
        handle.createUpdate(END)
                .bind("pipeline", pipeline)
                .bind("number", number)
                .bind("at", time(at))
                .bind("author", author)
                .execute();
        SchemaOverride ended = ended(known, at);
        note(handle, "override ended", author, at, known, ended);
        return ended;
    }

    private static boolean isBefore(Instant at, @Nullable Instant until) {
        return until == null || at.isBefore(until);
    }

    private Optional<SchemaOverride> one(Handle handle, long number) {
        return handle.createQuery(ONE)
                .bind("pipeline", pipeline)
                .bind("number", number)
                .map(OverrideStore::override)
                .findOne();
    }

    private void note(
            Handle handle,
            String action,
            String author,
            Instant at,
            @Nullable SchemaOverride before,
            SchemaOverride after) {
        audit.write(
                handle,
                new AuditEntry(
                        0,
                        at,
                        author,
                        action,
                        after.table().toString(),
                        after.reason(),
                        before == null ? null : Documents.text(OverrideDocument.of(before)),
                        Documents.text(OverrideDocument.of(after))));
    }

    private static SchemaOverride ended(SchemaOverride it, Instant at) {
        return new SchemaOverride(
                it.number(),
                it.table(),
                it.destination(),
                it.pins(),
                it.reason(),
                it.author(),
                it.since(),
                it.until(),
                at);
    }

    private static OffsetDateTime time(Instant at) {
        return at.atOffset(ZoneOffset.UTC);
    }

    private static SchemaOverride override(ResultSet row, StatementContext context)
            throws SQLException {
        String destination = row.getString("destination");
        return new SchemaOverride(
                row.getLong("number"),
                new TableId(row.getString("namespace"), row.getString("name")),
                destination == null ? null : new DestinationId(destination),
                Documents.read(row.getString("pins"), PinsDocument.class).pins(),
                row.getString("reason"),
                row.getString("author"),
                row.getObject("since", OffsetDateTime.class).toInstant(),
                instant(row, "until"),
                instant(row, "ended_at"));
    }

    private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }
}
