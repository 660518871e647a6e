package io.tidetable.app.backtest;

import io.tidetable.forecast.Forecaster;
import io.tidetable.forecast.accuracy.MethodResult;
import io.tidetable.forecast.accuracy.Trial;
import io.tidetable.forecast.accuracy.Trial.Outcome;
import io.tidetable.forecast.method.Methods;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Methods on the trials of a file, over several threads. */
public record BacktestRun(List<Trial> trials, int threads, BacktestProgress progress) {
    private static final Forecaster NAIVE_TWO = Methods.named("naive2");

    /** One result a method; Naive2 runs in any case, as the measure of OWA. */
    public List<MethodResult> results(List<Forecaster> methods) throws InterruptedException {
        try (ExecutorService pool =
                Executors.newFixedThreadPool(Math.min(threads, trials.size()))) {
            try {
                List<Outcome> naiveTwo = outcomes(NAIVE_TWO, pool);
                List<MethodResult> results = new ArrayList<>();
                for (Forecaster method : methods) {
                    List<Outcome> outcomes =
                            method.name().equals(NAIVE_TWO.name())
                                    ? naiveTwo
                                    : outcomes(method, pool);
                    results.add(MethodResult.of(method.name(), outcomes, naiveTwo));
                }
                return results;
            } catch (InterruptedException e) {
                pool.shutdownNow();
                throw e;
            }
        }
    }

    private List<Outcome> outcomes(Forecaster method, ExecutorService pool)
            throws InterruptedException {
        progress.begin(method.name(), trials.size());
        List<Future<Outcome>> running = new ArrayList<>();
        for (Trial trial : trials) {
            running.add(
                    pool.submit(() -> {
                        Outcome outcome = trial.run(method, System::nanoTime);
                        progress.step();
                        return outcome;
                    }));
        }
        List<Outcome> outcomes = new ArrayList<>();
        for (Future<Outcome> outcome : running) {
            try {
                outcomes.add(outcome.get());
            } catch (ExecutionException e) {
                throw new IllegalStateException(
                        "the method " + method.name() + " failed", e.getCause());
            }
        }
        return outcomes;
    }
}
