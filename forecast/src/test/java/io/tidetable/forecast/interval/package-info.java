/** Tests of the forecasts. */
@NullMarked
package io.tidetable.forecast.interval;

import org.jspecify.annotations.NullMarked;
