package io.tidetable.control.plane;

import io.tidetable.control.document.DeclarationDocument;
import io.tidetable.control.document.Documents;
import io.tidetable.control.document.RuleDocument;
import io.tidetable.control.store.DeclaredStore.Declared;
import io.tidetable.model.DestinationId;
import io.tidetable.model.schema.ClassificationRule;
import io.tidetable.model.schema.SchemaOverride;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One thing that a declaration changes.
 *
 * @param what {@code rule}, {@code order of rules} or {@code override}
 * @param name which one
 * @param change whether it is added, changed or removed
 * @param before JSON; null where there was nothing
 * @param after JSON; null where there will be nothing
 */
public record DeclaredChange(
        String what, String name, String change, @Nullable String before, @Nullable String after) {
    /**
     * What shall be declared; null leaves a part as it is.
     *
     * @param overrides not stored; an end that lies behind means that it shall not be
     */
    public record Wanted(
            @Nullable List<ClassificationRule> rules, @Nullable List<SchemaOverride> overrides) {}

    /** What leads from what is declared to what is wanted. */
    record Steps(List<DeclaredChange> changes, List<Long> ended, List<SchemaOverride> added) {}

    static Steps between(Declared from, Wanted wanted, Instant now) {
        Steps steps = new Steps(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        List<ClassificationRule> rules = wanted.rules();
        if (rules != null) {
            rules(from.rules().rules(), rules, steps.changes());
        }
        List<SchemaOverride> overrides = wanted.overrides();
        if (overrides != null) {
            overrides(
                    from.overrides(),
                    overrides.stream()
                            .filter(it -> it.until() == null || it.until().isAfter(now))
                            .toList(),
                    steps);
        }
        return steps;
    }

    private static void rules(
            List<ClassificationRule> before,
            List<ClassificationRule> after,
            List<DeclaredChange> changes) {
        Map<String, ClassificationRule> known = byName(before);
        Map<String, ClassificationRule> wanted = byName(after);
        compare("rule", known, wanted, it -> Documents.text(RuleDocument.of(it)), changes);
        List<String> oldOrder = known.keySet().stream().filter(wanted::containsKey).toList();
        List<String> newOrder = wanted.keySet().stream().filter(known::containsKey).toList();
        if (!oldOrder.equals(newOrder)) {
            changes.add(
                    new DeclaredChange(
                            "order of rules",
                            "all",
                            "changed",
                            Documents.text(oldOrder),
                            Documents.text(newOrder)));
        }
    }

    private static Map<String, ClassificationRule> byName(List<ClassificationRule> rules) {
        return rules.stream()
                .collect(
                        Collectors.toMap(
                                ClassificationRule::name,
                                it -> it,
                                (first, second) -> second,
                                LinkedHashMap::new));
    }

    private static void overrides(
            List<SchemaOverride> before, List<SchemaOverride> after, Steps steps) {
        List<SchemaOverride> known = new ArrayList<>(before);
        List<SchemaOverride> wanted = new ArrayList<>();
        for (SchemaOverride each : after) {
            boolean there = false;
            for (int i = 0; i < known.size() && !there; i++) {
                there = saysTheSame(known.get(i), each);
                if (there) {
                    known.remove(i);
                }
            }
            if (!there) {
                wanted.add(each);
            }
        }
        known.forEach(it -> steps.ended().add(it.number()));
        steps.added().addAll(wanted);
        compare(
                "override",
                byPlace(known),
                byPlace(wanted),
                it -> Documents.text(DeclarationDocument.Pinned.of(it)),
                steps.changes());
    }

    private static boolean saysTheSame(SchemaOverride a, SchemaOverride b) {
        return a.table().equals(b.table())
                && Objects.equals(a.destination(), b.destination())
                && a.pins().equals(b.pins())
                && a.reason().equals(b.reason())
                && Objects.equals(a.until(), b.until());
    }

    /** Several of one place are told apart by their order. */
    private static Map<String, SchemaOverride> byPlace(List<SchemaOverride> overrides) {
        Map<String, SchemaOverride> named = new LinkedHashMap<>();
        for (SchemaOverride each : overrides) {
            DestinationId destination = each.destination();
            String place =
                    "%s %s"
                            .formatted(
                                    each.table(),
                                    destination == null ? "everywhere" : "at " + destination);
            String name = place;
            for (int i = 2; named.containsKey(name); i++) {
                name = place + ", " + i;
            }
            named.put(name, each);
        }
        return named;
    }

    private static <T> void compare(
            String what,
            Map<String, T> before,
            Map<String, T> after,
            Function<T, String> json,
            List<DeclaredChange> changes) {
        before.forEach((name, old) -> {
            T now = after.get(name);
            if (now == null) {
                changes.add(new DeclaredChange(what, name, "removed", json.apply(old), null));
            } else if (!now.equals(old)) {
                changes.add(
                        new DeclaredChange(
                                what, name, "changed", json.apply(old), json.apply(now)));
            }
        });
        after.forEach((name, now) -> {
            if (!before.containsKey(name)) {
                changes.add(new DeclaredChange(what, name, "added", null, json.apply(now)));
            }
        });
    }
}
