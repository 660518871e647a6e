package io.tidetable.forecast;

/** What a method has learnt about one series. Not safe for use by several threads at once. */
public interface Model {
    /** Forecasts the steps that follow the last value fitted or observed. */
    Forecast forecast(Horizon horizon);

    /** Takes in the next value, {@link Double#NaN} for a gap, without learning all anew. */
    void observe(double value);
}
