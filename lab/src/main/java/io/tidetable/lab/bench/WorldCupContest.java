package io.tidetable.lab.bench;

import io.tidetable.forecast.Forecast;
import io.tidetable.forecast.Forecaster;
import io.tidetable.forecast.Horizon;
import io.tidetable.forecast.Model;
import io.tidetable.forecast.Seasons;
import io.tidetable.forecast.Series;
import io.tidetable.forecast.csv.SeriesTable;
import io.tidetable.forecast.interval.ConformalForecaster;
import io.tidetable.forecast.method.Decomposition;
import io.tidetable.forecast.method.Methods;
import io.tidetable.lab.Table;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Requests to the 1998 World Cup site per hour: every hour of the last half forecasts 1, 24 and 168
 * hours ahead; models observe each hour and are fitted anew each day.
 */
record WorldCupContest(Path folder) {
    private static final int[] AHEAD = {1, 24, 168};
    private static final int REFIT = 24;
    private static final LocalDateTime START = LocalDateTime.of(1998, 4, 30, 21, 0);
    private static final Seasons DAY_AND_WEEK = Seasons.of(24, 168);

    Table run(Consumer<String> progress) throws IOException {
        Path file = folder.resolve("worldcup98_requests_per_hour.csv");
        Series series =
                SeriesTable.parse(Files.readAllLines(file), DAY_AND_WEEK)
                        .series()
                        .values()
                        .iterator()
                        .next();
        List<List<Object>> rows = new ArrayList<>();
        Forecaster naive = Methods.named("snaive");
        rows.add(row("naive", naive, series.withSeasons(Seasons.none())));
        rows.add(row("seasonal naive, 24 h", naive, series.withSeasons(24)));
        for (String name : List.of("ridge", "ridge-harmonic", "decomposition", "ensemble")) {
            rows.add(row(name, Methods.named(name), series));
            progress.accept("World Cup: " + name);
        }
        rows.add(row("decomposition, matches named", calendarNamed(), series));
        List<String> columns = new ArrayList<>(List.of("method"));
        for (int ahead : AHEAD) {
            columns.addAll(
                    List.of("log-MSE " + ahead + " h", "nMAE " + ahead + " h", "cov " + ahead));
        }
        return new Table("World Cup 98 per hour, last half, one origin an hour", columns, rows);
    }

    /** What an admin who names the calendar beforehand gets. */
    private static Forecaster calendarNamed() {
        return new ConformalForecaster(new Decomposition(WorldCupCalendar.events(START)));
    }

    private static List<Object> row(String name, Forecaster method, Series series) {
        int longest = AHEAD[AHEAD.length - 1];
        double[] logSquares = new double[AHEAD.length];
        double[] errors = new double[AHEAD.length];
        double[] sizes = new double[AHEAD.length];
        int[] covered = new int[AHEAD.length];
        int[] count = new int[AHEAD.length];
        int half = series.length() / 2;
        Model model = method.fit(series.first(half));
        for (int origin = half; origin < series.length(); origin++) {
            if ((origin - half) % REFIT == 0) {
                model = method.fit(series.first(origin));
            }
            Forecast forecast = model.forecast(Horizon.of(longest));
            for (int i = 0; i < AHEAD.length && origin + AHEAD[i] <= series.length(); i++) {
                int step = AHEAD[i] - 1;
                double actual = series.value(origin + step);
                double mean = forecast.mean(step);
                logSquares[i] += Math.pow(Math.log1p(actual) - Math.log1p(mean), 2);
                errors[i] += Math.abs(actual - mean);
                sizes[i] += actual;
                boolean below = actual < forecast.quantile(step, 0.025);
                boolean above = actual > forecast.quantile(step, 0.975);
                covered[i] += below || above ? 0 : 1;
                count[i]++;
            }
            model.observe(series.value(origin));
        }
        List<Object> row = new ArrayList<>(List.of(name));
        for (int i = 0; i < AHEAD.length; i++) {
            row.add(logSquares[i] / count[i]);
            row.add(errors[i] / sizes[i]);
            row.add(covered[i] / (double) count[i]);
        }
        return row;
    }
}
