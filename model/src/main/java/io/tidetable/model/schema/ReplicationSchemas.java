package io.tidetable.model.schema;

import io.tidetable.model.DestinationId;
import io.tidetable.model.TableId;
import java.util.Collection;
import java.util.Map;

/**
 * Where the data plane reads how tables are to be replicated. What it reads is in force: overrides
 * are part of it. The data plane asks once for all tables of a destination when it starts; what
 * changes later is told to it table by table. Thread-safe.
 */
@FunctionalInterface
public interface ReplicationSchemas {
    /** The replication schema in force of each of the tables; every table asked for has one. */
    Map<TableId, ReplicationSchema> inForce(DestinationId destination, Collection<TableId> tables);
}
