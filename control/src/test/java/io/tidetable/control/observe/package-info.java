/** Tests of the statistics of real servers. */
@NullMarked
package io.tidetable.control.observe;

import org.jspecify.annotations.NullMarked;
