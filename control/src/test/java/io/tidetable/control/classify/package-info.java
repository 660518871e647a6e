/** Tests of from figures to classes. */
@NullMarked
package io.tidetable.control.classify;

import org.jspecify.annotations.NullMarked;
