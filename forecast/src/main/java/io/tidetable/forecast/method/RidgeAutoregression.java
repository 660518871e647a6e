package io.tidetable.forecast.method;

import io.tidetable.forecast.Origins;
import io.tidetable.forecast.PointForecaster;
import io.tidetable.forecast.PointModel;
import io.tidetable.forecast.RollingForecasts;
import io.tidetable.forecast.Series;

/**
 * Linear autoregression on sparse lags, least squares with a ridge and a fading memory.
 *
 * <pre>
 *   z_t = c + sum_j b_j z_(t-lag_j) [+ sum_k (s_k sin(2 pi k t / m) + q_k cos(2 pi k t / m))]
 *   minimise sum_t w^(n-t) (z_t - forecast_t)^2 + r W (sum b_j^2 + 10 sum (s_k^2 + q_k^2))
 * </pre>
 *
 * z is the standardised logarithm where all values are positive (or the standardised value), w
 * halves every {@value #HALF_LIFE} steps or three weeks of seasons, whichever is longer, W is the
 * sum of the weights, r = {@value #RIDGE}. Lags: {@link SparseLags}. Several steps ahead are
 * forecast by feeding forecasts back, and give way to the season with the distance as far as that
 * was better before ({@link SeasonalPull}). Each observed value is a rank-one step on the Cholesky
 * factor of the normal equations, O(p^2).
 *
 * <p>Hoerl, Kennard: Ridge regression, Technometrics 12, 1970. Recursive least squares with
 * forgetting and a leak of the ridge back onto the diagonal: Ljung, System Identification, 1999,
 * ch. 11. Close in spirit: SPAR in P-Store (Taft et al., SIGMOD 2018).
 */
public final class RidgeAutoregression implements PointForecaster {
    static final double HALF_LIFE = 500;
    static final double RIDGE = 1e-5;
    private static final int PULL_ORIGINS = 12;
    private static final int PULL_SEASONS = 3;
    private static final int LEAST_AHEAD = 24;
    private static final int MOST_AHEAD = 500;

    private final String name;
    private final boolean logarithmic;
    private final int harmonics;

    private RidgeAutoregression(String name, boolean logarithmic, int harmonics) {
        this.name = name;
        this.logarithmic = logarithmic;
        this.harmonics = harmonics;
    }

    /** On logarithms where all values are positive: the default method. */
    public static RidgeAutoregression logarithmic() {
        return new RidgeAutoregression("ridge", true, 0);
    }

    /** On the values themselves. */
    public static RidgeAutoregression raw() {
        return new RidgeAutoregression("ridge-raw", false, 0);
    }

    /** On logarithms, with the season's shape also as sines and cosines. */
    public static RidgeAutoregression harmonic() {
        return new RidgeAutoregression("ridge-harmonic", true, 6);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public PointModel fit(Series series) {
        RidgeWalk walk = walk(series);
        int span = series.length() / 3;
        int ahead =
                Math.clamp(
                        PULL_SEASONS * (long) series.seasons().shortest(), LEAST_AHEAD, MOST_AHEAD);
        int horizon = Math.clamp(series.length() / 6, 1, ahead);
        Origins origins =
                Origins.spaced(
                        series.length(),
                        series.length() - span,
                        PULL_ORIGINS,
                        Math.clamp(span / PULL_ORIGINS, 1, horizon),
                        horizon);
        for (int i = 0; i < origins.count(); i++) {
            walk.advance(origins.at(i));
            walk.look(horizon);
        }
        walk.advance(series.length());
        return walk.online();
    }

    /** One walk with a stop at each origin; the pull at a stop is learnt from the stops before. */
    @Override
    public RollingForecasts roll(Series series, Origins origins) {
        RidgeWalk walk = walk(series);
        double[][] forecasts = new double[origins.count()][];
        for (int i = 0; i < forecasts.length; i++) {
            walk.advance(origins.at(i));
            forecasts[i] = walk.stop(origins.horizon());
        }
        return new RollingForecasts(series, origins, forecasts);
    }

    private RidgeWalk walk(Series series) {
        ValueScale scale = logarithmic ? ValueScale.suited(series) : ValueScale.linear(series);
        int season = series.seasons().shortest();
        double halfLife = Math.max(HALF_LIFE, 21.0 * season);
        LagFeatures features =
                LagFeatures.of(
                        SparseLags.of(series.seasons(), series.length()),
                        season,
                        Math.min(harmonics, (season - 1) / 2));
        return new RidgeWalk(series, scale, features, halfLife, RIDGE);
    }
}
