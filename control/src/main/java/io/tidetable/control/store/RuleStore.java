package io.tidetable.control.store;

import io.tidetable.control.document.Documents;
import io.tidetable.control.document.RulesDocument;
import io.tidetable.model.schema.ClassificationRule;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/** The classification rules with all their versions. Thread-safe. */
public final class RuleStore {
    private static final String CURRENT =
            """
            SELECT version, document::text AS document, author, decided_at
            FROM tidetable.rule_set WHERE pipeline = :pipeline ORDER BY version DESC LIMIT 1
            """;

    private static final String SAVE =
            """
            INSERT INTO tidetable.rule_set (pipeline, version, document, author, decided_at)
            SELECT :pipeline, :expected + 1, :document::jsonb, :author, :at
            WHERE :expected = coalesce(
                (SELECT max(version) FROM tidetable.rule_set WHERE pipeline = :pipeline), 0)
            ON CONFLICT (pipeline, version) DO NOTHING
            """;

    private final Jdbi jdbi;
    private final String pipeline;
    private final AuditStore audit;

    RuleStore(Jdbi jdbi, String pipeline, AuditStore audit) {
        this.jdbi = jdbi;
        this.pipeline = pipeline;
        this.audit = audit;
    }

    /** The rules that count. */
    public StoredRules current() {
        return jdbi.withHandle(this::current);
    }

    /** The same within a transaction. */
    StoredRules current(Handle handle) {
        return handle.createQuery(CURRENT)
                .bind("pipeline", pipeline)
                .map((row, context) ->
                        new StoredRules(
                                row.getLong("version"),
                                Documents.read(row.getString("document"), RulesDocument.class)
                                        .parsed(),
                                row.getString("author"),
                                row.getObject("decided_at", OffsetDateTime.class).toInstant()))
                .findOne()
                .orElse(StoredRules.NONE);
    }

    /**
     * Makes sure that nobody has changed them.
     *
     * @throws StaleVersionException when there are others by now
     */
    public void requireCurrent(StoredRules known) {
        if (current().version() != known.version()) {
            throw new StaleVersionException("the list of rules", known.version());
        }
    }

    /**
     * Saves other rules.
     *
     * @param from what they were made from
     * @throws StaleVersionException when there are others by now
     */
    public StoredRules save(
            StoredRules from, List<ClassificationRule> rules, String author, Instant at) {
        return jdbi.inTransaction(handle -> save(handle, from, rules, author, at));
    }

    /** The same within a transaction. */
    StoredRules save(
            Handle handle,
            StoredRules from,
            List<ClassificationRule> rules,
            String author,
            Instant at) {
        String document = Documents.text(RulesDocument.of(rules));
        int saved =
                handle.createUpdate(SAVE)
                        .bind("pipeline", pipeline)
                        .bind("expected", from.version())
                        .bind("document", document)
                        .bind("author", author)
                        .bind("at", at.atOffset(ZoneOffset.UTC))
                        .execute();
        if (saved == 0) {
            throw new StaleVersionException("the list of rules", from.version());
        }
        audit.write(
                handle,
                new AuditEntry(
                        0,
                        at,
                        author,
                        "rules applied",
                        "rules",
                        null,
                        Documents.text(RulesDocument.of(from.rules())),
                        document));
        return new StoredRules(from.version() + 1, rules, author, at);
    }
}
