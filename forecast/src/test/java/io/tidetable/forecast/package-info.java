/** Tests of the forecasts. */
@NullMarked
package io.tidetable.forecast;

import org.jspecify.annotations.NullMarked;
