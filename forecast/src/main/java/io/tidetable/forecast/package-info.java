/** Series in, forecasts with quantiles out: pure functions without a clock, input or output. */
@NullMarked
package io.tidetable.forecast;

import org.jspecify.annotations.NullMarked;
