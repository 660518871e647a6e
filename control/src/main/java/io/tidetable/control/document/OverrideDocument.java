package io.tidetable.control.document;

import io.tidetable.model.DestinationId;
import io.tidetable.model.schema.SchemaOverride;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** An override. */
public record OverrideDocument(
        long number,
        String namespace,
        String name,
        @Nullable String destination,
        PinsDocument pins,
        String reason,
        String author,
        Instant since,
        @Nullable Instant until,
        @Nullable Instant endedAt) {
    /** The form of it. */
    public static OverrideDocument of(SchemaOverride it) {
        return new OverrideDocument(
                it.number(),
                it.table().namespace(),
                it.table().name(),
                RuleDocument.map(it.destination(), DestinationId::name),
                PinsDocument.of(it.pins()),
                it.reason(),
                it.author(),
                it.since(),
                it.until(),
                it.endedAt());
    }
}
