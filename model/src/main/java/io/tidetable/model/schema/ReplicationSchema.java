package io.tidetable.model.schema;

import io.tidetable.model.Consistency;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How one table is replicated to one destination: its class, what is carried and when, in which
 * order, with which weight, who or what decided it, and why.
 *
 * @param version counts the versions of this table and destination from 1; 0 while it is not stored
 * @param priority the weight in the queue that was given to it, 1 to 1000; more is served sooner
 * @param track where its changes ride
 * @param weights Priority Weights by the name of a shard; a shard that is not named has 1
 * @param reason a sentence
 * @param at when it was decided
 */
public record ReplicationSchema(
        TableId table,
        DestinationId destination,
        long version,
        Classification classification,
        Strategy strategy,
        Consistency consistency,
        int priority,
        Track track,
        Sharding sharding,
        SortedMap<String, Double> weights,
        Objective objective,
        Origin origin,
        String reason,
        Instant at) {
    public ReplicationSchema {
        if (version < 0) {
            throw new IllegalArgumentException("versions count from 1, got " + version);
        }
        requirePriority(priority);
        if (reason.isBlank()) {
            throw new IllegalArgumentException("a replication schema needs a reason");
        }
        weights.forEach((shard, weight) -> {
            if (!(weight > 0 && weight <= 1e6)) {
                throw new IllegalArgumentException(
                        "a Priority Weight is above 0 and at most 1000000, got %s for %s"
                                .formatted(weight, shard));
            }
        });
        weights = Collections.unmodifiableSortedMap(new TreeMap<>(weights));
        if (!(strategy instanceof Strategy.PrioritizedDelta)) {
            switch (consistency) {
                case Consistency.Group _, Consistency.Strict _ ->
                        throw new IllegalArgumentException(
                                "consistency %s takes the strategy delta only, got %s"
                                        .formatted(consistency.label(), strategy.label()));
                case Consistency.Table _, Consistency.Key _ -> {}
            }
        }
    }

    /**
     * What follows from nothing but the table's name: every change, in order, on the bulk track.
     */
    public static ReplicationSchema usual(TableId table, DestinationId destination, Instant at) {
        return new ReplicationSchema(
                table,
                destination,
                0,
                Classification.UNKNOWN,
                new Strategy.PrioritizedDelta(),
                new Consistency.Table(),
                1,
                Track.BULK,
                new Sharding.Unsharded(),
                Collections.emptySortedMap(),
                Objective.usual(Classification.UNKNOWN.temperature()),
                Origin.DEFAULT,
                "nothing was said about this table",
                at);
    }

    /**
     * In which order its changes are applied, over as many lanes as its shards say: a table with
     * consistency {@code key} has a lane for each shard by key hash.
     */
    public Consistency ordered() {
        return consistency instanceof Consistency.Key
                        && sharding instanceof Sharding.ByKeyHash(int shards)
                ? new Consistency.Key(shards)
                : consistency;
    }

    /** How old rows may be where somebody said so; null where that only follows from the class. */
    public @Nullable Duration statedFreshness() {
        return objective.equals(Objective.usual(classification.temperature()))
                ? null
                : objective.freshness();
    }

    static int requirePriority(int priority) {
        if (priority < 1 || priority > 1000) {
            throw new IllegalArgumentException("priority takes 1 to 1000, got " + priority);
        }
        return priority;
    }

    /** Whether both ask the data plane for the same, whoever decided it and why. */
    public boolean asksTheSame(ReplicationSchema other) {
        return table.equals(other.table)
                && destination.equals(other.destination)
                && classification.equals(other.classification)
                && strategy.equals(other.strategy)
                && consistency.equals(other.consistency)
                && priority == other.priority
                && track == other.track
                && sharding.equals(other.sharding)
                && weights.equals(other.weights)
                && objective.equals(other.objective);
    }

    public ReplicationSchema withVersion(long number) {
        return with(number, classification, strategy, consistency, priority, track, sharding);
    }

    public ReplicationSchema withStrategy(Strategy other) {
        return with(version, classification, other, consistency, priority, track, sharding);
    }

    public ReplicationSchema withConsistency(Consistency other) {
        return with(version, classification, strategy, other, priority, track, sharding);
    }

    public ReplicationSchema withPriority(int other) {
        return with(version, classification, strategy, consistency, other, track, sharding);
    }

    public ReplicationSchema withTrack(Track other) {
        return with(version, classification, strategy, consistency, priority, other, sharding);
    }

    public ReplicationSchema withSharding(Sharding other) {
        return with(version, classification, strategy, consistency, priority, track, other);
    }

    public ReplicationSchema withClassification(Classification other) {
        return with(version, other, strategy, consistency, priority, track, sharding);
    }

    /** The same, decided by somebody else. */
    public ReplicationSchema decided(Origin by, String why, Instant when) {
        return new ReplicationSchema(
                table,
                destination,
                version,
                classification,
                strategy,
                consistency,
                priority,
                track,
                sharding,
                weights,
                objective,
                by,
                why,
                when);
    }

    private ReplicationSchema with(
            long number,
            Classification itsClass,
            Strategy itsStrategy,
            Consistency itsConsistency,
            int itsPriority,
            Track itsTrack,
            Sharding itsSharding) {
        return new ReplicationSchema(
                table,
                destination,
                number,
                itsClass,
                itsStrategy,
                itsConsistency,
                itsPriority,
                itsTrack,
                itsSharding,
                weights,
                objective,
                origin,
                reason,
                at);
    }
}
