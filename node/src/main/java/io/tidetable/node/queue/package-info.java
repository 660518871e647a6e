/**
 * Who goes next: hierarchical weighted fair queueing of lanes and copies over a destination's
 * slots. Pure: time is an argument.
 */
@NullMarked
package io.tidetable.node.queue;

import org.jspecify.annotations.NullMarked;
