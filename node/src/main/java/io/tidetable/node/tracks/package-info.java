/** Which track a table rides, decided by what its changes do to others. */
@NullMarked
package io.tidetable.node.tracks;

import org.jspecify.annotations.NullMarked;
