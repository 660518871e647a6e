package io.tidetable.node.capture;

import io.tidetable.model.SourceIdentity;
import io.tidetable.node.postgres.Database;

/**
 * Where a pipeline's changes come from.
 *
 * @param pipeline part of the names of slots and publications
 * @param identity what the journal's positions belong to; another server is a gap
 */
public record CaptureSource(String pipeline, Database database, SourceIdentity identity) {}
