/** Mending a table in place: only what differs from a snapshot of the source is written. */
@NullMarked
package io.tidetable.node.merge;

import org.jspecify.annotations.NullMarked;
