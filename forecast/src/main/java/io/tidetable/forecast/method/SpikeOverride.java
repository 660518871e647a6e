package io.tidetable.forecast.method;

import io.tidetable.forecast.Forecast;
import io.tidetable.forecast.Forecaster;
import io.tidetable.forecast.Horizon;
import io.tidetable.forecast.Model;
import io.tidetable.forecast.Series;

/**
 * The reactive path: another method's forecast, until the last values leave its band.
 *
 * <pre>
 *   on    when two values in a row leave the 98 % band one step ahead on the same side
 *   mean  = base mean + x 2^(-h/12),   x = mean distance of the values outside from their forecasts
 *   off   when a value is back within the band
 * </pre>
 *
 * Quantiles move along with the mean on the side of the spike and stay on the other, so that the
 * band covers both a spike that lasts and one that ends. What the base itself has learnt of the
 * spike is not added twice: x is measured against its newest forecasts.
 *
 * <p>In the role of the kernel regression that overrides in QueryBot 5000 (Ma et al., SIGMOD 2018).
 */
public final class SpikeOverride implements Forecaster {
    private static final int RECENT = 4;
    private static final double TAIL = 0.01;
    private static final int NEEDED = 2;
    private static final double HALF_LIFE = 12;
    private static final Horizon NEXT = Horizon.of(1);

    private final Forecaster base;

    /** Overrides this method. */
    public SpikeOverride(Forecaster base) {
        this.base = base;
    }

    @Override
    public String name() {
        return "spike-override";
    }

    @Override
    public Model fit(Series series) {
        int before = Math.max(0, series.length() - RECENT);
        Overridden model = new Overridden(base.fit(series.first(before)), series.nonNegative());
        for (int i = before; i < series.length(); i++) {
            model.observe(series.value(i));
        }
        return model;
    }

    private static final class Overridden implements Model {
        private final Model base;
        private final boolean nonNegative;
        private double excess;
        private int outside;

        private Overridden(Model base, boolean nonNegative) {
            this.base = base;
            this.nonNegative = nonNegative;
        }

        @Override
        public void observe(double value) {
            if (!Double.isNaN(value)) {
                Forecast next = base.forecast(NEXT);
                boolean left = value < next.quantile(0, TAIL) || value > next.quantile(0, 1 - TAIL);
                double distance = value - next.mean(0);
                if (!left) {
                    outside = 0;
                } else if (outside > 0 && Math.signum(distance) == Math.signum(excess)) {
                    excess = (excess * outside + distance) / (outside + 1);
                    outside++;
                } else {
                    excess = distance;
                    outside = 1;
                }
            }
            base.observe(value);
        }

        @Override
        public Forecast forecast(Horizon horizon) {
            Forecast plain = base.forecast(horizon);
            if (outside < NEEDED) {
                return plain;
            }
            double[] means = plain.means();
            for (int step = 0; step < means.length; step++) {
                means[step] += carried(step);
            }
            Forecast.Band band =
                    (step, mean, probability) -> {
                        boolean spikeSide = (probability > 0.5) == (excess > 0);
                        double quantile = plain.quantile(step, probability);
                        return spikeSide ? quantile + carried(step) : quantile;
                    };
            return new Forecast(means, band, nonNegative);
        }

        private double carried(int step) {
            return excess * Math.pow(0.5, (step + 1) / HALF_LIFE);
        }
    }
}
