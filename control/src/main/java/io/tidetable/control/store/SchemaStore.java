package io.tidetable.control.store;

import io.tidetable.control.document.Documents;
import io.tidetable.control.document.SchemaDocument;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.schema.Evidence;
import io.tidetable.model.schema.ReplicationSchema;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.StatementContext;

/**
 * Replication schemas with all their versions. What is saved names the version it was made from; if
 * there is another one by then, it is not saved. Thread-safe.
 */
public final class SchemaStore {
    private static final String ALL =
            """
            SELECT document::text AS document, evidence::text AS evidence, author
            FROM tidetable.replication_schema WHERE pipeline = :pipeline
            ORDER BY namespace, name, destination
            """;

    private static final String VERSIONS =
            """
            SELECT namespace, name, destination, version FROM tidetable.replication_schema
            WHERE pipeline = :pipeline
            """;

    private static final String SOME =
            """
            SELECT r.document::text AS document, r.evidence::text AS evidence, r.author
            FROM unnest(:destinations::text[], :namespaces::text[], :names::text[])
                AS k (destination, namespace, name)
            JOIN tidetable.replication_schema r
                ON r.pipeline = :pipeline AND r.destination = k.destination
                AND r.namespace = k.namespace AND r.name = k.name
            """;

    private static final String HISTORY =
            """
            SELECT document::text AS document, evidence::text AS evidence, author
            FROM tidetable.replication_schema_version
            WHERE pipeline = :pipeline AND destination = :destination AND namespace = :namespace
                AND name = :name AND version < :before
            ORDER BY version DESC LIMIT :limit
            """;

    private static final String LAST_BY_RULE =
            """
            SELECT DISTINCT ON (v.destination, v.namespace, v.name)
                v.document::text AS document, v.evidence::text AS evidence, v.author
            FROM unnest(:destinations::text[], :namespaces::text[], :names::text[])
                AS k (destination, namespace, name)
            JOIN tidetable.replication_schema_version v
                ON v.pipeline = :pipeline AND v.destination = k.destination
                AND v.namespace = k.namespace AND v.name = k.name
            WHERE v.origin IN ('default', 'rule', 'settings')
            ORDER BY v.destination, v.namespace, v.name, v.version DESC
            """;

    /** For all at once, so that thousands of tables are saved in one round trip. */
    private static final String SAVE =
            """
            WITH wanted AS (
                SELECT * FROM unnest(:destinations::text[], :namespaces::text[], :names::text[],
                    :expected::bigint[], :documents::text[], :evidence::text[], :origins::text[],
                    :times::text[])
                    AS w (destination, namespace, name, expected, document, evidence, origin, decided_at)
            ), saved AS (
                INSERT INTO tidetable.replication_schema AS r
                    (pipeline, destination, namespace, name, version, document, evidence, origin,
                     author, decided_at)
                SELECT :pipeline, w.destination, w.namespace, w.name, w.expected + 1,
                    w.document::jsonb, w.evidence::jsonb, w.origin, :author,
                    w.decided_at::timestamptz
                FROM wanted w
                WHERE w.expected = 0 OR EXISTS (
                    SELECT FROM tidetable.replication_schema h
                    WHERE h.pipeline = :pipeline AND h.destination = w.destination
                        AND h.namespace = w.namespace AND h.name = w.name)
                ORDER BY w.destination, w.namespace, w.name
                ON CONFLICT (pipeline, destination, namespace, name) DO UPDATE
                SET version = excluded.version, document = excluded.document,
                    evidence = excluded.evidence, origin = excluded.origin,
                    author = excluded.author, decided_at = excluded.decided_at
                WHERE r.version = excluded.version - 1
                RETURNING r.*
            ), kept AS (
                INSERT INTO tidetable.replication_schema_version
                    (pipeline, destination, namespace, name, version, document, evidence, origin,
                     author, decided_at)
                SELECT pipeline, destination, namespace, name, version, document, evidence, origin,
                    author, decided_at
                FROM saved
            )
            SELECT destination, namespace, name FROM saved
            """;

    /**
     * A statement of its own: in the one that saves it would look through the rows that are being
     * added, again for each of them.
     */
    private static final String AUDIT =
            """
            INSERT INTO tidetable.audit
                (pipeline, at, author, action, subject, reason, before, after)
            SELECT s.pipeline, s.decided_at, s.author, 'replication schema changed',
                s.namespace || '.' || s.name, s.document ->> 'reason', b.document, s.document
            FROM unnest(:destinations::text[], :namespaces::text[], :names::text[])
                    AS w (destination, namespace, name)
                JOIN tidetable.replication_schema s
                    ON s.pipeline = :pipeline AND s.destination = w.destination
                    AND s.namespace = w.namespace AND s.name = w.name
                LEFT JOIN tidetable.replication_schema_version b
                    ON b.pipeline = s.pipeline AND b.destination = s.destination
                    AND b.namespace = s.namespace AND b.name = s.name
                    AND b.version = s.version - 1
            ORDER BY w.destination, w.namespace, w.name
            """;

    private final Jdbi jdbi;
    private final String pipeline;

    SchemaStore(Jdbi jdbi, String pipeline) {
        this.jdbi = jdbi;
        this.pipeline = pipeline;
    }

    /** The newest version of every table at every destination. */
    public List<StoredSchema> all() {
        return jdbi.withHandle(handle ->
                handle.createQuery(ALL).bind("pipeline", pipeline).map(SchemaStore::stored).list());
    }

    /** The number of the newest version of each. */
    public Map<Key, Long> versions() {
        return jdbi.withHandle(handle ->
                handle.createQuery(VERSIONS)
                        .bind("pipeline", pipeline)
                        .scanResultSet((rows, context) -> versions(rows.get())));
    }

    private static Map<Key, Long> versions(ResultSet row) throws SQLException {
        Map<Key, Long> versions = new TreeMap<>();
        while (row.next()) {
            versions.put(
                    new Key(
                            new TableId(row.getString("namespace"), row.getString("name")),
                            new DestinationId(row.getString("destination"))),
                    row.getLong("version"));
        }
        return versions;
    }

    /** The newest versions of some. */
    public List<StoredSchema> newest(Collection<Key> keys) {
        return some(SOME, keys);
    }

    private List<StoredSchema> some(String query, Collection<Key> keys) {
        List<Key> asked = List.copyOf(keys);
        if (asked.isEmpty()) {
            return List.of();
        }
        return jdbi.withHandle(handle ->
                handle.createQuery(query)
                        .bind("pipeline", pipeline)
                        .bind("destinations", texts(asked, key -> key.destination().name()))
                        .bind("namespaces", texts(asked, key -> key.table().namespace()))
                        .bind("names", texts(asked, key -> key.table().name()))
                        .map(SchemaStore::stored)
                        .list());
    }

    /** What rules and settings said of some when they last decided. */
    public List<StoredSchema> lastByRule(Collection<Key> keys) {
        return some(LAST_BY_RULE, keys);
    }

    /**
     * Versions of one, the newest first.
     *
     * @param before only versions below this number
     */
    public List<StoredSchema> history(Key key, long before, int limit) {
        return jdbi.withHandle(handle ->
                handle.createQuery(HISTORY)
                        .bind("pipeline", pipeline)
                        .bind("destination", key.destination().name())
                        .bind("namespace", key.table().namespace())
                        .bind("name", key.table().name())
                        .bind("before", before)
                        .bind("limit", limit)
                        .map(SchemaStore::stored)
                        .list());
    }

    /** One version of one. */
    public Optional<StoredSchema> version(Key key, long version) {
        return history(key, version + 1, 1).stream()
                .filter(it -> it.schema().version() == version)
                .findFirst();
    }

    /**
     * Saves one.
     *
     * @param schema with the version it was made from, 0 for the first
     * @return what was saved, with its own version
     * @throws StaleVersionException when it has another version by now
     */
    public ReplicationSchema save(ReplicationSchema schema, Evidence evidence, String author) {
        StoredSchema wanted = new StoredSchema(schema, evidence, author);
        if (!saveAll(List.of(wanted), author).isEmpty()) {
            throw new StaleVersionException(
                    "the replication schema of " + Key.of(schema), schema.version());
        }
        return schema.withVersion(schema.version() + 1);
    }

    /**
     * Saves those that have not been changed since, and leaves the others as they are.
     *
     * @param schemas each with the version it was made from, 0 for the first; at most one of each
     *     table and destination
     * @return those that were not saved, because they have another version by now
     */
    public Set<Key> saveAll(Collection<StoredSchema> schemas, String author) {
        List<ReplicationSchema> wanted = schemas.stream().map(StoredSchema::schema).toList();
        Set<Key> stale = new TreeSet<>();
        wanted.forEach(schema -> stale.add(Key.of(schema)));
        if (!wanted.isEmpty()) {
            jdbi.useTransaction(handle -> save(handle, schemas, wanted, author, stale));
        }
        return stale;
    }

    private void save(
            Handle handle,
            Collection<StoredSchema> schemas,
            List<ReplicationSchema> wanted,
            String author,
            Set<Key> stale) {
        List<Key> saved =
                handle.createQuery(SAVE)
                        .bind("pipeline", pipeline)
                        .bind("author", author)
                        .bind("destinations", texts(wanted, it -> it.destination().name()))
                        .bind("namespaces", texts(wanted, it -> it.table().namespace()))
                        .bind("names", texts(wanted, it -> it.table().name()))
                        .bind(
                                "expected",
                                wanted.stream().map(it -> it.version()).toArray(Long[]::new))
                        .bind(
                                "documents",
                                texts(
                                        wanted,
                                        it ->
                                                Documents.text(
                                                        SchemaDocument.of(
                                                                it.withVersion(it.version() + 1)))))
                        .bind(
                                "evidence",
                                texts(List.copyOf(schemas), it -> Documents.text(it.evidence())))
                        .bind("origins", texts(wanted, it -> it.origin().label()))
                        .bind("times", texts(wanted, it -> it.at().toString()))
                        .map((row, context) ->
                                new Key(
                                        new TableId(
                                                row.getString("namespace"), row.getString("name")),
                                        new DestinationId(row.getString("destination"))))
                        .list();
        handle.createUpdate(AUDIT)
                .bind("pipeline", pipeline)
                .bind("destinations", texts(saved, key -> key.destination().name()))
                .bind("namespaces", texts(saved, key -> key.table().namespace()))
                .bind("names", texts(saved, key -> key.table().name()))
                .execute();
        stale.removeAll(saved);
    }

    private static <T> String[] texts(List<T> values, java.util.function.Function<T, String> text) {
        return values.stream().map(text).toArray(String[]::new);
    }

    private static StoredSchema stored(ResultSet row, StatementContext context)
            throws SQLException {
        return new StoredSchema(
                Documents.read(row.getString("document"), SchemaDocument.class).schema(),
                Documents.read(row.getString("evidence"), Evidence.class),
                row.getString("author"));
    }
}
