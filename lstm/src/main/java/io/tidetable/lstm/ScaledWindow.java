package io.tidetable.lstm;

/**
 * The latest values of a series, less their mean and divided by their mean distance from it, so
 * that one network serves series of every size.
 */
@SuppressWarnings("ArrayRecordComponent")
record ScaledWindow(float[] inputs, double mean, double spread) {
    /**
     * The window of this length that ends before {@code end}; the first value repeats before it.
     */
    static ScaledWindow of(double[] values, int end, int length) {
        double mean = 0;
        for (int i = 0; i < length; i++) {
            mean += at(values, end - length + i) / length;
        }
        double spread = 0;
        for (int i = 0; i < length; i++) {
            spread += Math.abs(at(values, end - length + i) - mean) / length;
        }
        double unit = spread > 1e-12 * Math.abs(mean) && spread > 0 ? spread : 1;
        float[] inputs = new float[length];
        for (int i = 0; i < length; i++) {
            inputs[i] = (float) ((at(values, end - length + i) - mean) / unit);
        }
        return new ScaledWindow(inputs, mean, unit);
    }

    private static double at(double[] values, int index) {
        return values.length == 0 ? 0 : values[Math.max(0, index)];
    }

    float scaled(double value) {
        return (float) ((value - mean) / spread);
    }

    double unscaled(float output) {
        return output * spread + mean;
    }
}
