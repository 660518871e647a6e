package io.tidetable.control.store;

import io.tidetable.model.schema.ClassificationRule;
import io.tidetable.model.schema.SchemaOverride;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/** Everything that administrators have said, replaced as a whole or not at all. Thread-safe. */
public final class DeclaredStore {
    /** Nobody else may change any of it until the end of the transaction. */
    private static final String LOCK =
            "LOCK TABLE tidetable.rule_set, tidetable.schema_override IN SHARE ROW EXCLUSIVE MODE";

    private static final int TAG_LENGTH = 16;

    private final Jdbi jdbi;
    private final RuleStore rules;
    private final OverrideStore overrides;

    DeclaredStore(Jdbi jdbi, RuleStore rules, OverrideStore overrides) {
        this.jdbi = jdbi;
        this.rules = rules;
        this.overrides = overrides;
    }

    /**
     * What is declared.
     *
     * @param overrides that count or will, the oldest first
     */
    public record Declared(StoredRules rules, List<SchemaOverride> overrides) {
        public Declared {
            overrides = List.copyOf(overrides);
        }

        /** Another one for everything else that could be declared. */
        public String tag() {
            String state =
                    rules.version() + " " + overrides.stream().map(SchemaOverride::number).toList();
            try {
                byte[] digest =
                        MessageDigest.getInstance("SHA-256")
                                .digest(state.getBytes(StandardCharsets.UTF_8));
                return HexFormat.of().formatHex(digest).substring(0, TAG_LENGTH);
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** What is declared now. */
    public Declared current(Instant at) {
        return jdbi.inTransaction(handle -> current(handle, at));
    }

    private Declared current(Handle handle, Instant at) {
        return new Declared(rules.current(handle), overrides.open(handle, at));
    }

    /**
     * Replaces parts of it.
     *
     * @param tag of what it was made from
     * @param other rules; null leaves them as they are
     * @param ended numbers of overrides
     * @throws StaleVersionException when something else is declared by now
     */
    public void replace(
            String tag,
            @Nullable List<ClassificationRule> other,
            Collection<Long> ended,
            Collection<SchemaOverride> added,
            String author,
            Instant at) {
        jdbi.useTransaction(handle -> {
            handle.execute(LOCK);
            Declared now = current(handle, at);
            if (!now.tag().equals(tag)) {
                throw new StaleVersionException("the configuration", tag);
            }
            if (other != null && !other.equals(now.rules().rules())) {
                rules.save(handle, now.rules(), other, author, at);
            }
            ended.forEach(number -> overrides.end(handle, number, author, at));
            added.forEach(wanted -> overrides.add(handle, wanted));
        });
    }
}
