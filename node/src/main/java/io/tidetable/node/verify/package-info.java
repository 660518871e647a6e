/** Comparing a table's rows on both sides: checksums first, then the rows that differ. */
@NullMarked
package io.tidetable.node.verify;

import org.jspecify.annotations.NullMarked;
