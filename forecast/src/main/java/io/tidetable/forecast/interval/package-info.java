/** Honest bands: quantiles from the errors that a method made at earlier origins. */
@NullMarked
package io.tidetable.forecast.interval;

import org.jspecify.annotations.NullMarked;
