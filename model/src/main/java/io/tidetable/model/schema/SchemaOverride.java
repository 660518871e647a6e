package io.tidetable.model.schema;

import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an administrator has taken out of automatic control for a table, for a time.
 *
 * @param number identifies it; 0 while it is not stored. Of two that pin the same, the one with the
 *     higher number counts
 * @param destination null for every destination
 * @param reason a sentence
 * @param until when automatic control comes back; null for never by itself
 * @param endedAt when somebody ended it by hand; null while nobody did
 */
public record SchemaOverride(
        long number,
        TableId table,
        @Nullable DestinationId destination,
        Pins pins,
        String reason,
        String author,
        Instant since,
        @Nullable Instant until,
        @Nullable Instant endedAt) {
    private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59.999999999Z");

    public SchemaOverride {
        if (pins.isEmpty()) {
            throw new IllegalArgumentException("an override pins at least one thing");
        }
        if (reason.isBlank()) {
            throw new IllegalArgumentException("an override needs a reason");
        }
        if (author.isBlank()) {
            throw new IllegalArgumentException("an override needs an author");
        }
        if (until != null && until.isAfter(LATEST)) {
            throw new IllegalArgumentException(
                    "an override ends before the year 10000, or never; leave its end out for that");
        }
        if (until != null && !until.isAfter(since)) {
            throw new IllegalArgumentException(
                    "an override ends after it begins; it would end at " + until);
        }
    }

    /** The same as it is stored. */
    public SchemaOverride numbered(long stored) {
        return new SchemaOverride(
                stored, table, destination, pins, reason, author, since, until, endedAt);
    }

    /** Whether it counts at that time. */
    public boolean isInForce(Instant at) {
        return !at.isBefore(since)
                && (until == null || at.isBefore(until))
                && (endedAt == null || at.isBefore(endedAt));
    }

    /** Whether it is about that table at that destination. */
    public boolean concerns(TableId other, DestinationId there) {
        return table.equals(other) && (destination == null || destination.equals(there));
    }

    /**
     * A schema with all overrides that are in force on it.
     *
     * @throws IllegalArgumentException when what they pin does not go together
     */
    public static InForce apply(
            ReplicationSchema schema, Collection<SchemaOverride> overrides, Instant at) {
        List<SchemaOverride> counting =
                overrides.stream()
                        .filter(it ->
                                it.isInForce(at)
                                        && it.concerns(schema.table(), schema.destination()))
                        .sorted(Comparator.comparingLong(SchemaOverride::number).reversed())
                        .toList();
        if (counting.isEmpty()) {
            return new InForce(schema, false, List.of());
        }
        Pins all = counting.getFirst().pins();
        for (SchemaOverride older : counting.subList(1, counting.size())) {
            all = all.over(older.pins());
        }
        SchemaOverride newest = counting.getFirst();
        return new InForce(
                all.on(
                        schema,
                        "override %d by %s: %s"
                                .formatted(newest.number(), newest.author(), newest.reason()),
                        newest.since()),
                all.paused(),
                counting);
    }

    /**
     * What counts for a table at one time.
     *
     * @param overrides those that count, the newest first
     */
    public record InForce(
            ReplicationSchema schema, boolean paused, List<SchemaOverride> overrides) {
        public InForce {
            overrides = List.copyOf(overrides);
        }
    }
}
