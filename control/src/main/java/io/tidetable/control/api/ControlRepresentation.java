package io.tidetable.control.api;

import io.tidetable.control.classify.RuleSet;
import io.tidetable.control.document.OverrideDocument;
import io.tidetable.control.document.RuleDocument;
import io.tidetable.control.document.SchemaDocument;
import io.tidetable.control.document.ShardingDocument;
import io.tidetable.control.plane.DeclaredChange;
import io.tidetable.control.plane.Explanation;
import io.tidetable.control.plane.Trial;
import io.tidetable.control.store.AuditEntry;
import io.tidetable.control.store.StoredRules;
import io.tidetable.control.store.StoredSchema;
import io.tidetable.model.schema.ClassificationRule;
import io.tidetable.model.schema.Evidence;
import io.tidetable.model.schema.ReplicationSchema;
import io.tidetable.model.schema.SchemaOverride.InForce;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The bodies by which the control plane answers. */
final class ControlRepresentation {
    private ControlRepresentation() {}

    record Schemas(List<Schema> replicationSchemas, @Nullable String next) {}

    /** What is in force of a table at a destination. */
    record Schema(String table, SchemaDocument schema, boolean paused, List<Long> overrides) {
        static Schema of(InForce it) {
            return new Schema(
                    it.schema().table().toString(),
                    SchemaDocument.of(it.schema()),
                    it.paused(),
                    it.overrides().stream().map(each -> each.number()).toList());
        }
    }

    record Shards(List<Sharded> shards, @Nullable String next) {}

    /** How a table is divided for a destination. */
    record Sharded(
            String table,
            String destination,
            long version,
            ShardingDocument sharding,
            Map<String, Double> weights) {
        static Sharded of(InForce it) {
            return new Sharded(
                    it.schema().table().toString(),
                    it.schema().destination().name(),
                    it.schema().version(),
                    ShardingDocument.of(it.schema().sharding()),
                    it.schema().weights());
        }
    }

    record History(List<Version> versions) {}

    record Version(SchemaDocument schema, Evidence evidence, String author) {
        static Version of(StoredSchema it) {
            return new Version(SchemaDocument.of(it.schema()), it.evidence(), it.author());
        }
    }

    record Explanations(List<Explained> explanations) {}

    record Explained(
            String table,
            String destination,
            @Nullable String rule,
            Map<String, Double> figures,
            List<String> sentences) {
        static Explained of(Explanation it, List<String> now) {
            ReplicationSchema schema = it.inForce().schema();
            List<String> sentences = new ArrayList<>(it.sentences());
            sentences.addAll(now);
            return new Explained(
                    schema.table().toString(),
                    schema.destination().name(),
                    it.evidence().rule(),
                    it.evidence().figures(),
                    sentences);
        }
    }

    record Rules(
            long version,
            String author,
            Instant at,
            List<RuleDocument> settings,
            List<RuleDocument> rules,
            List<RuleDocument> defaults) {
        static Rules of(StoredRules it, List<ClassificationRule> fixed) {
            return new Rules(
                    it.version(),
                    it.author(),
                    it.at(),
                    fixed.stream().map(RuleDocument::of).toList(),
                    it.rules().stream().map(RuleDocument::of).toList(),
                    RuleSet.DEFAULTS.stream().map(RuleDocument::of).toList());
        }
    }

    record Applied(long version, List<String> changed) {}

    record Trials(List<TrialLine> tables) {}

    record TrialLine(
            String table,
            String destination,
            @Nullable String rule,
            boolean changes,
            SchemaDocument schema,
            @Nullable SchemaDocument now,
            Map<String, Double> figures) {
        static TrialLine of(Trial it) {
            ReplicationSchema schema = it.verdict().schema();
            ReplicationSchema now = it.now();
            return new TrialLine(
                    schema.table().toString(),
                    schema.destination().name(),
                    it.verdict().evidence().rule(),
                    it.changes(),
                    SchemaDocument.of(schema),
                    now == null ? null : SchemaDocument.of(now),
                    it.verdict().evidence().figures());
        }
    }

    /**
     * What a declaration changes.
     *
     * @param changed tables that are replicated in another way now, by rules
     */
    record DeclarationOutcome(
            List<DeclarationLine> changes, boolean applied, List<String> changed) {
        static DeclarationOutcome of(
                List<DeclaredChange> changes, boolean applied, Set<?> changed) {
            return new DeclarationOutcome(
                    changes.stream().map(DeclarationLine::of).toList(),
                    applied,
                    changed.stream().map(Object::toString).toList());
        }
    }

    record DeclarationLine(
            String what,
            String name,
            String change,
            @Nullable JsonNode before,
            @Nullable JsonNode after) {
        static DeclarationLine of(DeclaredChange it) {
            return new DeclarationLine(
                    it.what(),
                    it.name(),
                    it.change(),
                    AuditLine.tree(it.before()),
                    AuditLine.tree(it.after()));
        }
    }

    record Overrides(List<OverrideDocument> overrides) {}

    record Audit(List<AuditLine> entries) {}

    record AuditLine(
            long number,
            Instant at,
            String author,
            String action,
            String subject,
            @Nullable String reason,
            @Nullable JsonNode before,
            @Nullable JsonNode after) {
        static AuditLine of(AuditEntry it) {
            return new AuditLine(
                    it.number(),
                    it.at(),
                    it.author(),
                    it.action(),
                    it.subject(),
                    it.reason(),
                    tree(it.before()),
                    tree(it.after()));
        }

        private static @Nullable JsonNode tree(@Nullable String json) {
            return json == null ? null : Json.MAPPER.readTree(json);
        }
    }
}
