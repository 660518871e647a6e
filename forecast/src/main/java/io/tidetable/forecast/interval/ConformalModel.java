package io.tidetable.forecast.interval;

import io.tidetable.forecast.Forecast;
import io.tidetable.forecast.Horizon;
import io.tidetable.forecast.Model;
import io.tidetable.forecast.Origins;
import io.tidetable.forecast.PointForecaster;
import io.tidetable.forecast.PointModel;
import io.tidetable.forecast.Series;
import org.jspecify.annotations.Nullable;

/**
 * A point model with a band. The errors at earlier origins are gathered when a horizon is first
 * asked for, and anew when a longer one is.
 */
final class ConformalModel implements Model {
    private final PointForecaster method;
    private final Series fitted;
    private final PointModel point;
    private @Nullable AdaptiveBand band;

    ConformalModel(PointForecaster method, Series fitted) {
        this.method = method;
        this.fitted = fitted;
        this.point = method.fit(fitted);
    }

    @Override
    public Forecast forecast(Horizon horizon) {
        double[] means = point.forecast(horizon.steps());
        return new Forecast(means, band(horizon).current(), fitted.nonNegative());
    }

    @Override
    public void observe(double value) {
        AdaptiveBand current = band;
        if (current != null) {
            current.expect(point);
            current.observe(value);
        }
        point.observe(value);
    }

    private AdaptiveBand band(Horizon horizon) {
        AdaptiveBand current = band;
        if (current == null || current.horizon() < horizon.steps()) {
            int span = (int) (fitted.length() * ConformalForecaster.SPAN);
            int season = fitted.seasons().shortest();
            int widest = Math.max(horizon.steps(), season);
            int count = method.affordableOrigins();
            int spacing = Math.clamp(span / count, 1, widest);
            Origins origins =
                    Origins.spaced(
                            fitted.length(),
                            fitted.length() - span,
                            count,
                            spacing,
                            horizon.steps());
            current = AdaptiveBand.of(fitted, method.roll(fitted, origins));
            band = current;
        }
        return current;
    }
}
