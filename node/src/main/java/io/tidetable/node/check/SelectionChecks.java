package io.tidetable.node.check;

import io.tidetable.model.TableId;
import io.tidetable.node.catalog.Relation;
import io.tidetable.node.catalog.RelationKind;
import io.tidetable.node.catalog.SourceCatalog;
import io.tidetable.node.catalog.TablePattern;
import io.tidetable.node.catalog.TableSelection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** Finds patterns that do not mean what somebody thought. */
final class SelectionChecks {
    private static final int SUGGESTIONS = 3;

    private final TableSelection selection;
    private final Findings findings;

    SelectionChecks(TableSelection selection, Findings findings) {
        this.selection = selection;
        this.findings = findings;
    }

    void run(List<Relation> relations) {
        for (Relation relation : relations) {
            if (selection.selectsByName(relation.id())) {
                checkNamed(relation);
            }
        }
        List<TableId> visible =
                relations.stream()
                        .filter(r -> !r.partition() || selection.selectsByName(r.id()))
                        .filter(r -> isTable(r) || selection.selectsByName(r.id()))
                        .map(Relation::id)
                        .toList();
        List<TableId> tables =
                relations.stream()
                        .filter(r -> !r.partition() && isTable(r))
                        .map(Relation::id)
                        .toList();
        for (TablePattern pattern : selection.unmatched(visible)) {
            findings.error(
                    Check.PATTERN_WITHOUT_TABLE,
                    pattern.toString(),
                    "the pattern matches no table of the source%s; correct it or take it out"
                            .formatted(suggestion(pattern, tables)));
        }
        if (selection.unmatched(visible).isEmpty()
                && SourceCatalog.selected(relations, selection).isEmpty()) {
            findings.error(
                    Check.PATTERN_WITHOUT_TABLE,
                    "tables",
                    "no table of the source is selected; name some, for example public.*");
        }
    }

    private static boolean isTable(Relation relation) {
        return relation.kind() == RelationKind.TABLE
                || relation.kind() == RelationKind.PARTITIONED_TABLE;
    }

    private void checkNamed(Relation relation) {
        if (!isTable(relation)) {
            findings.error(
                    Check.NOT_A_TABLE,
                    relation.id().toString(),
                    "%s is %s, which is in no change stream; take it out of the tables, or name the tables it reads"
                            .formatted(relation.id(), relation.kind().words()));
        } else if (relation.partition()) {
            findings.error(
                    Check.NAMED_PARTITION,
                    relation.id().toString(),
                    "%s is a partition; partitioned tables are replicated whole, so name the partitioned table instead"
                            .formatted(relation.id()));
        }
    }

    private static String suggestion(TablePattern pattern, List<TableId> tables) {
        String wanted = pattern.toString();
        String nearest =
                tables.stream()
                        .map(TableId::toString)
                        .filter(name -> edits(wanted, name) <= Math.max(3, name.length() / 2))
                        .sorted(Comparator.comparingInt(name -> edits(wanted, name)))
                        .limit(SUGGESTIONS)
                        .collect(Collectors.joining(", "));
        return nearest.isEmpty() ? "" : "; the nearest names are " + nearest;
    }

    /** Levenshtein's distance. */
    private static int edits(String one, String other) {
        int[] above = new int[other.length() + 1];
        for (int j = 0; j <= other.length(); j++) {
            above[j] = j;
        }
        for (int i = 1; i <= one.length(); i++) {
            int[] row = new int[other.length() + 1];
            row[0] = i;
            for (int j = 1; j <= other.length(); j++) {
                int change = one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1;
                row[j] = Math.min(above[j - 1] + change, Math.min(above[j], row[j - 1]) + 1);
            }
            above = row;
        }
        return above[other.length()];
    }
}
