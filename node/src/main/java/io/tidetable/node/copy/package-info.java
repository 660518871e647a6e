/**
 * The first load of a table: snapshots, chunks that are copied once, and the state between them.
 */
@NullMarked
package io.tidetable.node.copy;

import org.jspecify.annotations.NullMarked;
