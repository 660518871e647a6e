package io.tidetable.control.plane;

import io.tidetable.control.classify.RuleException;
import io.tidetable.control.classify.RuleSet;
import io.tidetable.control.store.DeclaredStore.Declared;
import io.tidetable.control.store.Key;
import io.tidetable.control.store.MetadataStore;
import io.tidetable.model.TidetableException;
import io.tidetable.model.schema.ClassificationRule;
import io.tidetable.model.schema.SchemaOverride;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;

/** Rules and overrides declared as a whole: all of it counts, or nothing. Thread-safe. */
public final class Declarations {
    private final MetadataStore store;
    private final RuleBook rules;
    private final Verdicts verdicts;
    private final CurrentSchemas current;
    private final InstantSource clock;

    Declarations(
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

    /** What administrators have declared: rules and overrides. */
    public Declared current() {
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
        List<ClassificationRule> written = wanted.rules();
        RuleSet compiled = written == null ? rules.compiled() : rules.compiledWith(written);
        List<SchemaOverride> pinned = wanted.overrides();
        if (pinned != null) {
            pinned.forEach(it -> current.requireReplicated(it.table(), it.destination()));
            current.requireFollowable(pinned);
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
        verdicts.observe();
        Declared from = current();
        Instant now = clock.instant();
        DeclaredChange.Steps steps = DeclaredChange.between(from, wanted, now);
        store.declared().replace(tag, wanted.rules(), steps.ended(), steps.added(), author, now);
        current.readOverrides();
        if (wanted.rules() == null || wanted.rules().equals(from.rules().rules())) {
            current.tell();
            return Set.of();
        }
        return verdicts.saveByRules(compiled, author);
    }
}
