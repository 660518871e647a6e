package io.tidetable.control.classify;

import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import io.tidetable.model.Consistency;
import io.tidetable.model.schema.ClassificationRule;
import io.tidetable.model.schema.Strategy;
import io.tidetable.model.schema.Temperature;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Rules in order, ready to be asked: those of an administrator, then the defaults, the last of
 * which matches everything. Thread-safe.
 */
public final class RuleSet {
    /** What is said of tables that no rule of an administrator matches. */
    public static final List<ClassificationRule> DEFAULTS =
            List.of(
                    ofTemperature(
                            "default: read often",
                            "reads_per_second >= 20.0 || destination_reads_per_second >= 20.0",
                            Temperature.HOT),
                    ofTemperature(
                            "default: hardly read",
                            "hourly_seconds >= 3600.0 && hourly_reads_per_second < 0.01"
                                    + " && hourly_destination_reads_per_second < 0.01",
                            Temperature.COLD),
                    ofTemperature("default", "true", Temperature.WARM));

    private final List<Compiled> rules;

    private RuleSet(List<Compiled> rules) {
        this.rules = rules;
    }

    /**
     * Makes rules ready.
     *
     * @param rules those of an administrator
     * @throws RuleException when one cannot be used
     */
    public static RuleSet of(List<ClassificationRule> rules) {
        RuleLanguage language = new RuleLanguage();
        List<Compiled> compiled = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (ClassificationRule rule : rules) {
            if (!names.add(rule.name())) {
                throw new RuleException(rule.name(), 1, 1, "another rule has the same name");
            }
            requireConsistent(rule);
            compiled.add(new Compiled(rule, language.compile(rule), false));
        }
        for (ClassificationRule rule : DEFAULTS) {
            compiled.add(new Compiled(rule, language.compile(rule), true));
        }
        return new RuleSet(List.copyOf(compiled));
    }

    private static void requireConsistent(ClassificationRule rule) {
        Consistency consistency = rule.consistency();
        Strategy strategy = rule.strategy();
        if (consistency == null
                || strategy == null
                || strategy instanceof Strategy.PrioritizedDelta) {
            return;
        }
        switch (consistency) {
            case Consistency.Table(), Consistency.Key(int _) -> {}
            case Consistency.Group _, Consistency.Strict _ ->
                    throw new RuleException(
                            rule.name(),
                            1,
                            1,
                            "consistency %s takes the strategy delta only, got %s"
                                    .formatted(consistency.label(), strategy.label()));
        }
    }

    private static ClassificationRule ofTemperature(
            String name, String condition, Temperature temperature) {
        return new ClassificationRule(
                name, condition, temperature, null, null, null, null, null, null);
    }

    /** The first rule that matches, with what was noteworthy on the way. */
    Match match(Subject subject) {
        Map<String, Object> variables = RuleLanguage.variables(subject);
        List<String> remarks = new ArrayList<>();
        for (Compiled rule : rules) {
            try {
                if (Boolean.TRUE.equals(rule.program().eval(variables))) {
                    return new Match(rule.rule(), rule.isDefault(), remarks);
                }
            } catch (CelEvaluationException e) {
                remarks.add(
                        "rule '%s' could not be asked (%s), so it did not count"
                                .formatted(rule.rule().name(), e.getMessage()));
            }
        }
        throw new IllegalStateException("the last default matches everything");
    }

    /** A rule that matched. */
    record Match(ClassificationRule rule, boolean isDefault, List<String> remarks) {}

    private record Compiled(
            ClassificationRule rule, CelRuntime.Program program, boolean isDefault) {}
}
