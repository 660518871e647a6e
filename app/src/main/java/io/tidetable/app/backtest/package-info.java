/** Backtests of the forecasting methods on files. */
@NullMarked
package io.tidetable.app.backtest;

import org.jspecify.annotations.NullMarked;
