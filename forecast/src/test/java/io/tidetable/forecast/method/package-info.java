/** Tests of the forecasts. */
@NullMarked
package io.tidetable.forecast.method;

import org.jspecify.annotations.NullMarked;
