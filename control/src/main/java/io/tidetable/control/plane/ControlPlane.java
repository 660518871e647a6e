package io.tidetable.control.plane;

import io.tidetable.control.classify.Classifier;
import io.tidetable.control.classify.RuleSet;
import io.tidetable.control.classify.Subject;
import io.tidetable.control.classify.Verdict;
import io.tidetable.control.store.Key;
import io.tidetable.control.store.Kind;
import io.tidetable.control.store.MetadataStore;
import io.tidetable.control.store.StoredRules;
import io.tidetable.control.store.StoredSchema;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.schema.ClassificationRule;
import io.tidetable.model.schema.Evidence;
import io.tidetable.model.schema.Origin;
import io.tidetable.model.schema.Pins;
import io.tidetable.model.schema.ReplicationSchema;
import io.tidetable.model.schema.ReplicationSchemas;
import io.tidetable.model.schema.SchemaOverride;
import io.tidetable.model.schema.SchemaOverride.InForce;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides how each table is replicated to each destination, and keeps that. {@link #start}
 * classifies what is to be replicated, {@link #follow} tells the data plane of what changes later.
 *
 * <p>An override stands above everything; then what the settings file says of a table; then the
 * first rule of an administrator that matches; then the defaults. A version that something else has
 * saved since the rules last spoke (a planner, a rollback) stays until the rules say something new.
 *
 * <p>Thread-safe.
 */
public final class ControlPlane implements ReplicationSchemas, AutoCloseable {
    /** Who is named where no person decided. */
    public static final String ITSELF = "tidetable";

    private static final Logger LOG = LoggerFactory.getLogger(ControlPlane.class);
    private static final int ATTEMPTS = 5;
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);
    private static final Duration RETRY = Duration.ofSeconds(2);

    private final MetadataStore store;
    private final Observer observer;
    private final Set<DestinationId> destinations;
    private final InstantSource clock;
    private final NavigableMap<Key, StoredSchema> schemas = new ConcurrentSkipListMap<>();
    private volatile List<SchemaOverride> overrides = List.of();
    private @Nullable Follower follower;

    /**
     * A control plane that is not started yet.
     *
     * @param store closed with this
     */
    public ControlPlane(MetadataStore store, Replicated replicated, InstantSource clock) {
        this.store = store;
        this.observer = new Observer(replicated);
        this.destinations = Set.copyOf(replicated.destinations().keySet());
        this.clock = clock;
    }

    /**
     * Opens the metadata store and classifies every selected table, so that replication can begin.
     *
     * @throws TidetableException when a server does not answer or a stored rule cannot be used
     */
    public void start() {
        store.start();
        reload();
        observer.observe();
        StoredRules rules = store.rules().current();
        Set<Key> decided = decide(RuleSet.of(rules.rules()), ITSELF);
        LOG.info(
                "{} tables classified, {} of them anew",
                observer.subjects().values().stream().mapToInt(List::size).sum(),
                decided.size());
    }

    /** The metadata store. */
    public MetadataStore store() {
        return store;
    }

    private void reload() {
        Map<Key, StoredSchema> newest = new TreeMap<>();
        store.schemas().all().forEach(it -> newest.put(Key.of(it.schema()), it));
        schemas.keySet().retainAll(newest.keySet());
        schemas.putAll(newest);
        overrides = store.overrides().open(clock.instant());
    }

    /** Reads what others have changed. */
    private synchronized void catchUp(Set<Kind> changed) {
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
            overrides = store.overrides().open(clock.instant());
        }
    }

    /**
     * Saves what the rules make of the tables, where they say something else than when they last
     * spoke.
     *
     * @return the tables that are replicated in another way now
     */
    private Set<Key> decide(RuleSet rules, String author) {
        Set<Key> changed = new TreeSet<>();
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Map<Key, StoredSchema> spoken = new TreeMap<>();
            store.schemas().lastByRule().forEach(it -> spoken.put(Key.of(it.schema()), it));
            List<StoredSchema> wanted = new ArrayList<>();
            for (Verdict verdict : classify(rules)) {
                Key key = Key.of(verdict.schema());
                StoredSchema last = spoken.get(key);
                StoredSchema newest = schemas.get(key);
                if (last == null || newest == null) {
                    wanted.add(made(verdict, newest, author));
                } else if (!last.schema().asksTheSame(verdict.schema())) {
                    wanted.add(made(verdict, newest, author));
                }
            }
            Set<Key> stale = store.schemas().saveAll(wanted, author);
            wanted.forEach(it -> changed.add(Key.of(it.schema())));
            keep(wanted, stale);
            catchUp(Set.of(Kind.SCHEMAS));
            if (stale.isEmpty()) {
                return changed;
            }
        }
        throw new TidetableException(
                "TT-637",
                "others change the replication schemas all the time, so the rules could not be followed; try again");
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

    private static StoredSchema made(
            Verdict verdict, @Nullable StoredSchema newest, String author) {
        return new StoredSchema(
                verdict.schema().withVersion(newest == null ? 0 : newest.schema().version()),
                verdict.evidence(),
                author);
    }

    private List<Verdict> classify(RuleSet rules) {
        Classifier classifier = new Classifier(rules);
        List<Verdict> verdicts = new ArrayList<>();
        for (List<Subject> subjects : observer.subjects().values()) {
            verdicts.addAll(classifier.classify(subjects, clock.instant()));
        }
        return verdicts;
    }

    @Override
    public Map<TableId, ReplicationSchema> inForce(
            DestinationId destination, Collection<TableId> tables) {
        classifyLate(destination, tables);
        Map<TableId, ReplicationSchema> found = new TreeMap<>();
        for (TableId table : tables) {
            found.put(table, inForce(new Key(table, destination)).schema());
        }
        return found;
    }

    /** A table may have been made since the statistics were read. */
    private void classifyLate(DestinationId destination, Collection<TableId> tables) {
        List<TableId> unknown =
                tables.stream()
                        .filter(table -> !schemas.containsKey(new Key(table, destination)))
                        .toList();
        if (unknown.isEmpty()) {
            return;
        }
        List<Subject> late = observer.subjects(unknown).getOrDefault(destination, List.of());
        RuleSet rules = RuleSet.of(store.rules().current().rules());
        store.schemas()
                .saveAll(
                        new Classifier(rules)
                                .classify(late, clock.instant()).stream()
                                        .map(verdict -> made(verdict, null, ITSELF))
                                        .toList(),
                        ITSELF);
        catchUp(Set.of(Kind.SCHEMAS));
    }

    /**
     * What counts for a table at a destination now.
     *
     * @throws TidetableException TT-638 when it is not replicated there
     */
    public InForce inForce(Key key) {
        return SchemaOverride.apply(stored(key).schema(), overrides, clock.instant());
    }

    /** What counts for every table at every destination now. */
    public List<InForce> inForce() {
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

    private StoredSchema stored(Key key) {
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
     * Tells of everything that counts from now on in another way, of each table when it changes: by
     * a new version, an override, or an override's end. Begins with what counts now.
     *
     * @param told called from one thread; what it throws is told again later
     */
    public void follow(Consumer<InForce> told) {
        Follower following = new Follower(this::inForce, this::nextTurn, told, RETRY);
        follower = following;
        following.start();
        store.listen(changed -> {
            catchUp(changed);
            following.wake();
        });
    }

    /** When an override begins or ends by itself the next time; at most so long from now. */
    private Duration nextTurn() {
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

    /** The rules of an administrator that count. */
    public StoredRules rules() {
        return store.rules().current();
    }

    /**
     * What rules would make of every table; changes nothing.
     *
     * @throws io.tidetable.control.classify.RuleException when one cannot be used
     */
    public List<Trial> test(List<ClassificationRule> rules) {
        RuleSet compiled = RuleSet.of(rules);
        observer.observe();
        return classify(compiled).stream()
                .map(verdict -> {
                    StoredSchema now = schemas.get(Key.of(verdict.schema()));
                    return new Trial(verdict, now == null ? null : now.schema());
                })
                .toList();
    }

    /**
     * Lets other rules count from now on. Nothing is saved when one cannot be used, and nothing
     * when they are the same.
     *
     * @param from the rules they were made from
     * @return the tables that are replicated in another way now
     * @throws io.tidetable.control.store.StaleVersionException when there are others by now
     */
    public Set<Key> apply(StoredRules from, List<ClassificationRule> rules, String author) {
        RuleSet compiled = RuleSet.of(rules);
        observer.observe();
        if (!rules.equals(from.rules()) || from.version() == 0) {
            store.rules().save(from, rules, author, clock.instant());
        }
        Set<Key> changed = decide(compiled, author);
        wakeFollower();
        return changed;
    }

    /**
     * Takes something of a table out of automatic control.
     *
     * @param destination null for every destination
     * @param until null for until it is ended
     * @throws TidetableException TT-638 when the table is not replicated there, TT-639 when the
     *     pins do not fit
     */
    public SchemaOverride override(
            TableId table,
            @Nullable DestinationId destination,
            Pins pins,
            String reason,
            String author,
            @Nullable Instant until) {
        List<Key> concerned =
                destination == null
                        ? destinations.stream().map(it -> new Key(table, it)).toList()
                        : List.of(new Key(table, destination));
        concerned.forEach(this::stored);
        SchemaOverride added;
        try {
            added =
                    store.overrides()
                            .add(
                                    new SchemaOverride(
                                            0,
                                            table,
                                            destination,
                                            pins,
                                            reason,
                                            author,
                                            clock.instant(),
                                            until,
                                            null));
        } catch (IllegalArgumentException e) {
            throw new TidetableException("TT-639", e.getMessage() + "; nothing was changed", e);
        }
        overrides = store.overrides().open(clock.instant());
        wakeFollower();
        return added;
    }

    /** Ends an override: automatic control comes back. */
    public SchemaOverride endOverride(long number, String author) {
        SchemaOverride ended = store.overrides().end(number, author, clock.instant());
        overrides = store.overrides().open(clock.instant());
        wakeFollower();
        return ended;
    }

    /** Versions of a replication schema, the newest first. */
    public List<StoredSchema> history(Key key, long before, int limit) {
        return store.schemas().history(key, before, limit);
    }

    /** One version of a replication schema. */
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
        catchUp(Set.of(Kind.SCHEMAS));
        wakeFollower();
        return saved;
    }

    /** What happens to a table at each destination, and why. */
    public List<Explanation> explain(TableId table) {
        List<Explanation> explanations = new ArrayList<>();
        for (Key key : schemas.keySet()) {
            if (key.table().equals(table)) {
                explanations.add(Explanation.of(inForce(key), history(key, Long.MAX_VALUE, 4)));
            }
        }
        if (explanations.isEmpty()) {
            throw new TidetableException(
                    "TT-638",
                    "table %s has no replication schema; 'tidetable schemas' lists what is replicated"
                            .formatted(table));
        }
        return explanations;
    }

    private void wakeFollower() {
        Follower following = follower;
        if (following != null) {
            following.wake();
        }
    }

    @Override
    public void close() {
        Follower following = follower;
        follower = null;
        if (following != null) {
            following.close();
        }
        store.close();
    }
}
