/** Forecasts by a recurrent network trained over many series; off by default. */
@NullMarked
package io.tidetable.lstm;

import org.jspecify.annotations.NullMarked;
