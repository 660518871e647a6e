/** Tests of the forecasts. */
@NullMarked
package io.tidetable.forecast.linear;

import org.jspecify.annotations.NullMarked;
