package io.tidetable.control.store;

import io.tidetable.model.schema.ClassificationRule;
import java.time.Instant;
import java.util.List;

/**
 * The rules of an administrator as they were saved.
 *
 * @param version counts from 1; 0 while nobody saved any
 */
public record StoredRules(long version, List<ClassificationRule> rules, String author, Instant at) {
    /** None were saved yet. */
    public static final StoredRules NONE = new StoredRules(0, List.of(), "nobody", Instant.EPOCH);

    public StoredRules {
        rules = List.copyOf(rules);
    }
}
