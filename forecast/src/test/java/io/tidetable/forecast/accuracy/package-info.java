/** Tests of the forecasts. */
@NullMarked
package io.tidetable.forecast.accuracy;

import org.jspecify.annotations.NullMarked;
