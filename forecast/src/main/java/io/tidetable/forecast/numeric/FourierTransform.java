package io.tidetable.forecast.numeric;

/** The fast Fourier transform of Cooley and Tukey, radix two, in place. */
public final class FourierTransform {
    private FourierTransform() {}

    /**
     * The autocovariances of a sequence at lags from zero, not divided by its length.
     *
     * @param values taken as they are: subtract the mean first
     */
    public static double[] autocovariances(double[] values) {
        int size = Integer.highestOneBit(Math.max(1, 2 * values.length - 1)) * 2;
        double[] real = new double[size];
        double[] imaginary = new double[size];
        System.arraycopy(values, 0, real, 0, values.length);
        transform(real, imaginary);
        for (int i = 0; i < size; i++) {
            real[i] = real[i] * real[i] + imaginary[i] * imaginary[i];
            imaginary[i] = 0;
        }
        transform(real, imaginary);
        double[] covariances = new double[values.length];
        for (int lag = 0; lag < covariances.length; lag++) {
            covariances[lag] = real[lag] / size;
        }
        return covariances;
    }

    private static void transform(double[] real, double[] imaginary) {
        int size = real.length;
        int reversed = 0;
        for (int i = 1; i < size; i++) {
            int bit = size >> 1;
            while ((reversed & bit) != 0) {
                reversed ^= bit;
                bit >>= 1;
            }
            reversed |= bit;
            if (i < reversed) {
                swap(real, i, reversed);
                swap(imaginary, i, reversed);
            }
        }
        double[] cosines = new double[size / 2];
        double[] sines = new double[size / 2];
        for (int k = 0; k < size / 2; k++) {
            cosines[k] = Math.cos(2 * Math.PI * k / size);
            sines[k] = -Math.sin(2 * Math.PI * k / size);
        }
        for (int span = 2; span <= size; span *= 2) {
            int stride = size / span;
            for (int block = 0; block < size; block += span) {
                for (int k = 0; k < span / 2; k++) {
                    int low = block + k;
                    int high = low + span / 2;
                    double cosine = cosines[k * stride];
                    double sine = sines[k * stride];
                    double re = real[high] * cosine - imaginary[high] * sine;
                    double im = real[high] * sine + imaginary[high] * cosine;
                    real[high] = real[low] - re;
                    imaginary[high] = imaginary[low] - im;
                    real[low] += re;
                    imaginary[low] += im;
                }
            }
        }
    }

    private static void swap(double[] values, int left, int right) {
        double kept = values[left];
        values[left] = values[right];
        values[right] = kept;
    }
}
