package io.tidetable.forecast.interval;

import io.tidetable.forecast.Forecaster;
import io.tidetable.forecast.Model;
import io.tidetable.forecast.PointForecaster;
import io.tidetable.forecast.Series;

/**
 * Gives a method its quantiles: split conformal prediction from the errors it made at as many
 * origins in the last half of the series as it affords, kept adaptive online.
 *
 * <p>Each observed value is held against the forecasts still open. Their errors replace the oldest
 * in the sample, and the width follows the share of misses (Gibbs, Candes: Adaptive conformal
 * inference under distribution shift, NeurIPS 2021; Angelopoulos, Candes, Tibshirani: Conformal PID
 * control, arXiv 2307.16895).
 *
 * @param method forecasts the means
 */
public record ConformalForecaster(PointForecaster method) implements Forecaster {
    static final double SPAN = 0.5;

    @Override
    public String name() {
        return method.name();
    }

    @Override
    public Model fit(Series series) {
        return new ConformalModel(method, series);
    }
}
