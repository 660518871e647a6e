package io.tidetable.node.catalog;

import io.tidetable.model.TableId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Which tables are meant: rules in order, of which the <b>last one that matches</b> a table
 * decides; a table that none matches is not selected. A partitioned table is one table, by the name
 * of its root: patterns do not see partitions. Tables that belong to an extension are selected only
 * by their exact name.
 */
public final class TableSelection {
    private final List<Rule> rules;

    private TableSelection(List<Rule> rules) {
        this.rules = List.copyOf(rules);
    }

    /**
     * A rule of a selection.
     *
     * @param include false to leave out what matches
     */
    public record Rule(TablePattern pattern, boolean include) {}

    /**
     * Reads patterns, of which those that begin with {@code !} leave tables out: {@code public.*},
     * {@code !public.tmp_*}.
     *
     * @throws IllegalArgumentException when one of them is not a pattern
     */
    public static TableSelection of(List<String> patterns) {
        return new TableSelection(
                patterns.stream()
                        .map(text ->
                                text.startsWith("!")
                                        ? new Rule(TablePattern.parse(text.substring(1)), false)
                                        : new Rule(TablePattern.parse(text), true))
                        .toList());
    }

    /** A selection by rules that were read before. */
    public static TableSelection ofRules(List<Rule> rules) {
        return new TableSelection(rules);
    }

    public boolean selects(TableId table) {
        boolean selected = false;
        for (Rule rule : rules) {
            if (rule.pattern().matches(table)) {
                selected = rule.include();
            }
        }
        return selected;
    }

    /** Whether the table is selected and some including rule names exactly it. */
    public boolean selectsByName(TableId table) {
        return selects(table)
                && rules.stream()
                        .anyMatch(rule ->
                                rule.include()
                                        && rule.pattern().isExact()
                                        && rule.pattern().matches(table));
    }

    /** The including patterns that match none of the tables. */
    public List<TablePattern> unmatched(Collection<TableId> tables) {
        List<TablePattern> unmatched = new ArrayList<>();
        for (Rule rule : rules) {
            if (rule.include() && tables.stream().noneMatch(rule.pattern()::matches)) {
                unmatched.add(rule.pattern());
            }
        }
        return unmatched;
    }

    /** The rules, in order. */
    public List<Rule> rules() {
        return rules;
    }
}
