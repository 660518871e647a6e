package io.tidetable.lab.bench;

import io.tidetable.forecast.Forecast;
import io.tidetable.forecast.Horizon;
import io.tidetable.forecast.Model;
import io.tidetable.forecast.Series;
import io.tidetable.forecast.method.Methods;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** One more value observed and the next hour forecast, mean and upper quantile. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class OnlineForecastBenchmark {
    private static final Horizon HORIZON = Horizon.of(60);

    private final Series series = ForecastSpeed.madeUp(1);
    private final Model model = Methods.named(Methods.DEFAULT).fit(series.first(1000));
    private int next = 1000;

    /** Gathers the errors for the band beforehand. */
    @Setup
    public void gatherErrors() {
        model.forecast(HORIZON);
    }

    /** What happens every minute for every table. */
    @Benchmark
    public double observeAndForecast() {
        model.observe(series.value(next));
        next = next + 1 < series.length() ? next + 1 : 1000;
        Forecast forecast = model.forecast(HORIZON);
        return forecast.mean(59) + forecast.quantile(59, 0.975);
    }
}
