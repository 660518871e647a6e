package io.tidetable.forecast.accuracy;

import io.tidetable.forecast.Forecast;
import io.tidetable.forecast.Forecaster;
import io.tidetable.forecast.Horizon;
import io.tidetable.forecast.Series;
import java.util.Arrays;
import java.util.function.LongSupplier;

/** A series and what came after it, on which methods are compared. */
public final class Trial {
    private static final double UPPER = 0.975;

    private final Series training;
    private final double[] actual;

    private Trial(Series training, double[] actual) {
        if (Arrays.stream(actual).allMatch(Double::isNaN)) {
            throw new IllegalArgumentException("none of the values to compare with is known");
        }
        this.training = training;
        this.actual = actual;
    }

    /** A trial on the last values of a series, which are held back. */
    public static Trial holdingBack(Series series, Horizon horizon) {
        int known = series.length() - horizon.steps();
        if (known < 1) {
            throw new IllegalArgumentException(
                    "%d values are too few to hold back %d"
                            .formatted(series.length(), horizon.steps()));
        }
        double[] actual = Arrays.copyOfRange(series.toArray(), known, series.length());
        return new Trial(series.first(known), actual);
    }

    /** A trial on values given apart, at most as many as the horizon. */
    public static Trial of(Series training, Series test, Horizon horizon) {
        int steps = Math.min(test.length(), horizon.steps());
        return new Trial(training, Arrays.copyOf(test.toArray(), steps));
    }

    /**
     * Fits, forecasts and measures.
     *
     * @param nanoseconds a clock that only runs forward
     */
    public Outcome run(Forecaster method, LongSupplier nanoseconds) {
        long start = nanoseconds.getAsLong();
        Forecast forecast = method.fit(training).forecast(Horizon.of(actual.length));
        forecast.quantile(0, UPPER);
        double seconds = (nanoseconds.getAsLong() - start) / 1e9;
        return new Outcome(Accuracy.of(training, actual, forecast), seconds);
    }

    /**
     * What one method did on one series.
     *
     * @param seconds how long fit and forecast took
     */
    public record Outcome(Accuracy accuracy, double seconds) {}
}
