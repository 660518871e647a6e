/** What publications carry of tables of which the destinations need only some columns and rows. */
@NullMarked
package io.tidetable.node.pushdown;

import org.jspecify.annotations.NullMarked;
