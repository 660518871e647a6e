package io.tidetable.forecast.accuracy;

import io.tidetable.forecast.Forecaster;
import io.tidetable.forecast.Series;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;

/**
 * Chooses a method for one series by backtest: the smallest mean pinball loss, which judges mean
 * and band together. Methods are tried in the order given; when the budget is spent no further one
 * is begun, so the cheap and safe ones belong first.
 *
 * @param candidates in the order of trial, at least one
 * @param backtest how they are judged
 * @param budget how long the trials of one series may take before no more is begun
 * @param clock tells when the budget is spent
 */
public record MethodChoice(
        List<Forecaster> candidates, Backtest backtest, Duration budget, InstantSource clock) {
    public MethodChoice {
        candidates = List.copyOf(candidates);
        if (candidates.isEmpty()) {
            throw new IllegalArgumentException("there is no method to choose from");
        }
    }

    /** The best method for this series, with what the backtest said of it. */
    public Choice choose(Series series) {
        Instant end = clock.instant().plus(budget);
        Forecaster best = candidates.getFirst();
        Accuracy accuracy = backtest.run(best, series);
        int tried = 1;
        while (tried < candidates.size() && clock.instant().isBefore(end)) {
            Forecaster candidate = candidates.get(tried);
            Accuracy shown = backtest.run(candidate, series);
            if (shown.pinball() < accuracy.pinball()) {
                best = candidate;
                accuracy = shown;
            }
            tried++;
        }
        return new Choice(best, accuracy, tried);
    }

    /**
     * A chosen method.
     *
     * @param method the best one tried
     * @param accuracy what the backtest said of it
     * @param tried how many candidates were tried within the budget
     */
    public record Choice(Forecaster method, Accuracy accuracy, int tried) {}
}
