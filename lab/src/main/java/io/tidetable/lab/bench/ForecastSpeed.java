package io.tidetable.lab.bench;

import io.tidetable.forecast.Forecaster;
import io.tidetable.forecast.Horizon;
import io.tidetable.forecast.Series;
import io.tidetable.forecast.method.Methods;
import io.tidetable.lab.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/** How long the default method takes: many series at once, and one more value. */
final class ForecastSpeed {
    private static final int SERIES = 10_000;
    private static final int LENGTH = 2_000;
    private static final Horizon HORIZON = Horizon.of(60);
    private static final int THREADS = 2;

    private ForecastSpeed() {}

    static Table run(Consumer<String> progress) throws InterruptedException {
        List<List<Object>> rows = new ArrayList<>();
        progress.accept("speed: many series on two threads, up to half a minute ...");
        rows.add(List.of("10,000 series of 2,000 points, fit and 60 steps", manySeries(), "s"));
        progress.accept("speed: one more value (JMH), a minute and a half ...");
        for (RunResult result : online()) {
            double microseconds = result.getPrimaryResult().getScore();
            rows.add(List.of("observe and forecast 60 steps (JMH)", microseconds, "us"));
        }
        return new Table("Default method", List.of("what", "time", "unit"), rows);
    }

    private static double manySeries() throws InterruptedException {
        long start = System.nanoTime();
        try (ExecutorService pool = Executors.newFixedThreadPool(THREADS)) {
            List<Future<?>> parts = new ArrayList<>();
            for (int thread = 0; thread < THREADS; thread++) {
                int first = thread;
                parts.add(pool.submit(() -> part(first)));
            }
            for (Future<?> part : parts) {
                part.get();
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException("a forecast failed", e.getCause());
        }
        return (System.nanoTime() - start) / 1e9;
    }

    private static void part(int first) {
        Forecaster method = Methods.named(Methods.DEFAULT);
        for (int i = first; i < SERIES; i += THREADS) {
            double upper =
                    method.fit(madeUp(i)).forecast(HORIZON).quantile(HORIZON.steps() - 1, 0.975);
            if (Double.isNaN(upper)) {
                throw new IllegalStateException("series " + i + " has no forecast");
            }
        }
    }

    /** A daily rhythm per hour with noise in proportion. */
    static Series madeUp(long seed) {
        Random random = new Random(seed);
        double[] values = new double[LENGTH];
        for (int i = 0; i < LENGTH; i++) {
            double day = 1.5 + Math.sin(2 * Math.PI * i / 24);
            values[i] = 1000 * day * Math.exp(0.1 * random.nextGaussian());
        }
        return Series.of(values).withSeasons(24, 168);
    }

    private static Iterable<RunResult> online() {
        try {
            return new Runner(
                            new OptionsBuilder()
                                    .include(OnlineForecastBenchmark.class.getName())
                                    .forks(1)
                                    .warmupIterations(3)
                                    .measurementIterations(5)
                                    .verbosity(VerboseMode.SILENT)
                                    .build())
                    .run();
        } catch (RunnerException e) {
            throw new IllegalStateException("the benchmark did not run", e);
        }
    }
}
