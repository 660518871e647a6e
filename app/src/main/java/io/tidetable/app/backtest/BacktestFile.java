package io.tidetable.app.backtest;

import io.tidetable.forecast.Horizon;
import io.tidetable.forecast.Seasons;
import io.tidetable.forecast.Series;
import io.tidetable.forecast.accuracy.Trial;
import io.tidetable.forecast.csv.SeriesTable;
import io.tidetable.forecast.csv.SeriesTable.Layout;
import io.tidetable.model.TidetableException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The trials that a file (and a file with the values that came after) gives, and what was wrong.
 *
 * @param problems rows left out, each named by file, line and reason, or by its series
 */
public record BacktestFile(List<Trial> trials, List<String> problems) {
    public BacktestFile {
        trials = List.copyOf(trials);
        problems = List.copyOf(problems);
    }

    /**
     * Reads the files.
     *
     * @param test the values that came after, or null to hold back the last ones
     * @param limit at most so many series
     */
    public static BacktestFile read(
            Path file, @Nullable Path test, Horizon horizon, Seasons seasons, int limit) {
        List<String> problems = new ArrayList<>();
        List<String> lines = lines(file);
        Layout layout = Layout.of(lines);
        Map<String, Series> training = table(file, lines, seasons, layout, problems);
        Map<String, Series> after =
                test == null ? Map.of() : table(test, lines(test), seasons, layout, problems);
        List<Trial> trials = new ArrayList<>();
        for (Map.Entry<String, Series> entry : training.entrySet()) {
            if (trials.size() == limit) {
                break;
            }
            try {
                trials.add(
                        test == null
                                ? Trial.holdingBack(entry.getValue(), horizon)
                                : Trial.of(entry.getValue(), came(entry.getKey(), after), horizon));
            } catch (IllegalArgumentException e) {
                problems.add("%s, series %s: %s".formatted(file, entry.getKey(), e.getMessage()));
            }
        }
        return new BacktestFile(trials, problems);
    }

    private static Series came(String name, Map<String, Series> after) {
        Series series = after.get(name);
        if (series == null) {
            throw new IllegalArgumentException("the file of --test has no values for it");
        }
        return series;
    }

    private static Map<String, Series> table(
            Path file, List<String> lines, Seasons seasons, Layout layout, List<String> problems) {
        SeriesTable table = SeriesTable.parse(lines, seasons, layout);
        table.bad().forEach(row -> problems.add(file + ", " + row));
        return table.series();
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (NoSuchFileException e) {
            throw unreadable(file, "it does not exist", e);
        } catch (CharacterCodingException e) {
            throw unreadable(file, "it is not UTF-8 text", e);
        } catch (IOException e) {
            throw unreadable(file, String.valueOf(e.getMessage()), e);
        }
    }

    private static TidetableException unreadable(Path file, String why, IOException cause) {
        return new TidetableException(
                "TT-140",
                "%s cannot be read: %s; give a CSV file with one series a row, its name first, or with timestamp,value"
                        .formatted(file, why),
                cause);
    }
}
