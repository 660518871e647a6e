package io.tidetable.control.plane;

import io.tidetable.control.store.Key;
import io.tidetable.control.store.Kind;
import io.tidetable.control.store.MetadataStore;
import io.tidetable.control.store.StoredSchema;
import io.tidetable.model.Consistency;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.schema.SchemaOverride;
import io.tidetable.model.schema.SchemaOverride.InForce;
import io.tidetable.model.schema.Sharding;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * What counts for each table now: the newest versions of the replication schemas with the open
 * overrides above them, as this process knows them. Thread-safe.
 */
final class CurrentSchemas {
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);

    private final MetadataStore store;
    private final Set<DestinationId> destinations;
    private final InstantSource clock;
    private final NavigableMap<Key, StoredSchema> schemas = new ConcurrentSkipListMap<>();
    private volatile List<SchemaOverride> overrides = List.of();
    private volatile Runnable listener = () -> {};

    CurrentSchemas(MetadataStore store, Set<DestinationId> destinations, InstantSource clock) {
        this.store = store;
        this.destinations = Set.copyOf(destinations);
        this.clock = clock;
    }

    /** Who is told that something counts in another way, from now on. */
    void listen(Runnable told) {
        listener = told;
    }

    /** Tells that something counts in another way. */
    void tell() {
        listener.run();
    }

    /** Reads everything. */
    void reload() {
        Map<Key, StoredSchema> newest = new TreeMap<>();
        store.schemas().all().forEach(it -> newest.put(Key.of(it.schema()), it));
        schemas.keySet().retainAll(newest.keySet());
        schemas.putAll(newest);
        readOverrides();
    }

    /** Reads what others have changed. */
    synchronized void catchUp(Set<Kind> changed) {
        if (changed.contains(Kind.SCHEMAS)) {
            Map<Key, Long> versions = store.schemas().versions();
            Set<Key> other = new TreeSet<>();
            versions.forEach((key, version) -> {
                StoredSchema known = schemas.get(key);
                if (known == null || known.schema().version() != version) {
                    other.add(key);
                }
            });
            schemas.keySet().retainAll(versions.keySet());
            if (!other.isEmpty()) {
                store.schemas().newest(other).forEach(it -> schemas.put(Key.of(it.schema()), it));
            }
        }
        if (changed.contains(Kind.OVERRIDES)) {
            readOverrides();
        }
    }

    void readOverrides() {
        overrides = store.overrides().open(clock.instant());
    }

    /**
     * Saves new versions of which each names the version it was made from.
     *
     * @return those that were not saved, since there is a newer version by now
     */
    Set<Key> save(List<StoredSchema> wanted, String author) {
        if (wanted.isEmpty()) {
            return Set.of();
        }
        Set<Key> stale = store.schemas().saveAll(wanted, author);
        keep(wanted, stale);
        catchUp(Set.of(Kind.SCHEMAS));
        return stale;
    }

    /** What was saved need not be read again, which takes seconds for thousands of tables. */
    private void keep(List<StoredSchema> wanted, Set<Key> stale) {
        for (StoredSchema each : wanted) {
            Key key = Key.of(each.schema());
            if (!stale.contains(key)) {
                schemas.put(
                        key,
                        new StoredSchema(
                                each.schema().withVersion(each.schema().version() + 1),
                                each.evidence(),
                                each.author()));
            }
        }
    }

    /** The newest version, without overrides; null where there is none. */
    @Nullable StoredSchema newest(Key key) {
        return schemas.get(key);
    }

    /** The newest version of each, without overrides. */
    Map<Key, StoredSchema> newest() {
        return Collections.unmodifiableMap(schemas);
    }

    /**
     * The newest version, without overrides.
     *
     * @throws TidetableException TT-638 when it is not replicated there
     */
    StoredSchema stored(Key key) {
        StoredSchema stored = schemas.get(key);
        if (stored == null) {
            throw new TidetableException(
                    "TT-638",
                    "%s has no replication schema; 'tidetable schemas' lists what is replicated"
                            .formatted(key));
        }
        return stored;
    }

    /**
     * Refuses tables that are not replicated.
     *
     * @param destination null for every destination
     * @throws TidetableException TT-638 when it is not replicated there
     */
    void requireReplicated(TableId table, @Nullable DestinationId destination) {
        Collection<DestinationId> concerned =
                destination == null ? destinations : List.of(destination);
        concerned.forEach(it -> stored(new Key(table, it)));
    }

    /** Overrides that count or will, the oldest first. */
    List<SchemaOverride> overrides() {
        return overrides;
    }

    /**
     * Refuses overrides whose shards no lanes could follow.
     *
     * @param all that would count, the oldest first
     * @throws TidetableException TT-639 where there are such
     */
    void requireFollowable(List<SchemaOverride> all) {
        List<SchemaOverride> numbered = new ArrayList<>();
        for (SchemaOverride each : all) {
            numbered.add(each.numbered(numbered.size() + 1L));
        }
        for (SchemaOverride each : numbered) {
            Sharding sharding = each.pins().sharding();
            if (sharding == null) {
                continue;
            }
            switch (sharding) {
                case Sharding.Unsharded() -> {}
                case Sharding.ByPartition(), Sharding.ByKeyRange _ ->
                        throw new TidetableException(
                                "TT-639",
                                "%s are nothing that lanes follow, they are spread by key hash only; pin shards by key_hash, or none; nothing was changed"
                                        .formatted(sharding.describe()));
                case Sharding.ByKeyHash(int shards) -> requireKeyed(each, shards, numbered);
            }
        }
    }

    private void requireKeyed(SchemaOverride wanted, int shards, List<SchemaOverride> all) {
        for (Key key : of(wanted.table())) {
            if (!wanted.concerns(key.table(), key.destination())) {
                continue;
            }
            Consistency ordered =
                    SchemaOverride.apply(stored(key).schema(), all, clock.instant())
                            .schema()
                            .consistency();
            if (!(ordered instanceof Consistency.Key)) {
                throw new TidetableException(
                        "TT-639",
                        "shards by key hash are the lanes of a table with consistency key, and %s has %s; pin consistency key(%d) as well; nothing was changed"
                                .formatted(key, ordered.label(), shards));
            }
        }
    }

    /** Where the table is replicated to. */
    List<Key> of(TableId table) {
        return schemas.keySet().stream().filter(it -> it.table().equals(table)).toList();
    }

    /**
     * What counts for a table at a destination now.
     *
     * @throws TidetableException TT-638 when it is not replicated there
     */
    InForce inForce(Key key) {
        return SchemaOverride.apply(stored(key).schema(), overrides, clock.instant());
    }

    /** What counts for every table at every destination now. */
    List<InForce> inForce() {
        Instant now = clock.instant();
        List<SchemaOverride> open = overrides;
        Set<TableId> overridden = new HashSet<>();
        open.forEach(it -> overridden.add(it.table()));
        return schemas.values().stream()
                .map(it ->
                        overridden.contains(it.schema().table())
                                ? SchemaOverride.apply(it.schema(), open, now)
                                : new InForce(it.schema(), false, List.of()))
                .toList();
    }

    /** When an override begins or ends by itself the next time; at most so long from now. */
    Duration nextTurn() {
        Instant now = clock.instant();
        Duration next = LONGEST_WAIT;
        for (SchemaOverride override : overrides) {
            next = sooner(next, Duration.between(now, override.since()));
            if (override.until() != null) {
                next = sooner(next, Duration.between(now, override.until()));
            }
        }
        return next;
    }

    private static Duration sooner(Duration next, Duration turn) {
        return turn.isPositive() && turn.compareTo(next) < 0 ? turn : next;
    }
}
