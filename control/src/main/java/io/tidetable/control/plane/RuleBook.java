package io.tidetable.control.plane;

import io.tidetable.control.classify.RuleException;
import io.tidetable.control.classify.RuleSet;
import io.tidetable.control.store.MetadataStore;
import io.tidetable.model.schema.ClassificationRule;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The rules that count: those of the settings, then those that an administrator has applied. */
final class RuleBook {
    private static final Logger LOG = LoggerFactory.getLogger(RuleBook.class);

    private final MetadataStore store;
    private final List<ClassificationRule> fixed;
    private @Nullable Compiled last;

    RuleBook(MetadataStore store, List<ClassificationRule> fixed) {
        this.store = store;
        this.fixed = fixed;
    }

    /** The rules of the settings, which stand before all others. */
    List<ClassificationRule> fixed() {
        return fixed;
    }

    /** Rules with what was made of them, which takes a while. */
    private record Compiled(List<ClassificationRule> rules, RuleSet set) {}

    /**
     * The rules of the settings, then those that were applied and have no name of the former. The
     * same set as before while they are the same.
     */
    synchronized RuleSet compiled() {
        List<ClassificationRule> all = new ArrayList<>(fixed);
        for (ClassificationRule rule : store.rules().current().rules()) {
            if (isFixed(rule)) {
                LOG.warn(
                        "rule '{}' was applied, but the settings have one of that name, which counts instead; apply rules without it",
                        rule.name());
            } else {
                all.add(rule);
            }
        }
        Compiled known = last;
        if (known == null || !known.rules().equals(all)) {
            known = new Compiled(all, RuleSet.of(all));
            last = known;
        }
        return known.set();
    }

    /**
     * The rules of the settings, then these.
     *
     * @throws RuleException when one cannot be used
     */
    RuleSet compiledWith(List<ClassificationRule> rules) {
        for (ClassificationRule rule : rules) {
            if (isFixed(rule)) {
                throw new RuleException(
                        rule.name(), 1, 1, "the settings have a rule of that name, which stands");
            }
        }
        List<ClassificationRule> all = new ArrayList<>(fixed);
        all.addAll(rules);
        return RuleSet.of(all);
    }

    private boolean isFixed(ClassificationRule rule) {
        return fixed.stream().anyMatch(it -> it.name().equals(rule.name()));
    }
}
