package io.tidetable.control.plane;

import io.tidetable.control.store.Key;
import io.tidetable.control.store.Kind;
import io.tidetable.control.store.MetadataStore;
import io.tidetable.control.store.StoredSchema;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.schema.Evidence;
import io.tidetable.model.schema.Origin;
import io.tidetable.model.schema.ReplicationSchema;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The versions of the replication schemas: why each came to be, and the way back to one. */
public final class SchemaVersions {
    private final MetadataStore store;
    private final CurrentSchemas current;
    private final InstantSource clock;

    SchemaVersions(MetadataStore store, CurrentSchemas current, InstantSource clock) {
        this.store = store;
        this.current = current;
        this.clock = clock;
    }

    /** Versions of one below a number, the newest first. */
    public List<StoredSchema> history(Key key, long before, int limit) {
        return store.schemas().history(key, before, limit);
    }

    /** One version. */
    public Optional<StoredSchema> version(Key key, long version) {
        return store.schemas().version(key, version);
    }

    /**
     * Goes back to what an earlier version asked for, by a new version.
     *
     * @param from the newest version, as the caller knows it
     * @throws TidetableException TT-638 when there is no such version
     * @throws io.tidetable.control.store.StaleVersionException when there is a newer one by now
     */
    public ReplicationSchema rollBack(Key key, long from, long to, String reason, String author) {
        StoredSchema wanted =
                version(key, to)
                        .orElseThrow(() ->
                                new TidetableException(
                                        "TT-638",
                                        "%s has no version %d; 'tidetable schemas' shows those there are"
                                                .formatted(key, to)));
        ReplicationSchema saved =
                store.schemas()
                        .save(
                                wanted.schema()
                                        .withVersion(from)
                                        .decided(
                                                Origin.OVERRIDE,
                                                "back to version %d: %s".formatted(to, reason),
                                                clock.instant()),
                                new Evidence(
                                        wanted.evidence().rule(),
                                        wanted.evidence().figures(),
                                        List.of(
                                                "%s went back to version %d"
                                                        .formatted(author, to))),
                                author);
        current.catchUp(Set.of(Kind.SCHEMAS));
        current.tell();
        return saved;
    }

    /**
     * What happens to a table at each destination, and why.
     *
     * @throws TidetableException TT-638 when it is not replicated
     */
    public List<Explanation> explain(TableId table) {
        List<Explanation> explanations =
                current.of(table).stream()
                        .map(key ->
                                Explanation.of(
                                        current.inForce(key), history(key, Long.MAX_VALUE, 4)))
                        .toList();
        if (explanations.isEmpty()) {
            throw new TidetableException(
                    "TT-638",
                    "table %s has no replication schema; 'tidetable schemas' lists what is replicated"
                            .formatted(table));
        }
        return explanations;
    }
}
