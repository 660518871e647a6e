/** Tests of backtests on files. */
@NullMarked
package io.tidetable.app.backtest;

import org.jspecify.annotations.NullMarked;
