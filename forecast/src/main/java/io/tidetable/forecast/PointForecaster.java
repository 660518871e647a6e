package io.tidetable.forecast;

/**
 * A way of forecasting the mean alone; quantiles are added to it from its own errors at earlier
 * origins.
 */
public interface PointForecaster {
    /** The name by which the method is chosen. */
    String name();

    /** Learns from the past. */
    PointModel fit(Series series);

    /** At how many origins a forecast is cheap enough to be made for the band. */
    default int affordableOrigins() {
        return 40;
    }

    /**
     * What this method would have forecast at each origin, knowing only the values before it. A
     * method that can walk through the series faster than by fitting at every origin overrides
     * this.
     */
    default RollingForecasts roll(Series series, Origins origins) {
        double[][] forecasts = new double[origins.count()][];
        for (int i = 0; i < forecasts.length; i++) {
            forecasts[i] = fit(series.first(origins.at(i))).forecast(origins.horizon());
        }
        return new RollingForecasts(series, origins, forecasts);
    }
}
