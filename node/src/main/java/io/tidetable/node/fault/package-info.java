/** The named points of the data path at which tests kill or pause it. */
@NullMarked
package io.tidetable.node.fault;

import org.jspecify.annotations.NullMarked;
