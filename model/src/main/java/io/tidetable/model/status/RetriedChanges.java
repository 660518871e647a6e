package io.tidetable.model.status;

import org.jspecify.annotations.Nullable;

/**
 * What retrying a row's quarantined changes came to.
 *
 * @param applied changes that were written; 0 where one of them failed again
 * @param conflicts those of them that found no row to change
 * @param failure why one failed again; null where none did
 */
public record RetriedChanges(long applied, long conflicts, @Nullable String failure) {}
