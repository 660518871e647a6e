package io.tidetable.control.document;

import io.tidetable.model.schema.ClassificationRule;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Classification rules in order. */
public record RulesDocument(@Nullable List<RuleDocument> rules) {
    /** The form of them. */
    public static RulesDocument of(List<ClassificationRule> rules) {
        return new RulesDocument(rules.stream().map(RuleDocument::of).toList());
    }

    /**
     * The rules.
     *
     * @throws IllegalArgumentException when a value is not allowed, or two share a name
     */
    public List<ClassificationRule> parsed() {
        List<ClassificationRule> parsed = new ArrayList<>();
        Set<String> names = new HashSet<>();
        if (rules != null) {
            for (RuleDocument rule : rules) {
                parsed.add(rule.rule());
                if (!names.add(parsed.getLast().name())) {
                    throw new IllegalArgumentException(
                            "two rules are named '" + parsed.getLast().name() + "'");
                }
            }
        }
        return parsed;
    }
}
