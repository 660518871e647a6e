package io.tidetable.forecast.method;

/** How much a series resembles itself some steps earlier, between -1 and 1. */
final class Autocorrelation {
    private Autocorrelation() {}

    /** The autocorrelation at a lag; 0 for a constant series. */
    static double at(double[] values, int lag) {
        double mean = 0;
        for (double value : values) {
            mean += value / values.length;
        }
        double variance = 0;
        double covariance = 0;
        for (int i = 0; i < values.length; i++) {
            variance += (values[i] - mean) * (values[i] - mean);
            if (i >= lag) {
                covariance += (values[i] - mean) * (values[i - lag] - mean);
            }
        }
        return variance > 0 ? covariance / variance : 0;
    }
}
