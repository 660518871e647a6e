package io.tidetable.forecast.numeric;

/** The sums X'WX and X'Wy of a weighted least squares problem, gathered a row at a time. */
public final class NormalEquations {
    private final int size;
    private final double[] gram;
    private final double[] moment;

    /** An empty problem with so many unknowns. */
    public NormalEquations(int size) {
        this.size = size;
        this.gram = new double[size * (size + 1) / 2];
        this.moment = new double[size];
    }

    /** Adds one row of features, the target beside it and their weight. */
    public void add(double[] features, double target, double weight) {
        int entry = 0;
        for (int row = 0; row < size; row++) {
            double weighted = weight * features[row];
            for (int column = 0; column <= row; column++) {
                gram[entry + column] += weighted * features[column];
            }
            entry += row + 1;
            moment[row] += weighted * target;
        }
    }

    /** The entry of X'WX on the diagonal. */
    public double diagonal(int index) {
        return gram[index * (index + 1) / 2 + index];
    }

    /** A copy of X'Wy. */
    public double[] moment() {
        return moment.clone();
    }

    /** The factor of X'WX with a penalty added to each place of the diagonal. */
    public CholeskyFactor factor(double[] penalty) {
        double[] penalised = gram.clone();
        for (int i = 0; i < size; i++) {
            penalised[i * (i + 1) / 2 + i] += penalty[i];
        }
        return CholeskyFactor.of(size, penalised);
    }
}
