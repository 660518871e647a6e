package io.tidetable.lab.bench;

import io.tidetable.forecast.Forecaster;
import io.tidetable.forecast.Horizon;
import io.tidetable.forecast.Seasons;
import io.tidetable.forecast.Series;
import io.tidetable.forecast.accuracy.MethodResult;
import io.tidetable.forecast.accuracy.Trial;
import io.tidetable.forecast.accuracy.Trial.Outcome;
import io.tidetable.forecast.csv.SeriesTable;
import io.tidetable.forecast.method.Methods;
import io.tidetable.lab.Table;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** All methods on the 414 series of M4 Hourly, one thread, beside published entries. */
record M4HourlyContest(Path folder) {
    private static final Horizon HORIZON = Horizon.of(48);
    private static final Seasons DAY = Seasons.of(24);

    Table run(Consumer<String> progress) throws IOException, InterruptedException {
        List<Trial> trials = trials();
        List<List<Object>> rows = new ArrayList<>();
        List<Outcome> naiveTwo = run(Methods.named("naive2"), trials);
        for (Forecaster method : Methods.all()) {
            List<Outcome> outcomes = run(method, trials);
            MethodResult result = MethodResult.of(method.name(), outcomes, naiveTwo);
            rows.add(row(result));
            progress.accept("M4 Hourly: %s, OWA %.3f".formatted(method.name(), result.owa()));
        }
        new RscriptContest(folder).rows(progress).forEach(rows::add);
        rows.add(published("published: Doornik, Castle, Hendry", 8.913, 0.801, 0.410, "6.139"));
        rows.add(published("published: Smyl ES-RNN", 9.328, 0.893, 0.440, "7.928"));
        rows.add(published("published: Pawlikowski", 9.611, 0.873, 0.444, "-"));
        rows.add(published("published: FFORMA", 11.506, 0.819, 0.484, "18.509"));
        return new Table(
                "M4 Hourly, 414 series, 48 steps",
                List.of("method", "smape", "mase", "owa", "msis", "coverage", "s median", "s p99"),
                rows);
    }

    private List<Trial> trials() throws IOException {
        Map<String, Series> training = read("Hourly-train.csv");
        Map<String, Series> test = read("Hourly-test.csv");
        List<Trial> trials = new ArrayList<>();
        training.forEach((id, series) ->
                trials.add(Trial.of(series, test.getOrDefault(id, Series.of()), HORIZON)));
        return trials;
    }

    private Map<String, Series> read(String file) throws IOException {
        return SeriesTable.parse(Files.readAllLines(folder.resolve(file)), DAY).series();
    }

    private static List<Outcome> run(Forecaster method, List<Trial> trials) {
        return trials.stream().map(trial -> trial.run(method, System::nanoTime)).toList();
    }

    private static List<Object> row(MethodResult result) {
        return List.of(
                result.method(),
                result.accuracy().smape(),
                result.accuracy().mase(),
                result.owa(),
                result.accuracy().msis(),
                result.accuracy().coverage(),
                result.secondsMedian(),
                result.secondsP99());
    }

    private static List<Object> published(
            String entry, double smape, double mase, double owa, String msis) {
        return List.of(entry, smape, mase, owa, msis, "-", "-", "-");
    }
}
