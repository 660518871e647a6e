package io.tidetable.forecast.numeric;

import java.util.Arrays;
import java.util.Comparator;
import java.util.function.ToDoubleFunction;

/**
 * Minimises a function without derivatives by a simplex that reflects, stretches and shrinks
 * (Nelder, Mead: A simplex method for function minimization, Computer Journal 7, 1965), with their
 * constants 1, 2, 1/2, 1/2.
 */
public final class DownhillSimplex {
    private static final double FLAT = 1e-6;

    private DownhillSimplex() {}

    /**
     * The best point found.
     *
     * @param step how far the first simplex reaches in each direction
     * @param evaluations after so many evaluations the search ends
     */
    public static double[] minimise(
            ToDoubleFunction<double[]> function, double[] start, double step, int evaluations) {
        int size = start.length;
        Corner[] corners = new Corner[size + 1];
        for (int i = 0; i <= size; i++) {
            double[] point = start.clone();
            if (i < size) {
                point[i] += step;
            }
            corners[i] = Corner.of(function, point);
        }
        for (int used = size + 1; used < evaluations; used += 2) {
            Arrays.sort(corners, Comparator.comparingDouble(Corner::value));
            Corner best = corners[0];
            Corner worst = corners[size];
            if (worst.value - best.value <= FLAT * Math.abs(best.value)) {
                break;
            }
            double[] centre = centre(corners, size);
            Corner reflected = Corner.of(function, along(centre, worst.point, -1));
            if (reflected.value < best.value) {
                Corner stretched = Corner.of(function, along(centre, worst.point, -2));
                corners[size] = stretched.value < reflected.value ? stretched : reflected;
            } else if (reflected.value < corners[size - 1].value) {
                corners[size] = reflected;
            } else {
                double towards = reflected.value < worst.value ? -0.5 : 0.5;
                Corner drawn = Corner.of(function, along(centre, worst.point, towards));
                if (drawn.value < Math.min(reflected.value, worst.value)) {
                    corners[size] = drawn;
                } else {
                    for (int i = 1; i <= size; i++) {
                        corners[i] = Corner.of(function, along(best.point, corners[i].point, 0.5));
                    }
                    used += size;
                }
            }
        }
        return Arrays.stream(corners).min(Comparator.comparingDouble(Corner::value)).get().point;
    }

    private static double[] centre(Corner[] corners, int size) {
        double[] centre = new double[size];
        for (int i = 0; i < size; i++) {
            for (int j = 0; j < size; j++) {
                centre[j] += corners[i].point[j] / size;
            }
        }
        return centre;
    }

    private static double[] along(double[] from, double[] to, double share) {
        double[] point = new double[from.length];
        for (int i = 0; i < point.length; i++) {
            point[i] = from[i] + share * (to[i] - from[i]);
        }
        return point;
    }

    @SuppressWarnings("ArrayRecordComponent")
    private record Corner(double[] point, double value) {
        static Corner of(ToDoubleFunction<double[]> function, double[] point) {
            double value = function.applyAsDouble(point);
            return new Corner(point, Double.isNaN(value) ? Double.POSITIVE_INFINITY : value);
        }
    }
}
