package io.tidetable.forecast.accuracy;

import io.tidetable.forecast.Forecast;
import io.tidetable.forecast.Forecaster;
import io.tidetable.forecast.Horizon;
import io.tidetable.forecast.Series;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A rolling origin: the method is fitted as if the series ended at each of several places, and its
 * forecasts from there are measured against what came.
 *
 * @param horizon how far each forecast reaches
 * @param origins how many places, a horizon apart, the last one a horizon before the end
 */
public record Backtest(Horizon horizon, int origins) {
    public Backtest {
        if (origins < 1) {
            throw new IllegalArgumentException(
                    "a backtest has at least one origin, this one has " + origins);
        }
    }

    /** The mean accuracy over the origins that the series is long enough for; none may be. */
    public Accuracy run(Forecaster method, Series series) {
        List<Accuracy> all = new ArrayList<>();
        for (int back = origins; back >= 1; back--) {
            int origin = series.length() - back * horizon.steps();
            if (origin > 0) {
                all.add(at(origin, method, series));
            }
        }
        return Accuracy.mean(all);
    }

    private Accuracy at(int origin, Forecaster method, Series series) {
        Series training = series.first(origin);
        Forecast forecast = method.fit(training).forecast(horizon);
        double[] actual = Arrays.copyOfRange(series.toArray(), origin, origin + horizon.steps());
        return Accuracy.of(training, actual, forecast);
    }
}
