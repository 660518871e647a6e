/** Watching a sample of a table: how large it is to be, and whether its distribution shifted. */
@NullMarked
package io.tidetable.node.sampling;

import org.jspecify.annotations.NullMarked;
