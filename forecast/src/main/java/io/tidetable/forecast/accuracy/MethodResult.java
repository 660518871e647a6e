package io.tidetable.forecast.accuracy;

import io.tidetable.forecast.accuracy.Trial.Outcome;
import java.util.List;

/**
 * One method's mean figures over many series, a row of the table of a backtest.
 *
 * @param series how many series
 * @param accuracy mean of each measure
 * @param owa against Naive2 on the same series
 * @param secondsMedian per series, fit and forecast
 * @param secondsP99 per series, fit and forecast
 */
public record MethodResult(
        String method,
        int series,
        Accuracy accuracy,
        double owa,
        double secondsMedian,
        double secondsP99) {
    /** Sums up the outcomes of a method beside those of Naive2 on the same series. */
    public static MethodResult of(String method, List<Outcome> outcomes, List<Outcome> naiveTwo) {
        Accuracy mean = Accuracy.mean(outcomes.stream().map(Outcome::accuracy).toList());
        Accuracy base = Accuracy.mean(naiveTwo.stream().map(Outcome::accuracy).toList());
        double[] seconds = outcomes.stream().mapToDouble(Outcome::seconds).sorted().toArray();
        return new MethodResult(
                method,
                outcomes.size(),
                mean,
                mean.owa(base),
                quantile(seconds, 0.5),
                quantile(seconds, 0.99));
    }

    private static double quantile(double[] ascending, double probability) {
        return ascending.length == 0
                ? 0
                : ascending[(int) (probability * (ascending.length - 1) + 0.5)];
    }
}
