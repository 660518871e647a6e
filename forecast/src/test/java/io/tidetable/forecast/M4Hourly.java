package io.tidetable.forecast;

import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The Hourly set of the M4 competition, read from the folder in TIDETABLE_DATA or {@code
 * ../shared/data} beside the repository. Tests on it are skipped, and say so, where it is absent.
 */
public record M4Hourly(List<Series> training, List<double[]> test) {
    public static final int HORIZON = 48;
    public static final int SEASON = 24;

    /** Reads the set, or skips the test. */
    public static M4Hourly readOrSkip() {
        Path folder = folder().resolve("m4");
        assumeThat(folder.resolve("Hourly-train.csv"))
                .as("the M4 Hourly set: set TIDETABLE_DATA to a folder that has m4/")
                .exists();
        List<Series> training =
                rows(folder.resolve("Hourly-train.csv")).stream()
                        .map(values -> Series.of(values).withSeasons(SEASON))
                        .toList();
        return new M4Hourly(training, rows(folder.resolve("Hourly-test.csv")));
    }

    /** Every so many of the series only. */
    public M4Hourly every(int nth) {
        int[] kept = IntStream.range(0, training.size()).filter(i -> i % nth == 0).toArray();
        return new M4Hourly(
                Arrays.stream(kept).mapToObj(training::get).toList(),
                Arrays.stream(kept).mapToObj(test::get).toList());
    }

    /** The folder of the data, whether it exists or not. */
    public static Path folder() {
        String named = System.getenv("TIDETABLE_DATA");
        return named == null
                ? Path.of("").toAbsolutePath().resolve("../../shared/data").normalize()
                : Path.of(named);
    }

    private static List<double[]> rows(Path file) {
        try {
            return Files.readAllLines(file).stream().skip(1).map(M4Hourly::row).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static double[] row(String line) {
        return Arrays.stream(line.replace("\"", "").split(",", -1))
                .skip(1)
                .filter(field -> !field.isBlank() && !field.equals("NA"))
                .mapToDouble(Double::parseDouble)
                .toArray();
    }
}
