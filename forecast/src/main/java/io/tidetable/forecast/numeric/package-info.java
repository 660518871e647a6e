/** The little numerical mathematics that the methods need. */
@NullMarked
package io.tidetable.forecast.numeric;

import org.jspecify.annotations.NullMarked;
