package io.tidetable.forecast.method;

/**
 * The row of features of one step: the lagged values, then the constant one, then sines and cosines
 * of the season.
 */
final class LagFeatures {
    private final int[] lags;
    private final int harmonics;
    private final double[] sines;
    private final double[] cosines;

    private LagFeatures(int[] lags, int harmonics, double[] sines, double[] cosines) {
        this.lags = lags;
        this.harmonics = harmonics;
        this.sines = sines;
        this.cosines = cosines;
    }

    static LagFeatures of(int[] lags, int season, int harmonics) {
        double[] sines = new double[season];
        double[] cosines = new double[season];
        for (int phase = 0; phase < season; phase++) {
            sines[phase] = Math.sin(2 * Math.PI * phase / season);
            cosines[phase] = Math.cos(2 * Math.PI * phase / season);
        }
        return new LagFeatures(lags, harmonics, sines, cosines);
    }

    int size() {
        return lags.length + 1 + 2 * harmonics;
    }

    /** The place of the constant one in the row. */
    int constant() {
        return lags.length;
    }

    int longestLag() {
        return lags[lags.length - 1];
    }

    /**
     * Writes the row of a step.
     *
     * @param values holds the lagged values before {@code index}
     * @param index the place of the step in the values
     * @param time the number of the step in the series, for its phase
     */
    void write(double[] row, double[] values, int index, long time) {
        for (int j = 0; j < lags.length; j++) {
            row[j] = values[index - lags[j]];
        }
        row[lags.length] = 1;
        int season = sines.length;
        int phase = (int) (time % season);
        int place = lags.length + 1;
        for (int k = 1; k <= harmonics; k++) {
            int turned = (int) ((long) k * phase % season);
            row[place++] = sines[turned];
            row[place++] = cosines[turned];
        }
    }
}
