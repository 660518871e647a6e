package io.tidetable.control.document;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.schema.ClassificationRule;
import io.tidetable.model.schema.SchemaOverride;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an administrator declares as a whole: what is not in a list there shall not be.
 *
 * @param rules null leaves them as they are
 * @param overrides null leaves them as they are
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record DeclarationDocument(
        @Nullable List<RuleDocument> rules, @Nullable List<Pinned> overrides) {
    /** The form of what is declared. */
    public static DeclarationDocument of(
            List<ClassificationRule> rules, List<SchemaOverride> overrides) {
        return new DeclarationDocument(
                rules.stream().map(RuleDocument::of).toList(),
                overrides.stream().map(Pinned::of).toList());
    }

    /**
     * An override that shall be in force.
     *
     * @param table as {@code namespace.name}
     * @param destination null for every one
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Pinned(
            @Nullable String table,
            @Nullable String destination,
            @Nullable PinsDocument pins,
            @Nullable String reason,
            @Nullable Instant until) {
        /** The form of an override. */
        public static Pinned of(SchemaOverride it) {
            DestinationId destination = it.destination();
            return new Pinned(
                    it.table().toString(),
                    destination == null ? null : destination.name(),
                    PinsDocument.of(it.pins()),
                    it.reason(),
                    it.until());
        }

        /**
         * What it says.
         *
         * @throws IllegalArgumentException when a value is missing or not allowed
         */
        public SchemaOverride override(TableId named, String author, Instant now) {
            if (pins == null || reason == null) {
                throw new IllegalArgumentException(
                        "the override of %s takes 'pins' and 'reason'".formatted(named));
            }
            return new SchemaOverride(
                    0,
                    named,
                    destination == null ? null : new DestinationId(destination),
                    pins.pins(),
                    reason,
                    author,
                    now,
                    until,
                    null);
        }
    }
}
