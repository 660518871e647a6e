/** Tests of the control plane on real servers. */
@NullMarked
package io.tidetable.control.plane;

import org.jspecify.annotations.NullMarked;
