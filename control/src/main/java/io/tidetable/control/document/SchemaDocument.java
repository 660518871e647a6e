package io.tidetable.control.document;

import io.tidetable.model.Consistency;
import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.model.schema.ChangeFrequency;
import io.tidetable.model.schema.Classification;
import io.tidetable.model.schema.Objective;
import io.tidetable.model.schema.Origin;
import io.tidetable.model.schema.ReplicationSchema;
import io.tidetable.model.schema.Temperature;
import java.time.Instant;
import java.util.SortedMap;

/** A replication schema. */
public record SchemaDocument(
        String namespace,
        String name,
        String destination,
        long version,
        String temperature,
        String changeFrequency,
        StrategyDocument strategy,
        String consistency,
        int priority,
        String track,
        ShardingDocument sharding,
        SortedMap<String, Double> weights,
        double freshnessSeconds,
        String origin,
        String reason,
        Instant at) {
    /** The form of it. */
    public static SchemaDocument of(ReplicationSchema it) {
        return new SchemaDocument(
                it.table().namespace(),
                it.table().name(),
                it.destination().name(),
                it.version(),
                it.classification().temperature().label(),
                it.classification().changeFrequency().label(),
                StrategyDocument.of(it.strategy()),
                it.consistency().label(),
                it.priority(),
                it.track().label(),
                ShardingDocument.of(it.sharding()),
                it.weights(),
                it.objective().seconds(),
                it.origin().label(),
                it.reason(),
                it.at());
    }

    /**
     * What it says.
     *
     * @throws IllegalArgumentException when a value is not allowed
     */
    public ReplicationSchema schema() {
        return new ReplicationSchema(
                new TableId(namespace, name),
                new DestinationId(destination),
                version,
                new Classification(
                        Temperature.parse(temperature), ChangeFrequency.parse(changeFrequency)),
                strategy.strategy(),
                Consistency.parse(consistency),
                priority,
                Track.parse(track),
                sharding.sharding(),
                weights,
                Objective.ofSeconds(freshnessSeconds),
                Origin.parse(origin),
                reason,
                at);
    }
}
