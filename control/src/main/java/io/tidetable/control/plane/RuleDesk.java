package io.tidetable.control.plane;

import io.tidetable.control.classify.RuleSet;
import io.tidetable.control.store.Key;
import io.tidetable.control.store.MetadataStore;
import io.tidetable.control.store.StoredRules;
import io.tidetable.control.store.StoredSchema;
import io.tidetable.model.schema.ClassificationRule;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;

/** Where an administrator tries rules and lets them count. Thread-safe. */
public final class RuleDesk {
    private final MetadataStore store;
    private final RuleBook rules;
    private final Verdicts verdicts;
    private final CurrentSchemas current;
    private final InstantSource clock;

    RuleDesk(
            MetadataStore store,
            RuleBook rules,
            Verdicts verdicts,
            CurrentSchemas current,
            InstantSource clock) {
        this.store = store;
        this.rules = rules;
        this.verdicts = verdicts;
        this.current = current;
        this.clock = clock;
    }

    /** The rules of an administrator that count. */
    public StoredRules current() {
        return store.rules().current();
    }

    /** The rules of the settings, which stand before all others. */
    public List<ClassificationRule> fixed() {
        return rules.fixed();
    }

    /**
     * What rules would make of every table; changes nothing.
     *
     * @throws io.tidetable.control.classify.RuleException when one cannot be used
     */
    public List<Trial> test(List<ClassificationRule> wanted) {
        RuleSet compiled = rules.compiledWith(wanted);
        verdicts.observe();
        return verdicts.of(compiled).stream()
                .map(verdict -> {
                    StoredSchema now = current.newest(Key.of(verdict.schema()));
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
     * @throws io.tidetable.control.classify.RuleException when one cannot be used
     * @throws io.tidetable.control.store.StaleVersionException when there are others by now
     */
    public Set<Key> apply(StoredRules from, List<ClassificationRule> wanted, String author) {
        RuleSet compiled = rules.compiledWith(wanted);
        if (wanted.equals(from.rules())) {
            store.rules().requireCurrent(from);
            return Set.of();
        }
        verdicts.observe();
        store.rules().save(from, wanted, author, clock.instant());
        return verdicts.saveByRules(compiled, author);
    }
}
