package io.tidetable.lab.bench;

import io.tidetable.lab.Benchmark;
import io.tidetable.lab.Table;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Forecasts: accuracy on the M4 Hourly set beside published entries (and R where it is installed),
 * on the World Cup trace beside plain baselines, and speed.
 *
 * <p>Arguments choose parts: {@code m4}, {@code worldcup}, {@code speed}; none is all.
 */
public final class ForecastBench implements Benchmark {
    @Override
    public String description() {
        return "accuracy on M4 Hourly and the World Cup trace, speed [m4] [worldcup] [speed]";
    }

    @Override
    public List<Table> run(List<String> arguments, Consumer<String> progress)
            throws IOException, InterruptedException {
        Path data = Path.of(Map.copyOf(System.getenv()).getOrDefault("TIDETABLE_DATA", "data"));
        List<Table> tables = new ArrayList<>();
        if (chosen(arguments, "m4")) {
            tables.add(new M4HourlyContest(present(data.resolve("m4"))).run(progress));
        }
        if (chosen(arguments, "worldcup")) {
            tables.add(new WorldCupContest(present(data.resolve("wc98"))).run(progress));
        }
        if (chosen(arguments, "speed")) {
            tables.add(ForecastSpeed.run(progress));
        }
        return tables;
    }

    private static boolean chosen(List<String> arguments, String part) {
        return arguments.isEmpty() || arguments.contains(part);
    }

    private static Path present(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new IOException(
                    "there is no data in "
                            + folder.toAbsolutePath().normalize()
                            + "; set TIDETABLE_DATA to a folder with m4/Hourly-train.csv,"
                            + " m4/Hourly-test.csv (Mcompetitions/M4-methods, Dataset) and"
                            + " wc98/worldcup98_requests_per_hour.csv (Internet Traffic Archive)");
        }
        return folder;
    }
}
