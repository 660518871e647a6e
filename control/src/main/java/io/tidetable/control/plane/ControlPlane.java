package io.tidetable.control.plane;

import io.tidetable.control.classify.Classifier;
import io.tidetable.control.classify.RuleException;
import io.tidetable.control.classify.RuleSet;
import io.tidetable.control.classify.Subject;
import io.tidetable.control.classify.Verdict;
import io.tidetable.control.document.FunctionDocument;
import io.tidetable.control.store.DeclaredStore.Declared;
import io.tidetable.control.store.Key;
import io.tidetable.control.store.Kind;
import io.tidetable.control.store.MetadataStore;
import io.tidetable.control.store.StoredFunction;
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
import io.tidetable.model.schema.Strategy;
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
import java.util.concurrent.atomic.AtomicLong;
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
    private final List<ClassificationRule> fixedRules;
    private final Reclassification reclassification;
    private final AtomicLong audited = new AtomicLong();
    private volatile FunctionUser functionUser = FunctionUser.NONE;
    private volatile List<StoredFunction> knownFunctions = List.of();
    private volatile List<SchemaOverride> overrides = List.of();
    private @Nullable Follower follower;
    private @Nullable Reclassifier reclassifier;

    /**
     * A control plane that is not started yet, and changes no class by itself later.
     *
     * @param store closed with this
     */
    public ControlPlane(MetadataStore store, Replicated replicated, InstantSource clock) {
        this(store, replicated, Reclassification.NEVER, clock);
    }

    /**
     * A control plane that is not started yet.
     *
     * @param store closed with this
     */
    public ControlPlane(
            MetadataStore store,
            Replicated replicated,
            Reclassification reclassification,
            InstantSource clock) {
        this.store = store;
        this.observer = new Observer(replicated);
        this.destinations = Set.copyOf(replicated.destinations().keySet());
        this.fixedRules = replicated.rules();
        this.reclassification = reclassification;
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
        Set<Key> decided = decideWhatIsSaidAnew();
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
     * Saves what rules and settings make of tables that are new, or of which they say something
     * else than when they last spoke. What only the figures say else is left to the looks at them.
     */
    private Set<Key> decideWhatIsSaidAnew() {
        RuleSet rules = ruleSet();
        Map<Key, StoredSchema> spoken = spoken();
        Map<Key, ReplicationSchema> byFiguresOfThen = new TreeMap<>();
        Classifier classifier = new Classifier(rules);
        for (List<Subject> subjects : observer.subjects().values()) {
            List<Subject> then =
                    subjects.stream()
                            .map(it -> {
                                StoredSchema last =
                                        spoken.get(new Key(it.table(), it.destination()));
                                return last == null ? it : it.with(last.evidence().figures());
                            })
                            .toList();
            classifier
                    .classify(then, clock.instant())
                    .forEach(it -> byFiguresOfThen.put(Key.of(it.schema()), it.schema()));
        }
        return save(
                verdicts(rules, 1),
                ITSELF,
                (last, newest, verdict) -> {
                    ReplicationSchema then = byFiguresOfThen.get(Key.of(verdict.schema()));
                    return (then == null || !last.schema().asksTheSame(then))
                            && !last.schema().asksTheSame(verdict.schema());
                });
    }

    /** Whether a verdict counts, by what rules last said of the table and by its newest version. */
    private interface Wish {
        boolean counts(StoredSchema last, StoredSchema newest, Verdict verdict);
    }

    /**
     * Saves verdicts about tables that are new, and those that are wished.
     *
     * @return the tables that are replicated in another way now
     */
    private Set<Key> save(List<Verdict> verdicts, String author, Wish wish) {
        Set<Key> changed = new TreeSet<>();
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Map<Key, StoredSchema> spoken = spoken();
            List<StoredSchema> wanted = new ArrayList<>();
            for (Verdict verdict : verdicts) {
                Key key = Key.of(verdict.schema());
                StoredSchema last = spoken.get(key);
                StoredSchema newest = schemas.get(key);
                if (last == null || newest == null || wish.counts(last, newest, verdict)) {
                    wanted.add(made(verdict, newest, author));
                }
            }
            Set<Key> stale = store.schemas().saveAll(wanted, author);
            keep(wanted, stale);
            wanted.stream()
                    .map(it -> Key.of(it.schema()))
                    .filter(it -> !stale.contains(it))
                    .forEach(changed::add);
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

    /** What rules and settings said of each table when they last spoke. */
    private Map<Key, StoredSchema> spoken() {
        Map<Key, StoredSchema> spoken = new TreeMap<>();
        store.schemas().lastByRule().forEach(it -> spoken.put(Key.of(it.schema()), it));
        return spoken;
    }

    private static StoredSchema made(
            Verdict verdict, @Nullable StoredSchema newest, String author) {
        return new StoredSchema(
                verdict.schema().withVersion(newest == null ? 0 : newest.schema().version()),
                verdict.evidence(),
                author);
    }

    /** The rules of the settings, then those that were applied and have no name of the former. */
    private RuleSet ruleSet() {
        List<ClassificationRule> all = new ArrayList<>(fixedRules);
        for (ClassificationRule rule : store.rules().current().rules()) {
            if (isFixed(rule)) {
                LOG.warn(
                        "rule '{}' was applied, but the settings have one of that name, which counts instead; apply rules without it",
                        rule.name());
            } else {
                all.add(rule);
            }
        }
        return RuleSet.of(all);
    }

    private boolean isFixed(ClassificationRule rule) {
        return fixedRules.stream().anyMatch(it -> it.name().equals(rule.name()));
    }

    /** The rules of the settings, then these. */
    private RuleSet withFixed(List<ClassificationRule> rules) {
        for (ClassificationRule rule : rules) {
            if (isFixed(rule)) {
                throw new RuleException(
                        rule.name(), 1, 1, "the settings have a rule of that name, which stands");
            }
        }
        List<ClassificationRule> all = new ArrayList<>(fixedRules);
        all.addAll(rules);
        return RuleSet.of(all);
    }

    /** The rules of the settings, which stand before all others. */
    public List<ClassificationRule> fixedRules() {
        return fixedRules;
    }

    private List<Verdict> verdicts(RuleSet rules, double shareOfRates) {
        Classifier classifier = new Classifier(rules);
        List<Verdict> verdicts = new ArrayList<>();
        for (List<Subject> subjects : observer.subjects().values()) {
            List<Subject> asked =
                    shareOfRates == 1
                            ? subjects
                            : subjects.stream().map(it -> it.withRates(shareOfRates)).toList();
            verdicts.addAll(classifier.classify(asked, clock.instant()));
        }
        return verdicts;
    }

    /**
     * What rules and settings say of each table now, were its rates that share of what they are.
     */
    List<Verdict> verdicts(double shareOfRates) {
        return verdicts(ruleSet(), shareOfRates);
    }

    /** Reads the figures anew. */
    void observe() {
        observer.observe();
    }

    Instant now() {
        return clock.instant();
    }

    /** What rules said last of a table; null where somebody has decided otherwise since. */
    @Nullable ReplicationSchema automatic(Key key) {
        StoredSchema newest = schemas.get(key);
        return newest != null && isAutomatic(newest) ? newest.schema() : null;
    }

    private static boolean isAutomatic(StoredSchema newest) {
        return switch (newest.schema().origin()) {
            case DEFAULT, RULE, SETTINGS -> true;
            case PLANNER, OVERRIDE -> false;
        };
    }

    /** Saves what the looks at the figures have come to. */
    Set<Key> reclassify(List<Verdict> verdicts) {
        Set<Key> changed =
                save(
                        verdicts,
                        ITSELF,
                        (last, newest, verdict) ->
                                isAutomatic(newest)
                                        && !newest.schema().asksTheSame(verdict.schema()));
        changed.forEach(
                it -> LOG.info("{} is classified anew: {}", it, stored(it).schema().reason()));
        wakeFollower();
        return changed;
    }

    /** Looks at the figures once, as it happens by itself again and again. */
    Set<Key> look() {
        Reclassifier looking = reclassifier;
        if (looking == null) {
            looking = new Reclassifier(this, reclassification);
            reclassifier = looking;
        }
        return looking.look();
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
        RuleSet rules = ruleSet();
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
        follow(told, FunctionUser.NONE);
    }

    /**
     * The same, where functions are declared while it runs.
     *
     * @param user hears of functions before of the tables that are carried for them
     */
    public void follow(Consumer<InForce> told, FunctionUser user) {
        functionUser = user;
        Follower following = new Follower(this::inForce, this::nextTurn, told, RETRY);
        follower = following;
        following.start();
        store.listen(changed -> {
            if (changed.contains(Kind.AUDIT)) {
                audited.incrementAndGet();
            }
            catchUp(changed);
            if (changed.contains(Kind.FUNCTIONS)) {
                useFunctions(user, following);
            }
            following.wake();
        });
        if (reclassification.automatic()) {
            Reclassifier looking = new Reclassifier(this, reclassification);
            reclassifier = looking;
            looking.start();
        }
    }

    private void useFunctions(FunctionUser user, Follower following) {
        List<StoredFunction> declared = functions();
        if (!declared.equals(knownFunctions)) {
            user.use(declared);
            knownFunctions = declared;
            following.tellAgain(it -> it.schema().strategy() instanceof Strategy.Functional);
        }
    }

    /** The functions that were declared while it ran. */
    public List<StoredFunction> functions() {
        return store.functions().all();
    }

    /**
     * Declares a function; tables that are carried for it get what it needs.
     *
     * @param from its version as the caller knows it; 0 where there is none
     * @return its version now
     * @throws TidetableException when its needs cannot be known
     * @throws io.tidetable.control.store.StaleVersionException when it has another version by now
     */
    public long declareFunction(String name, long from, FunctionDocument function, String author) {
        functionUser.check(name, function);
        return store.functions().save(name, from, function, author, clock.instant());
    }

    /** Takes a function away that was declared while it ran. */
    public void dropFunction(String name, long from, String author) {
        store.functions().save(name, from, null, author, clock.instant());
    }

    /** Rises with everything that is written to the audit, whoever writes it. */
    public long audited() {
        return audited.get();
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
        RuleSet compiled = withFixed(rules);
        observer.observe();
        return verdicts(compiled, 1).stream()
                .map(verdict -> {
                    StoredSchema now = schemas.get(Key.of(verdict.schema()));
                    return new Trial(verdict, now == null ? null : now.schema());
                })
                .toList();
    }

    /**
     * Lets other rules count from now on. Nothing is saved or decided when one cannot be used, and
     * nothing when they are the same.
     *
     * @param from the rules they were made from
     * @return the tables that are replicated in another way now
     * @throws io.tidetable.control.store.StaleVersionException when there are others by now
     */
    public Set<Key> apply(StoredRules from, List<ClassificationRule> rules, String author) {
        RuleSet compiled = withFixed(rules);
        if (rules.equals(from.rules())) {
            store.rules().requireCurrent(from);
            return Set.of();
        }
        observer.observe();
        store.rules().save(from, rules, author, clock.instant());
        return decideBy(compiled, author);
    }

    private Set<Key> decideBy(RuleSet rules, String author) {
        Set<Key> changed =
                save(
                        verdicts(rules, 1),
                        author,
                        (last, newest, verdict) -> !last.schema().asksTheSame(verdict.schema()));
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
        concerned(table, destination).forEach(this::stored);
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

    /** What administrators have declared: rules and overrides. */
    public Declared declared() {
        return store.declared().current(clock.instant());
    }

    /**
     * What a declaration would change; changes nothing.
     *
     * @throws RuleException when a rule cannot be used
     * @throws TidetableException TT-638 when a table is not replicated
     */
    public List<DeclaredChange> difference(Declared from, DeclaredChange.Wanted wanted) {
        check(wanted);
        return DeclaredChange.between(from, wanted, clock.instant()).changes();
    }

    /** Refuses what cannot be used. */
    private RuleSet check(DeclaredChange.Wanted wanted) {
        List<ClassificationRule> rules = wanted.rules();
        RuleSet compiled = rules == null ? ruleSet() : withFixed(rules);
        List<SchemaOverride> pinned = wanted.overrides();
        if (pinned != null) {
            pinned.forEach(it -> concerned(it.table(), it.destination()).forEach(this::stored));
        }
        return compiled;
    }

    /**
     * Lets a declaration count: all of it or, where something cannot be, nothing.
     *
     * @param tag of what it was made from
     * @return the tables that rules make replicated in another way now
     * @throws RuleException when a rule cannot be used
     * @throws TidetableException TT-638 when a table is not replicated
     * @throws io.tidetable.control.store.StaleVersionException when something else is declared now
     */
    public Set<Key> declare(DeclaredChange.Wanted wanted, String tag, String author) {
        RuleSet compiled = check(wanted);
        observer.observe();
        Declared from = declared();
        Instant now = clock.instant();
        DeclaredChange.Steps steps = DeclaredChange.between(from, wanted, now);
        store.declared().replace(tag, wanted.rules(), steps.ended(), steps.added(), author, now);
        overrides = store.overrides().open(clock.instant());
        if (wanted.rules() == null || wanted.rules().equals(from.rules().rules())) {
            wakeFollower();
            return Set.of();
        }
        return decideBy(compiled, author);
    }

    private List<Key> concerned(TableId table, @Nullable DestinationId destination) {
        return destination == null
                ? destinations.stream().map(it -> new Key(table, it)).toList()
                : List.of(new Key(table, destination));
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
        Reclassifier looking = reclassifier;
        reclassifier = null;
        if (looking != null) {
            looking.close();
        }
        Follower following = follower;
        follower = null;
        if (following != null) {
            following.close();
        }
        store.close();
    }
}
