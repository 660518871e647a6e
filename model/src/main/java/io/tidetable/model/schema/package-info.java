/**
 * How a table is replicated to a destination, who or what decided that, and why: the words that the
 * control plane writes and the data plane follows.
 */
@NullMarked
package io.tidetable.model.schema;

import org.jspecify.annotations.NullMarked;
