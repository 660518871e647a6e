package io.tidetable.lab.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * The best of R's forecast package on the same series, where Rscript and the package are there:
 * multiple seasonal decomposition with exponential smoothing or ARIMA on the rest.
 */
record RscriptContest(Path folder) {
    private static final Pattern SPACES = Pattern.compile("\\s+");
    private static final List<String> MODELS = List.of("ets", "arima");
    private static final String SCRIPT =
            """
            suppressWarnings(suppressMessages(library(forecast)))
            folder <- commandArgs(trailingOnly = TRUE)[1]
            model <- commandArgs(trailingOnly = TRUE)[2]
            train <- read.csv(file.path(folder, "Hourly-train.csv"), row.names = 1)
            test <- read.csv(file.path(folder, "Hourly-test.csv"), row.names = 1)
            sm <- 0; ma <- 0; is <- 0; cv <- 0; took <- c()
            for (i in seq_len(nrow(train))) {
              x <- as.numeric(train[i, ]); x <- x[!is.na(x)]; y <- as.numeric(test[i, 1:48])
              start <- proc.time()[["elapsed"]]
              f <- stlf(msts(x, c(24, 168)), h = 48, method = model, level = 95)
              took <- c(took, proc.time()[["elapsed"]] - start)
              m <- as.numeric(f$mean); l <- as.numeric(f$lower); u <- as.numeric(f$upper)
              q <- mean(abs(diff(x, 24)))
              sm <- sm + mean(200 * abs(y - m) / (abs(y) + abs(m))); ma <- ma + mean(abs(y - m)) / q
              is <- is + mean(u - l + 40 * pmax(0, l - y) + 40 * pmax(0, y - u)) / q
              cv <- cv + mean(y >= l & y <= u)
            }
            n <- nrow(train)
            cat(sm / n, ma / n, (sm / n / 18.383 + ma / n / 2.395) / 2, is / n, cv / n,
              median(took), quantile(took, 0.99), "\\n")
            """;

    List<List<Object>> rows(Consumer<String> progress) throws IOException, InterruptedException {
        if (!installed()) {
            progress.accept("R: Rscript with the forecast package is not installed, left out");
            return List.of();
        }
        List<List<Object>> rows = new ArrayList<>();
        for (String model : MODELS) {
            progress.accept("R: stlf with " + model + ", all series, a minute or two ...");
            List<Object> row = new ArrayList<>(List.of("R stlf(24,168) + " + model));
            String figures = output("-e", SCRIPT, folder.toString(), model).strip();
            SPACES.splitAsStream(figures).map(Double::valueOf).forEach(row::add);
            rows.add(row);
        }
        return rows;
    }

    private static boolean installed() throws InterruptedException {
        try {
            return output("-e", "cat(requireNamespace('forecast', quietly = TRUE))")
                    .contains("TRUE");
        } catch (IOException e) {
            return false;
        }
    }

    private static String output(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("Rscript"));
        command.addAll(List.of(arguments));
        Process process =
                new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int code = process.waitFor();
        if (code != 0) {
            throw new IOException("Rscript ended with " + code);
        }
        return text;
    }
}
