/** Tests of the forecasts. */
@NullMarked
package io.tidetable.forecast.csv;

import org.jspecify.annotations.NullMarked;
