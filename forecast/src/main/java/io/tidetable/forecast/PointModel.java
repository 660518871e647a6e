package io.tidetable.forecast;

/** What a {@link PointForecaster} has learnt about one series. */
public interface PointModel {
    /** The means of the steps that follow the last value, finite always. */
    double[] forecast(int steps);

    /** Takes in the next value, {@link Double#NaN} for a gap. */
    void observe(double value);
}
