package io.tidetable.forecast.interval;

import java.util.Arrays;

/**
 * The quantiles of a sample of errors, half from the errors with their signs and half from their
 * sizes alone: a skew is believed half, because few errors do not prove one.
 *
 * <pre>
 *   q(p) = (Q_(n+1)p of e + sign(p - 1/2) Q_(n+1)|2p-1| of |e|) / 2
 * </pre>
 *
 * The ranks are those of split conformal prediction (Lei et al., JASA 113, 2018).
 */
final class ScoreQuantiles {
    private final double[] signed;
    private final double[] sizes;

    private ScoreQuantiles(double[] signed, double[] sizes) {
        this.signed = signed;
        this.sizes = sizes;
    }

    /** Sorts the errors, which are kept. */
    static ScoreQuantiles of(double[] errors) {
        double[] sizes = new double[errors.length];
        for (int i = 0; i < sizes.length; i++) {
            sizes[i] = Math.abs(errors[i]);
        }
        Arrays.sort(errors);
        Arrays.sort(sizes);
        return new ScoreQuantiles(errors, sizes);
    }

    double at(double probability) {
        if (signed.length == 0) {
            return 0;
        }
        double half = Math.signum(probability - 0.5);
        return (ranked(signed, probability) + half * ranked(sizes, Math.abs(2 * probability - 1)))
                / 2;
    }

    private static double ranked(double[] ascending, double probability) {
        double rank = probability * (ascending.length + 1) - 1;
        double held = Math.clamp(rank, 0, ascending.length - 1);
        int below = (int) held;
        if (below + 1 == ascending.length) {
            return ascending[below];
        }
        return ascending[below] + (held - below) * (ascending[below + 1] - ascending[below]);
    }
}
