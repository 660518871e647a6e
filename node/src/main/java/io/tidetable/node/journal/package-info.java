/**
 * The durable change log between capture and apply: what one track delivered, read lane by lane.
 */
@NullMarked
package io.tidetable.node.journal;

import org.jspecify.annotations.NullMarked;
