package io.tidetable.app.command;

import io.tidetable.app.backtest.BacktestFile;
import io.tidetable.app.backtest.BacktestJson;
import io.tidetable.app.backtest.BacktestProgress;
import io.tidetable.app.backtest.BacktestRun;
import io.tidetable.app.backtest.BacktestText;
import io.tidetable.app.terminal.Terminal;
import io.tidetable.forecast.Forecaster;
import io.tidetable.forecast.Horizon;
import io.tidetable.forecast.Seasons;
import io.tidetable.forecast.accuracy.MethodResult;
import io.tidetable.forecast.method.Methods;
import io.tidetable.model.TidetableException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tidetable backtest}. */
@Command(
        name = "backtest",
        description = {
            "Measures the forecasting methods on a CSV file: one series a row, its name first, or one"
                    + " series as timestamp,value.",
            "Without --test the last values of each series are held back. Rows that cannot be read are"
                    + " named and left out; then the exit code is 1."
        },
        mixinStandardHelpOptions = true)
final class BacktestCommand implements Callable<Integer> {
    private static final String ALL = "all";

    @Parameters(paramLabel = "FILE", description = "the series")
    private @SuppressWarnings("NullAway.Init") Path file;

    @Option(
            names = "--horizon",
            required = true,
            paramLabel = "H",
            description = "how many steps are forecast")
    private int horizon;

    @Option(
            names = "--season",
            required = true,
            split = ",",
            paramLabel = "S",
            description =
                    "the seasons in steps, for example 24 or 24,168; 1 for none; the shortest is"
                            + " that of MASE")
    private @SuppressWarnings("NullAway.Init") List<Integer> seasons;

    @Option(
            names = "--test",
            paramLabel = "FILE",
            description = "the values that came after, in the same layout")
    private @Nullable Path test;

    @Option(
            names = "--method",
            paramLabel = "M",
            defaultValue = ALL,
            description = "one method by name, or all (default: ${DEFAULT-VALUE})")
    private String method = ALL;

    @Option(names = "--series", paramLabel = "N", description = "only the first N series")
    private int limit = Integer.MAX_VALUE;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "threads to compute with (default: ${DEFAULT-VALUE})")
    private int threads = Runtime.getRuntime().availableProcessors();

    @Mixin private OutputOption output = new OutputOption();

    @Spec
    private @SuppressWarnings("NullAway.Init") CommandSpec spec;

    private final Surroundings surroundings;

    BacktestCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws InterruptedException {
        Logging.quiet();
        List<Forecaster> methods = methods();
        BacktestFile read =
                BacktestFile.read(file, test, checkedHorizon(), checkedSeasons(), limit);
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        read.problems().forEach(problem -> err.println("TT-142 " + problem));
        err.flush();
        if (read.trials().isEmpty()) {
            throw new TidetableException(
                    "TT-141",
                    "%s has no series that could be measured; a series needs more values than the %d of the horizon"
                            .formatted(file, horizon));
        }
        surroundings.stop().interruptOnAsk(Thread.currentThread());
        List<MethodResult> results;
        try (BacktestProgress progress = new BacktestProgress(Terminal.ofProcess(out, err))) {
            results = new BacktestRun(read.trials(), threads, progress).results(methods);
        }
        if (output.json()) {
            out.println(BacktestJson.of(results));
        } else {
            BacktestText.lines(results).forEach(out::println);
        }
        out.flush();
        return read.problems().isEmpty() ? CommandOutcome.DONE : CommandOutcome.FAILED;
    }

    private List<Forecaster> methods() {
        try {
            return method.equals(ALL) ? Methods.all() : List.of(Methods.named(method));
        } catch (IllegalArgumentException e) {
            throw wrong(String.valueOf(e.getMessage()));
        }
    }

    private Horizon checkedHorizon() {
        if (horizon < 1 || limit < 1 || threads < 1) {
            throw wrong("--horizon, --series and --threads are whole numbers above 0");
        }
        return Horizon.of(horizon);
    }

    private Seasons checkedSeasons() {
        if (seasons.stream().anyMatch(steps -> steps < 1)) {
            throw wrong("--season takes whole numbers of steps above 0, such as 24 or 24,168");
        }
        return new Seasons(seasons.stream().filter(steps -> steps > 1).toList());
    }

    private ParameterException wrong(String sentence) {
        return new ParameterException(spec.commandLine(), sentence);
    }
}
