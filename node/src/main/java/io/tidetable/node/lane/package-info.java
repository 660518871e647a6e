/** Lanes: changes that must be applied in order to one destination, and how far each has come. */
@NullMarked
package io.tidetable.node.lane;

import org.jspecify.annotations.NullMarked;
