package io.tidetable.forecast.method;

import io.tidetable.forecast.Forecaster;
import io.tidetable.forecast.PointForecaster;
import io.tidetable.forecast.interval.ConformalForecaster;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** All methods by name. */
public final class Methods {
    /** The name of the method that is used where none is asked for. */
    public static final String DEFAULT = "ridge";

    private Methods() {}

    /** Every method, from the plainest to the most elaborate. */
    public static List<Forecaster> all() {
        Forecaster reactive =
                new SpikeOverride(new ConformalForecaster(RidgeAutoregression.logarithmic()));
        return Stream.concat(points().stream().map(ConformalForecaster::new), Stream.of(reactive))
                .toList();
    }

    /**
     * The method of this name.
     *
     * @throws IllegalArgumentException when there is none; the message lists those there are
     */
    public static Forecaster named(String name) {
        return all().stream()
                .filter(method -> method.name().equals(name))
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException(
                                "no forecasting method is called '"
                                        + name
                                        + "' (there are "
                                        + names()
                                        + ")"));
    }

    private static String names() {
        return all().stream().map(Forecaster::name).collect(Collectors.joining(", "));
    }

    private static List<PointForecaster> points() {
        return List.of(
                new NaiveTwo(),
                new SeasonalNaive(),
                RidgeAutoregression.logarithmic(),
                RidgeAutoregression.raw(),
                RidgeAutoregression.harmonic(),
                new ExponentialSmoothing(),
                new Arima(),
                new Decomposition(List.of()),
                new Ensemble(
                        List.of(
                                RidgeAutoregression.logarithmic(),
                                RidgeAutoregression.harmonic(),
                                RidgeAutoregression.raw(),
                                new Arima())));
    }
}
