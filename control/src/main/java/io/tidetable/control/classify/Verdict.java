package io.tidetable.control.classify;

import io.tidetable.model.schema.Evidence;
import io.tidetable.model.schema.ReplicationSchema;

/** What rules, defaults and settings make of a table, and why. */
public record Verdict(ReplicationSchema schema, Evidence evidence) {}
