package io.tidetable.control.store;

import io.tidetable.model.schema.Evidence;
import io.tidetable.model.schema.ReplicationSchema;

/** A version of a replication schema as it was saved, by whom and on what. */
public record StoredSchema(ReplicationSchema schema, Evidence evidence, String author) {}
