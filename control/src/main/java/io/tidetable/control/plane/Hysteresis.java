package io.tidetable.control.plane;

import io.tidetable.control.classify.Verdict;
import io.tidetable.control.store.Key;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Lets tables change only by what several looks in a row have said, and not again soon. Not
 * thread-safe.
 */
final class Hysteresis {
    private final int looks;
    private final Duration rest;
    private final Map<Key, Candidate> candidates = new TreeMap<>();
    private final Map<Key, Instant> changed = new TreeMap<>();

    Hysteresis(Reclassification settings) {
        this.looks = settings.looks();
        this.rest = settings.rest();
    }

    /**
     * What one look came to.
     *
     * @param announced will be due at the next look, if that says the same
     * @param due said often enough
     * @param withdrawn were announced, and are not said any more
     */
    record Outcome(List<Candidate> announced, List<Candidate> due, List<Candidate> withdrawn) {}

    /**
     * A change that has been said for some looks.
     *
     * @param since the first of them
     */
    record Candidate(Verdict verdict, Instant since, int seen) {
        boolean saysTheSame(Verdict other) {
            return verdict.schema().asksTheSame(other.schema());
        }
    }

    /** Takes what a look says of the tables of which it says something else than what counts. */
    Outcome look(Map<Key, Verdict> other, Instant now) {
        Outcome outcome = new Outcome(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        changed.values().removeIf(at -> !now.isBefore(at.plus(rest)));
        for (Key key : List.copyOf(candidates.keySet())) {
            Verdict said = other.get(key);
            Candidate known = candidates.get(key);
            if (known != null && (said == null || !known.saysTheSame(said))) {
                candidates.remove(key);
                if (known.seen() >= looks - 1) {
                    outcome.withdrawn().add(known);
                }
            }
        }
        other.forEach((key, said) -> {
            if (!changed.containsKey(key)) {
                count(key, said, now, outcome);
            }
        });
        return outcome;
    }

    private void count(Key key, Verdict said, Instant now, Outcome outcome) {
        Candidate known = candidates.get(key);
        Candidate counted =
                known == null
                        ? new Candidate(said, now, 1)
                        : new Candidate(said, known.since(), known.seen() + 1);
        if (counted.seen() >= looks) {
            candidates.remove(key);
            changed.put(key, now);
            outcome.due().add(counted);
            return;
        }
        candidates.put(key, counted);
        if (counted.seen() == looks - 1) {
            outcome.announced().add(counted);
        }
    }
}
