/**
 * The control plane: classifies tables before they are replicated, keeps how they are replicated,
 * lets administrators override that, and explains it.
 */
@NullMarked
package io.tidetable.control.plane;

import org.jspecify.annotations.NullMarked;
