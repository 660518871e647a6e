package io.tidetable.control.plane;

import io.tidetable.control.classify.Classifier;
import io.tidetable.control.classify.RuleSet;
import io.tidetable.control.classify.Subject;
import io.tidetable.control.classify.Verdict;
import io.tidetable.control.store.Key;
import io.tidetable.control.store.MetadataStore;
import io.tidetable.control.store.StoredSchema;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.schema.ReplicationSchema;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What rules, settings and figures make of each table; saved where that counts. */
final class Verdicts {
    private static final Logger LOG = LoggerFactory.getLogger(Verdicts.class);
    private static final int ATTEMPTS = 5;

    private final MetadataStore store;
    private final Observer observer;
    private final CurrentSchemas current;
    private final RuleBook rules;
    private final InstantSource clock;
    private @Nullable Ahead ahead;

    Verdicts(
            MetadataStore store,
            Observer observer,
            CurrentSchemas current,
            RuleBook rules,
            InstantSource clock) {
        this.store = store;
        this.observer = observer;
        this.current = current;
        this.rules = rules;
        this.clock = clock;
    }

    /** Reads the figures anew. */
    void observe() {
        observer.observe();
    }

    /** What rules say of each table, before anything is saved. */
    private record Ahead(RuleSet rules, List<Verdict> verdicts) {}

    /** Finds out what {@link #saveWhatIsSaidAnew} will ask for, from the figures read last. */
    void thinkAhead() {
        RuleSet compiled = rules.compiled();
        ahead = new Ahead(compiled, of(compiled));
    }

    /** What was found out ahead counts where the rules are still the same. */
    private List<Verdict> verdictsOf(RuleSet compiled) {
        Ahead found = ahead;
        ahead = null;
        return found != null && found.rules() == compiled ? found.verdicts() : of(compiled);
    }

    /** What the rules that count say of each table, were its rates that share of what they are. */
    List<Verdict> of(double shareOfRates) {
        return of(rules.compiled(), shareOfRates);
    }

    /** What those rules say of each table. */
    List<Verdict> of(RuleSet asked) {
        return of(asked, 1);
    }

    private List<Verdict> of(RuleSet asked, double shareOfRates) {
        Classifier classifier = new Classifier(asked);
        List<Verdict> verdicts = new ArrayList<>();
        for (List<Subject> subjects : observer.subjects().values()) {
            List<Subject> there =
                    shareOfRates == 1
                            ? subjects
                            : subjects.stream().map(it -> it.withRates(shareOfRates)).toList();
            verdicts.addAll(classifier.classify(there, clock.instant()));
        }
        return verdicts;
    }

    /**
     * Saves what rules and settings make of tables that are new, or of which they say something
     * else than when they last spoke. What only the figures say else is left to the looks at them.
     */
    void saveWhatIsSaidAnew() {
        RuleSet compiled = rules.compiled();
        List<Verdict> verdicts = verdictsOf(compiled);
        Map<Key, ReplicationSchema> byFiguresOfThen = new TreeMap<>();
        Set<Key> decided =
                save(
                        verdicts,
                        ControlPlane.ITSELF,
                        (last, newest, verdict) -> {
                            if (last.schema().asksTheSame(verdict.schema())) {
                                return false;
                            }
                            // Thousands of tables take seconds, and most of the time none differs.
                            if (byFiguresOfThen.isEmpty()) {
                                byFiguresOfThen.putAll(byFiguresOfThen(compiled));
                            }
                            ReplicationSchema then = byFiguresOfThen.get(Key.of(verdict.schema()));
                            return then == null || !last.schema().asksTheSame(then);
                        });
        LOG.info("{} tables classified, {} of them anew", verdicts.size(), decided.size());
    }

    /** What the rules say now of the figures they last spoke of. */
    private Map<Key, ReplicationSchema> byFiguresOfThen(RuleSet compiled) {
        Map<Key, StoredSchema> spoken = spoken();
        Classifier classifier = new Classifier(compiled);
        Map<Key, ReplicationSchema> said = new TreeMap<>();
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
                    .forEach(it -> said.put(Key.of(it.schema()), it.schema()));
        }
        return said;
    }

    /**
     * Saves what rules say that came new.
     *
     * @return the tables that are replicated in another way now
     */
    Set<Key> saveByRules(RuleSet compiled, String author) {
        Set<Key> changed =
                save(
                        of(compiled),
                        author,
                        (last, newest, verdict) -> !last.schema().asksTheSame(verdict.schema()));
        current.tell();
        return changed;
    }

    /**
     * Saves what the looks at the figures have come to.
     *
     * @return the tables that are replicated in another way now
     */
    Set<Key> saveByFigures(List<Verdict> verdicts) {
        Set<Key> changed =
                save(
                        verdicts,
                        ControlPlane.ITSELF,
                        (last, newest, verdict) ->
                                isAutomatic(newest)
                                        && !newest.schema().asksTheSame(verdict.schema()));
        changed.forEach(it ->
                LOG.info("{} is classified anew: {}", it, current.stored(it).schema().reason()));
        current.tell();
        return changed;
    }

    /** A table may have been made since the statistics were read. */
    void saveLate(DestinationId destination, Collection<TableId> tables) {
        List<TableId> unknown =
                tables.stream()
                        .filter(table -> current.newest(new Key(table, destination)) == null)
                        .toList();
        if (unknown.isEmpty()) {
            return;
        }
        List<Subject> late = observer.subjects(unknown).getOrDefault(destination, List.of());
        current.save(
                new Classifier(rules.compiled())
                        .classify(late, clock.instant()).stream()
                                .map(verdict -> made(verdict, null, ControlPlane.ITSELF))
                                .toList(),
                ControlPlane.ITSELF);
    }

    /** What rules said last of a table; null where somebody has decided otherwise since. */
    @Nullable ReplicationSchema automatic(Key key) {
        StoredSchema newest = current.newest(key);
        return newest != null && isAutomatic(newest) ? newest.schema() : null;
    }

    private static boolean isAutomatic(StoredSchema newest) {
        return switch (newest.schema().origin()) {
            case DEFAULT, RULE, SETTINGS -> true;
            case PLANNER, OVERRIDE -> false;
        };
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
                StoredSchema newest = current.newest(key);
                if (last == null || newest == null || wish.counts(last, newest, verdict)) {
                    wanted.add(made(verdict, newest, author));
                }
            }
            Set<Key> stale = current.save(wanted, author);
            wanted.stream()
                    .map(it -> Key.of(it.schema()))
                    .filter(it -> !stale.contains(it))
                    .forEach(changed::add);
            if (stale.isEmpty()) {
                return changed;
            }
        }
        throw new TidetableException(
                "TT-637",
                "others change the replication schemas all the time, so the rules could not be followed; try again");
    }

    /**
     * What rules and settings said of each table when they last spoke. Where nobody else has
     * decided since, that is the newest version, which is known.
     */
    private Map<Key, StoredSchema> spoken() {
        Map<Key, StoredSchema> spoken = new TreeMap<>();
        List<Key> decidedSince = new ArrayList<>();
        current.newest()
                .forEach((key, newest) -> {
                    if (isAutomatic(newest)) {
                        spoken.put(key, newest);
                    } else {
                        decidedSince.add(key);
                    }
                });
        store.schemas().lastByRule(decidedSince).forEach(it -> spoken.put(Key.of(it.schema()), it));
        return spoken;
    }

    private static StoredSchema made(
            Verdict verdict, @Nullable StoredSchema newest, String author) {
        return new StoredSchema(
                verdict.schema().withVersion(newest == null ? 0 : newest.schema().version()),
                verdict.evidence(),
                author);
    }
}
