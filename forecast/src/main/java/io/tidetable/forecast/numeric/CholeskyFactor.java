package io.tidetable.forecast.numeric;

import java.util.Arrays;

/**
 * The lower triangular L of a symmetric positive definite matrix A = L L', kept row by row.
 *
 * <p>A pivot that rounding made non-positive is replaced by a tiny positive one, so that a singular
 * matrix gives a small solution instead of none.
 */
public final class CholeskyFactor {
    private static final double SMALLEST_RELATIVE_PIVOT = 1e-12;

    private final int size;
    private final double[] lower;

    private CholeskyFactor(int size, double[] lower) {
        this.size = size;
        this.lower = lower;
    }

    /** Factors the matrix whose lower triangle is given row by row. */
    static CholeskyFactor of(int size, double[] lowerTriangle) {
        double[] lower = Arrays.copyOf(lowerTriangle, size * (size + 1) / 2);
        for (int row = 0; row < size; row++) {
            int rowStart = row * (row + 1) / 2;
            double diagonal = lower[rowStart + row];
            double pivot = diagonal;
            for (int column = 0; column < row; column++) {
                int columnStart = column * (column + 1) / 2;
                double sum = lower[rowStart + column];
                for (int k = 0; k < column; k++) {
                    sum -= lower[rowStart + k] * lower[columnStart + k];
                }
                double entry = sum / lower[columnStart + column];
                lower[rowStart + column] = entry;
                pivot -= entry * entry;
            }
            double smallest = Math.max(diagonal * SMALLEST_RELATIVE_PIVOT, Double.MIN_NORMAL);
            lower[rowStart + row] = Math.sqrt(Math.max(pivot, smallest));
        }
        return new CholeskyFactor(size, lower);
    }

    /** The x of A x = b. */
    public double[] solve(double[] rightSide) {
        double[] x = Arrays.copyOf(rightSide, size);
        for (int row = 0; row < size; row++) {
            int rowStart = row * (row + 1) / 2;
            double sum = x[row];
            for (int k = 0; k < row; k++) {
                sum -= lower[rowStart + k] * x[k];
            }
            x[row] = sum / lower[rowStart + row];
        }
        for (int row = size - 1; row >= 0; row--) {
            int rowStart = row * (row + 1) / 2;
            double value = x[row] / lower[rowStart + row];
            x[row] = value;
            for (int k = 0; k < row; k++) {
                x[k] -= lower[rowStart + k] * value;
            }
        }
        return x;
    }

    /** Turns this into the factor of {@code keep * A}. */
    public void scale(double keep) {
        double factor = Math.sqrt(keep);
        for (int i = 0; i < lower.length; i++) {
            lower[i] *= factor;
        }
    }

    /**
     * Turns this into the factor of A + v v' in O(size^2): a Givens rotation a column (Gill, Golub,
     * Murray, Saunders: Methods for modifying matrix factorizations, 1974).
     *
     * @param vector used as working space and left undefined
     */
    public void addRankOne(double[] vector) {
        for (int column = 0; column < size; column++) {
            double v = vector[column];
            if (v == 0) {
                continue;
            }
            int diagonal = column * (column + 1) / 2 + column;
            double old = lower[diagonal];
            double pivot = Math.sqrt(old * old + v * v);
            double cosine = pivot / old;
            double sine = v / old;
            lower[diagonal] = pivot;
            for (int row = column + 1; row < size; row++) {
                int entry = row * (row + 1) / 2 + column;
                lower[entry] = (lower[entry] + sine * vector[row]) / cosine;
                vector[row] = cosine * vector[row] - sine * lower[entry];
            }
        }
    }
}
