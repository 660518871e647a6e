package io.tidetable.forecast;

/**
 * A way of forecasting. Stateless and safe for use by many threads; the same series always gives
 * the same model.
 */
public interface Forecaster {
    /** The name by which the method is chosen: {@code ridge}, {@code ensemble}. */
    String name();

    /** Learns from the past. Never fails for data that can occur: short, constant, gappy, empty. */
    Model fit(Series series);
}
