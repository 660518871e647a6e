/** Tests of the forecasts. */
@NullMarked
package io.tidetable.forecast.numeric;

import org.jspecify.annotations.NullMarked;
