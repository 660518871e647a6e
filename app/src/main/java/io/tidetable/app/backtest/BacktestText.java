package io.tidetable.app.backtest;

import io.tidetable.forecast.accuracy.MethodResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The results of a backtest for people. */
final class BacktestText {
    private static final String HEADING = "%-16s %6s %8s %8s %7s %9s %9s %10s %10s";
    private static final String ROW = "%-16s %6d %8.3f %8.3f %7.3f %9.3f %9.3f %10.5f %10.5f";

    private BacktestText() {}

    /** A heading, then a line a method. */
    static List<String> lines(List<MethodResult> results) {
        List<String> lines = new ArrayList<>();
        lines.add(
                HEADING.formatted(
                        "method",
                        "series",
                        "sMAPE",
                        "MASE",
                        "OWA",
                        "MSIS",
                        "coverage",
                        "s/series",
                        "s p99"));
        for (MethodResult result : results) {
            lines.add(
                    String.format(
                            Locale.ROOT,
                            ROW,
                            result.method(),
                            result.series(),
                            result.accuracy().smape(),
                            result.accuracy().mase(),
                            result.owa(),
                            result.accuracy().msis(),
                            result.accuracy().coverage(),
                            result.secondsMedian(),
                            result.secondsP99()));
        }
        return lines;
    }
}
