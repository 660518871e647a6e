package io.tidetable.node.check;

import java.util.ArrayList;
import java.util.List;

/** Collects findings while a preflight runs. */
final class Findings {
    private final List<Finding> all = new ArrayList<>();

    void error(Check check, String subject, String sentence) {
        all.add(new Finding(Severity.ERROR, check, subject, sentence));
    }

    void warning(Check check, String subject, String sentence) {
        all.add(new Finding(Severity.WARNING, check, subject, sentence));
    }

    void info(Check check, String subject, String sentence) {
        all.add(new Finding(Severity.INFO, check, subject, sentence));
    }

    void addAll(Findings others) {
        all.addAll(others.all);
    }

    /** The worst first; what is equally bad stays in the order it was found. */
    List<Finding> sorted() {
        return all.stream().sorted(java.util.Comparator.comparing(Finding::severity)).toList();
    }
}
