/** Writes committed source transactions to a PostgreSQL destination, rows and progress at once. */
@NullMarked
package io.tidetable.node.apply;

import org.jspecify.annotations.NullMarked;
